"""A table of what runs differ in; its keys and its head stay where they are."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from cnn_tui.runs.comparison import Difference
from cnn_tui.ui.glyphs import Glyphs

_MOST_KEY_WIDTH = 28
_MOST_CELL_WIDTH = 24
_GAP = 2


class DifferenceTable(ScrollView, can_focus=True):
    """A row for each difference, a column for each run; both scroll."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_up", "up", show=False),
        Binding("down", "scroll_down", "down", show=False),
        Binding("left", "scroll_left", "left", show=False),
        Binding("right", "scroll_right", "right", show=False),
        Binding("pageup", "page_up", "page up", show=False),
        Binding("pagedown", "page_down", "page down", show=False),
    ]
    DEFAULT_CSS = """
    DifferenceTable {
        scrollbar-size: 1 1;
        scrollbar-color: $foreground 25%;
        scrollbar-background: $foreground 5%;
    }
    """

    def __init__(self, letters: Sequence[str], glyphs: Glyphs) -> None:
        """Is empty; ``letters`` are the heads of the columns."""
        super().__init__()
        self.border_title = "Differences"
        self._letters = letters
        self._glyphs = glyphs
        self._rows: Sequence[Difference] = ()
        self._lines: list[tuple[Content, Content]] = []

    def show_differences(self, rows: Sequence[Difference]) -> None:
        """Shows these, and redraws what is not as it was."""
        if rows == self._rows and self._lines:
            return
        old, self._rows = self._lines, rows
        self._lines = difference_lines(rows, self._letters, self._glyphs)
        self._resize()
        if len(old) != len(self._lines) or old[0][1].cell_length != self._width:
            self.refresh()
            return
        for place, (before, now) in enumerate(zip(old, self._lines, strict=True)):
            if before[0].plain + before[1].plain != now[0].plain + now[1].plain:
                self.refresh_line(place if place == 0 else place - self.scroll_offset.y)

    def render_line(self, y: int) -> Strip:
        """Returns a row; the first one is the head, whatever is in view."""
        width = self.scrollable_content_region.width
        place = y + self.scroll_offset.y if y else 0
        if width <= 0 or not place < len(self._lines):
            return Strip.blank(max(0, width), self.rich_style)
        key, cells = self._lines[place]
        cells = cells[self.scroll_offset.x :]
        line = (key + cells).truncate(width, ellipsis=True, pad=True)
        return Visual.to_strips(self, line, width, 1, self.visual_style, pad=True)[0]

    def on_resize(self, _event: events.Resize) -> None:
        """Takes the room that there is now."""
        self._resize()

    @property
    def _width(self) -> int:
        return self._lines[0][1].cell_length if self._lines else 0

    def _resize(self) -> None:
        key_width = self._lines[0][0].cell_length if self._lines else 0
        self.virtual_size = Size(key_width + self._width, len(self._lines))


def difference_lines(
    rows: Sequence[Difference], letters: Sequence[str], glyphs: Glyphs
) -> list[tuple[Content, Content]]:
    """Returns the key and the cells of each line: the head, parts, differences."""
    texts = [row.texts for row in rows]
    widths = [
        min(max((len(text[place]) for text in texts), default=1) + 1, _MOST_CELL_WIDTH)
        for place in range(len(letters))
    ]
    names = [row.name for row in rows]
    width = min(max(map(len, [*names, "environment"])), _MOST_KEY_WIDTH)
    head = [Content.styled(letter, "bold") for letter in letters]
    lines = [(_key("", width), _cells(head, widths))]
    part = ""
    for row, name, text in zip(rows, names, texts, strict=True):
        if row.part != part:
            part = row.part
            blank = _cells([Content()] * len(letters), widths)
            lines.append((_key(part, width).stylize("bold $accent"), blank))
        cells = [
            _cell(shown, place in row.best, glyphs) for place, shown in enumerate(text)
        ]
        lines.append((_key(name, width), _cells(cells, widths)))
    if not rows:
        blank = _cells([Content()] * len(letters), widths)
        lines.append((Content("no differences"), blank))
    return lines


def _key(text: str, width: int) -> Content:
    return Content(text).truncate(width, ellipsis=True, pad=True)


def _cell(text: str, is_best: bool, glyphs: Glyphs) -> Content:
    if not is_best:
        return Content(f"{text} ")
    return Content.styled(text + glyphs.best, "bold")


def _cells(cells: Sequence[Content], widths: Sequence[int]) -> Content:
    """Returns cells beside each other, to the right of their columns."""
    line = Content()
    for cell, width in zip(cells, widths, strict=True):
        shown = cell.truncate(width, ellipsis=True)
        line += Content(" " * (_GAP + width - shown.cell_length)) + shown
    return line
