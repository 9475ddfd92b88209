"""A row for each class of a data set: its name, its counts, pictures of it."""

from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from cnn_tui.pictures.depth import Depth
from cnn_tui.text import count, printable

if TYPE_CHECKING:
    from cnn_tui.datasets.preview import BatchPreview

_LABEL_COLUMNS = 20
_SIDE = 16
"""Dots of a picture across and down, unless it is made larger."""


class ClassPictures(ScrollView, can_focus=True):
    """The pictures of a preview, as many of each class as there is room for."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ClassPictures {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-color: $foreground 25%;
        scrollbar-background: $foreground 5%;
    }
    """

    _preview: "BatchPreview | None" = None
    _factor = 0
    """Pixels of a picture in a dot, across and down; 0 lets the size decide."""
    _drawn: "dict[int, list[Strip]]"

    def __init__(self, depth: Depth) -> None:
        """Shows nothing yet."""
        super().__init__()
        self._depth = depth

    def show(self, preview: "BatchPreview | None") -> None:
        """Shows another batch, or none."""
        self._preview = preview
        self._lay_out()

    def resize_pictures(self, step: int) -> None:
        """Makes pictures smaller (1) or larger (-1)."""
        if self._preview is not None:
            most = int(max(self._preview.pictures.shape[1:3]))
            self._factor = min(max(self.factor + step, 1), most)
            self._lay_out()

    @property
    def factor(self) -> int:
        """Pixels in a dot, across and down."""
        if self._preview is None or self._factor:
            return self._factor
        return -(-int(max(self._preview.pictures.shape[1:3])) // _SIDE)

    def on_resize(self, _event: events.Resize) -> None:
        """Takes the room that there is now."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """Returns the row at ``y`` of the widget."""
        width, preview = self.scrollable_content_region.width, self._preview
        blank = Strip.blank(width, self.rich_style)
        if preview is None or width <= 0:
            return blank
        label, row = divmod(y + self.scroll_offset.y, self._row_height)
        if label >= len(preview.class_names):
            return blank
        parts = [self._label_strip(label, row), *self._picture_row(label, row)]
        return Strip.join(parts).adjust_cell_length(width, self.rich_style)

    @property
    def _row_height(self) -> int:
        if self._preview is None:
            return 1
        dots = -(-int(self._preview.pictures.shape[1]) // self.factor)
        return max(-(-dots // 2), 1 + len(self._preview.counts)) + 1

    def _lay_out(self) -> None:
        self._drawn = {}
        classes = len(self._preview.class_names) if self._preview else 0
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, classes * self._row_height)
        self.refresh()

    def _label_strip(self, label: int, row: int) -> Strip:
        preview, style = self._preview, self.rich_style
        text = ""
        if preview is not None and row == 0:
            text = printable(preview.class_names[label])
            style += Style(bold=True)
        elif preview is not None and row <= len(preview.counts):
            part, counts = list(preview.counts.items())[row - 1]
            text = f"{part:<11}{count(counts[label]):>7}"
        cut = Strip([Segment(text, style)]).adjust_cell_length(
            _LABEL_COLUMNS - 2, style
        )
        return Strip.join([cut, Strip.blank(2, style)])

    def _picture_row(self, label: int, row: int) -> list[Strip]:
        """Returns one row of the pictures of a class, with gaps, as many as fit."""
        preview = self._preview
        if preview is None:
            return []
        first, last = preview.labels.searchsorted([label, label + 1]).tolist()
        if first == last:
            said = "none in this batch" if row == 0 else ""
            return [Strip([Segment(said, self.rich_style)])]
        columns = -(-preview.pictures.shape[2] // self.factor) + 1
        room = self.scrollable_content_region.width - _LABEL_COLUMNS
        places = range(first, min(last, first + max(1, room // columns)))
        gap = Strip.blank(1, self.rich_style)
        rows = [self._strips(place) for place in places]
        empty = Strip.blank(columns - 1, self.rich_style)
        return [
            strip
            for drawn in rows
            for strip in (drawn[row] if row < len(drawn) else empty, gap)
        ]

    def _strips(self, place: int) -> list[Strip]:
        if place not in self._drawn and self._preview is not None:
            # Only here: numpy is not for the first paint.
            from cnn_tui.pictures.canvas import reduced
            from cnn_tui.pictures.colours import from_image
            from cnn_tui.ui.widgets.picture_view import strips

            pixels = from_image(self._preview.pictures[place].transpose(2, 0, 1))
            if self.factor > 1:
                height, width = (-(-n // self.factor) for n in pixels.shape[:2])
                pixels = reduced(pixels, height, width)
            self._drawn[place] = strips(pixels, self._depth)
        return self._drawn[place]
