"""Pixels on the screen."""

from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from cnn_tui.pictures.cells import drawn
from cnn_tui.pictures.colours import Pixels
from cnn_tui.pictures.depth import Depth


def strips(pixels: Pixels, depth: Depth) -> list[Strip]:
    """Returns the lines of a terminal that show pixels, two rows of them a line."""
    return [Strip(line, pixels.shape[1]) for line in drawn(pixels, depth)]


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
        resized = self.pixels is None or pixels.shape != self.pixels.shape
        self.pixels = pixels.copy()
        self._strips = strips(pixels, self._depth)
        self.refresh(layout=resized)

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
        return line.crop(0, self.size.width).apply_style(background)


def _equal(one: Pixels, other: Pixels) -> bool:
    return one.shape == other.shape and bool((one == other).all())
