"""Pixels on the screen."""

import numpy as np
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from cnn_tui.pictures.cells import drawn
from cnn_tui.pictures.colours import Pixels
from cnn_tui.pictures.depth import Depth


def strips(pixels: Pixels, depth: Depth) -> list[Strip]:
    """Returns the lines of a terminal that show pixels, two rows of them a line."""
    return [Strip(line, pixels.shape[1]) for line in drawn(pixels, depth)]


def with_background(line: Strip, style: Style) -> Strip:
    """Returns a line with a style where it has none of its own.

    What has a background, and what is blank, needs no other colour: more would be sent
    for nothing.
    """
    return Strip([_on(part, style) for part in line], line.cell_length)


def _on(part: Segment, style: Style) -> Segment:
    if part.style is not None and part.style.bgcolor is not None:
        return part
    if part.text.isspace():
        return Segment(part.text, style.background_style)
    return Segment(part.text, style + part.style)


class PictureView(Widget):
    """Shows pixels from its upper left corner on; two rows of them a line.

    Attributes:
        pixels: What is shown.
    """

    DEFAULT_CSS = "PictureView { width: auto; height: auto; }"

    def __init__(self, depth: Depth, id: str | None = None) -> None:  # noqa: A002
        """Shows nothing yet."""
        super().__init__(id=id)
        self._depth = depth
        self.pixels: Pixels | None = None
        self._strips: list[Strip] = []

    def show(self, pixels: Pixels) -> None:
        """Shows these; nothing is drawn, and sent, where they are the same."""
        if self.pixels is not None and _equal(pixels, self.pixels):
            return
        old, self.pixels = self.pixels, pixels.copy()
        self._strips = strips(pixels, self._depth)
        if old is None or pixels.shape != old.shape:
            self.refresh(layout=True)
        else:
            self.refresh(*_changes(old, pixels))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Returns how many pixels there are across."""
        return 0 if self.pixels is None else self.pixels.shape[1]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Returns how many lines the pixels take."""
        return len(self._strips)

    def render_line(self, y: int) -> Strip:
        """Returns a line of the picture."""
        background = self.rich_style
        if y >= len(self._strips):
            return Strip.blank(self.size.width, background)
        line = self._strips[y].extend_cell_length(self.size.width)
        return with_background(line.crop(0, self.size.width), background)


def _changes(old: Pixels, new: Pixels) -> list[Region]:
    """Returns which cells differ, neighbours in a line together."""
    rows = (old != new).any(2)
    upper, lower = rows[::2], rows[1::2]
    changed = upper.copy()
    changed[: len(lower)] |= lower
    regions = []
    for y, line in enumerate(changed):
        ends = np.flatnonzero(np.diff(line, prepend=False, append=False)).tolist()
        spans = zip(ends[::2], ends[1::2], strict=True)
        regions += [Region(x, y, end - x, 1) for x, end in spans]
    return regions


def _equal(one: Pixels, other: Pixels) -> bool:
    return one.shape == other.shape and bool((one == other).all())
