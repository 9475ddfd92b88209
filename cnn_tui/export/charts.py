"""Curves, a confusion matrix and filters, drawn."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cnn_tui.export.drawing import Drawing, Item, Line, Picture, Point, Words
from cnn_tui.export.story import Captioned, Curve, Panel, Story
from cnn_tui.pictures.colours import share_of
from cnn_tui.runs.confusion import Confusion
from cnn_tui.text import printable, significant

WIDTH, PANEL_HEIGHT = 760.0, 280.0
_GREY, _FAINT = "#777777", "#e4e4e4"
_TICKS = 5
_MOST_NAMED = 20
"""Classes that have room for their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where a panel's values are drawn: limits of both axes, and of the room."""

    x: Point
    y: Point
    left: float = 56
    right: float = WIDTH - 16
    top: float = 34
    bottom: float = PANEL_HEIGHT - 30

    def place(self, x: float, y: float) -> Point:
        """Returns where a value is."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return (
            self.left + across * (self.right - self.left),
            self.bottom - up * (self.bottom - self.top),
        )


def frame_of(panel: Panel) -> Frame:
    """Returns the frame that all finite values of a panel fit into."""
    values = np.concatenate([curve.values for curve in panel.curves])
    values = values[np.isfinite(values)]
    low, high = float(values.min()), float(values.max())
    room = (high - low) * 0.05 or 0.5
    last = max(float(curve.steps[-1]) for curve in panel.curves)
    return Frame(x=(0.0, last or 1.0), y=(low - room, high + room))


def panel_drawing(panel: Panel) -> Drawing:
    """Returns one panel: axes, curves, and what is which."""
    frame = frame_of(panel)
    items = [*axes(frame), Words(at=(12, 20), text=panel.title, size=14)]
    for number, curve in enumerate(panel.curves):
        at = (frame.right - 90 * (len(panel.curves) - number - 1), 20.0)
        items.append(Words(at=at, text=curve.name, anchor="end", colour=curve.colour))
        items += lines(frame, curve)
    return Drawing(width=WIDTH, height=PANEL_HEIGHT, items=items)


def confusion_drawing(confusion: Confusion) -> Drawing:
    """Returns a matrix, white where all of a class (or the most mistakes) are."""
    names = confusion.class_names
    side = max(160.0, min(520.0, 30.0 * len(names)))
    left, top, cell = 120.0, 50.0, side / len(names)
    pixels = share_of(confusion.strengths)
    items: list[Item] = [
        Words(at=(12, 20), text="true classes, and what they are taken for", size=14),
        Picture(at=(left, top), size=(side, side), pixels=pixels),
    ]
    if len(names) <= _MOST_NAMED:
        items += _cells(confusion, left, top, cell)
    return Drawing(width=WIDTH, height=top + side + 16, items=items)


def pictures_drawing(pictures: Sequence[Captioned]) -> Drawing:
    """Returns pictures below each other, each with its words above it."""
    items: list[Item] = []
    top = 0.0
    for shown in pictures:
        height, width = shown.pixels.shape[:2]
        factor = max(0.1, min(6.0, (WIDTH - 24) / width))
        size = (width * factor, height * factor)
        items.append(Words(at=(12, top + 20), text=shown.words, size=14))
        items.append(Picture(at=(12, top + 30), size=size, pixels=shown.pixels))
        top += size[1] + 46
    return Drawing(width=WIDTH, height=max(1.0, top), items=items)


def whole_drawing(story: Story) -> Drawing:
    """Returns all of them on one page."""
    parts = [panel_drawing(panel) for panel in story.panels]
    if story.confusion is not None:
        parts.append(confusion_drawing(story.confusion))
    parts.append(pictures_drawing(story.filters))
    items: list[Item] = [Words(at=(12, 26), text=story.title, size=18)]
    top = 40.0
    for part in parts:
        items += [moved(item, top) for item in part.items]
        top += part.height
    return Drawing(width=WIDTH, height=top, items=items)


def axes(
    frame: Frame, x_text: Callable[[float], str] = "{:,.0f}".format
) -> Iterator[Item]:
    """Yields lines across at round values, and words at both axes."""
    for value in ticks(*frame.y):
        left, y = frame.place(frame.x[0], value)
        yield Line(points=[(left, y), (frame.right, y)], colour=_FAINT, width=1)
        text = significant(value)
        yield Words(at=(left - 6, y + 4), text=text, anchor="end", colour=_GREY)
    for value in ticks(*frame.x):
        x, bottom = frame.place(value, frame.y[0])
        at = (x, bottom + 18)
        yield Words(at=at, text=x_text(value), anchor="middle", colour=_GREY)


def ticks(low: float, high: float) -> list[float]:
    """Returns round numbers between two: 1, 2 or 5 times a power of ten apart."""
    rough = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.999)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [number * step for number in range(first, last + 1)]


def lines(frame: Frame, curve: Curve) -> Iterator[Line]:
    """Yields what lies between gaps; a value on its own is a short line."""
    known = np.isfinite(curve.values)
    ends = np.flatnonzero(np.diff(known)) + 1
    for piece in np.split(np.arange(len(known)), ends):
        if not known[piece[0]]:
            continue
        pairs = zip(curve.steps[piece], curve.values[piece], strict=True)
        points = [frame.place(float(x), float(y)) for x, y in pairs]
        if len(points) == 1:
            [(x, y)] = points
            points = [(x - 2, y), (x + 2, y)]
        yield Line(points=points, colour=curve.colour)


def _cells(
    confusion: Confusion, left: float, top: float, cell: float
) -> Iterator[Words]:
    """Yields the names of both sides, and the counts in a colour to be read on them."""
    size = min(11.0, cell * 0.4)
    for row, name in enumerate(confusion.class_names):
        middle = (row + 0.5) * cell
        short = printable(name)[:16]
        beside = (left - 6, top + middle + size / 3)
        yield Words(at=beside, text=short, size=size, anchor="end")
        above = (left + middle, top - 6)
        yield Words(at=above, text=short[:5], size=size, anchor="middle")
        for column, strength in enumerate(confusion.strengths[row]):
            count = int(confusion.counts[row, column])
            if count:
                yield Words(
                    at=(left + (column + 0.5) * cell, top + middle + size / 3),
                    text=f"{count:,}",
                    size=size,
                    anchor="middle",
                    colour="#000000" if strength > 0.5 else "#ffffff",
                )


def moved(item: Item, down: float) -> Item:
    """Returns an item further down."""
    if isinstance(item, Line):
        return replace(item, points=[(x, y + down) for x, y in item.points])
    return replace(item, at=(item.at[0], item.at[1] + down))
