"""A sheet to draw on, with the mouse or with a pen that the arrows move."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from cnn_tui.pictures.cells import drawn
from cnn_tui.pictures.colours import share_of
from cnn_tui.pictures.depth import Depth
from cnn_tui.ui.actions import SKETCH

PEN_SHARE = 0.05
"""Radius of the pen, as a part of the sheet's shorter side."""
MOST_STROKES = 500
PEN_UP = (90, 160, 255)
PEN_DOWN = (255, 160, 60)

Point = tuple[float, float]
"""Across and down, as parts of the sheet."""


@dataclass
class Stroke:
    """A line that was drawn in one go."""

    points: list[Point] = field(default_factory=list)


def rasterized(strokes: list[Stroke], height: int, width: int) -> "np.ndarray":
    """Returns strokes as ink from 0 to 1, H×W, with soft edges."""
    ink = np.zeros((height, width))
    for stroke in strokes:
        for start, end in zip(
            stroke.points, stroke.points[1:] or stroke.points, strict=False
        ):
            lay(ink, start, end)
    return ink


def lay(ink: "np.ndarray", start: Point, end: Point) -> None:
    """Lays a straight line over ink, by the distance of each pixel around from it."""
    height, width = ink.shape
    radius = max(0.8, PEN_SHARE * min(height, width))
    (ax, ay), (bx, by) = ((px * width, py * height) for px, py in (start, end))
    reach = radius + 1
    rows = slice(max(0, int(min(ay, by) - reach)), int(max(ay, by) + reach) + 1)
    columns = slice(max(0, int(min(ax, bx) - reach)), int(max(ax, bx) + reach) + 1)
    around = ink[rows, columns]
    y, x = np.indices(around.shape) + 0.5
    y, x = y + rows.start - ay, x + columns.start - ax
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = ((x * dx + y * dy) / length).clip(0, 1) if length else 0.0
    distance = np.hypot(x - share * dx, y - share * dy)
    np.maximum(around, (radius + 0.5 - distance).clip(0, 1), out=around)


class Sketch(Widget, can_focus=True):
    """Strokes on a black sheet; each cell is two pixels, one above the other."""

    DEFAULT_CSS = "Sketch { width: 1fr; height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in SKETCH]

    class Changed(Message):
        """Something was drawn, or taken away."""

    def __init__(self, depth: Depth) -> None:
        """Begins with an empty sheet, the pen in the middle and up."""
        super().__init__()
        self.strokes: list[Stroke] = []
        self.is_pen_down = False
        self._pen: Point = (0.5, 0.5)
        self._depth = depth
        self._ink = np.zeros((2, 2))
        """What was drawn so far, 0 to 1, H×W: a point takes as long as its line."""
        self._strips: list[Strip] = []

    @property
    def ink(self) -> "np.ndarray":
        """What is drawn, uint8 H×W, light on black."""
        return np.asarray(self._ink * 255, np.uint8)

    def on_resize(self) -> None:
        """Draws the strokes anew: they are parts of the sheet, not pixels."""
        self._ink = rasterized(self.strokes, *self._pixels())
        self._draw()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Puts the pen down."""
        self.capture_mouse()
        self._begin(self._point(event))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Draws to where the mouse is, while its button is down."""
        if self.app.mouse_captured is self:
            self._go_to(self._point(event))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Lifts the pen."""
        self.release_mouse()

    def action_move_pen(self, columns: int, rows: int) -> None:
        """Moves the pen by pixels; it draws if it is down."""
        height, width = self._pixels()
        x, y = self._pen
        point = (x + columns / width, y + rows / height)
        inside = tuple(min(max(value, 0.0), 1.0) for value in point)
        if self.is_pen_down:
            self._go_to((inside[0], inside[1]))
        else:
            self._pen = inside[0], inside[1]
            self._draw()

    def action_lift(self) -> None:
        """Puts the pen down, or up."""
        self.is_pen_down = not self.is_pen_down
        if self.is_pen_down:
            self._begin(self._pen)
        else:
            self._draw()

    def action_undo(self) -> None:
        """Takes the last stroke away."""
        if self.strokes:
            self.strokes.pop()
            self.is_pen_down = False
            self._draw_anew()

    def action_clear(self) -> None:
        """Takes everything away."""
        self.strokes.clear()
        self.is_pen_down = False
        self._draw_anew()

    def render_line(self, y: int) -> Strip:
        """Returns a line of the sheet."""
        if y >= len(self._strips):
            return Strip.blank(self.size.width, self.rich_style)
        return self._strips[y]

    def _begin(self, point: Point) -> None:
        if len(self.strokes) < MOST_STROKES:
            self.strokes.append(Stroke([point]))
            lay(self._ink, point, point)
        self._pen = point
        self._changed()

    def _go_to(self, point: Point) -> None:
        if point != self._pen and self.strokes:
            self.strokes[-1].points.append(point)
            lay(self._ink, self._pen, point)
            self._pen = point
            self._changed()

    def _draw_anew(self) -> None:
        self._ink = rasterized(self.strokes, *self._pixels())
        self._changed()

    def _changed(self) -> None:
        self._draw()
        self.post_message(self.Changed())

    def _draw(self) -> None:
        height, width = self._ink.shape
        pixels = share_of(self.ink / 255)
        x, y = (self._pen[0] * width, self._pen[1] * height)
        pixels[min(int(y), height - 1), min(int(x), width - 1)] = (
            (*PEN_DOWN, 255) if self.is_pen_down else (*PEN_UP, 255)
        )
        self._strips = [Strip(line) for line in drawn(pixels, self._depth)]
        self.refresh()

    def _pixels(self) -> tuple[int, int]:
        return max(2, 2 * self.size.height), max(2, self.size.width)

    def _point(self, event: events.MouseEvent) -> Point:
        width, height = max(1, self.size.width), max(1, self.size.height)
        return (event.x + 0.5) / width, (event.y + 0.5) / height
