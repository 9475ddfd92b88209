"""Curves of several runs on one page, told apart by colours and letters."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from cnn_tui.export.charts import (
    PANEL_HEIGHT,
    WIDTH,
    Frame,
    axes,
    frame_of,
    lines,
    moved,
)
from cnn_tui.export.drawing import Drawing, Item, Line, Words
from cnn_tui.export.story import Curve, Panel

COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#333333"),
    *("#56b4e9", "#e69f00", "#66a61e", "#7b3294", "#a6761d", "#999999"),
)
"""The first are those of Okabe and Ito, on white; a letter stands with each."""
_LINE_HEIGHT = 18.0
_LEAST_APART = 11.0


def several_drawing(
    panels: Sequence[Panel],
    names: Mapping[str, str],
    x_text: Callable[[float], str],
    x_label: str,
) -> Drawing:
    """Returns panels below each other, and below them what each curve is.

    Args:
        panels: They have at least one value each.
        names: What the curves are called, in the order of COLOURS, and what it means.
        x_text: Words for a value of x.
        x_label: What x is.
    """
    items: list[Item] = []
    for number, panel in enumerate(panels):
        part = _panel(panel, x_text, x_label)
        items += [moved(item, number * PANEL_HEIGHT) for item in part]
    top = len(panels) * PANEL_HEIGHT + _LINE_HEIGHT
    for number, (letter, name) in enumerate(names.items()):
        y, colour = top + number * _LINE_HEIGHT, COLOURS[number % len(COLOURS)]
        items.append(Line(points=[(56, y - 4), (76, y - 4)], colour=colour, width=2))
        items.append(Words(at=(82, y), text=f"{letter}  {name}", colour=colour))
    return Drawing(width=WIDTH, height=top + len(names) * _LINE_HEIGHT, items=items)


def _panel(
    panel: Panel, x_text: Callable[[float], str], x_label: str
) -> Iterator[Item]:
    frame = frame_of(panel)
    yield from axes(frame, x_text)
    yield Words(at=(12, 20), text=f"{panel.title}, by {x_label}", size=14)
    for curve in panel.curves:
        yield from lines(frame, curve)
    yield from _ends(frame, panel.curves)


def _ends(frame: Frame, curves: Sequence[Curve]) -> Iterator[Words]:
    """Yields the name of each curve at its end, or below that of another one."""
    ends = []
    for curve in curves:
        last = np.flatnonzero(np.isfinite(curve.values))[-1]
        place = frame.place(float(curve.steps[last]), float(curve.values[last]))
        ends.append((place, curve))
    free_from = 0.0
    for (x, y), curve in sorted(ends, key=lambda end: end[0][1]):
        y = max(y + 4, free_from)
        yield Words(at=(x + 3, y), text=curve.name, colour=curve.colour)
        free_from = y + _LEAST_APART
