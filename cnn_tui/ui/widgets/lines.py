"""Lines of text that send only what changed to the terminal."""

from collections.abc import Iterator, Sequence

from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

_LEAST_WRAPPED = 12
"""Cells beside a hanging indent; where there are fewer, lines are cut off."""


class Lines(ScrollView):
    """Lines of literal text, cut at the right; more than fit can be scrolled.

    ``show`` compares with what is there and redraws the rows that differ.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Lines {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-color: $foreground 25%;
        scrollbar-background: $foreground 5%;
    }
    """

    follows_end = False
    """Whether new lines scroll into view, unless somebody scrolled away."""

    hanging_indent: int | None = None
    """Where the rest of a long line begins in the next row; None cuts it off."""

    _lines: Sequence[Content] = ()
    _rows: Sequence[Content] = ()
    _is_at_end = True

    @property
    def plain(self) -> str:
        """The text of all lines."""
        return "\n".join(line.plain for line in self._lines)

    def show(self, lines: Sequence[Content]) -> None:
        """Shows these lines."""
        self._lines = lines
        self._show_rows()

    def render_line(self, y: int) -> Strip:
        """Returns the row at ``y`` of the widget."""
        return self.strip(y + self.scroll_offset.y)

    def strip(self, index: int) -> Strip:
        """Returns a row, as wide as the widget."""
        width = self.scrollable_content_region.width
        if not 0 <= index < len(self._rows) or width <= 0:
            return Strip.blank(width, self.rich_style)
        line = self._rows[index].truncate(width, ellipsis=True)
        style = self.visual_style
        return Visual.to_strips(self, line, width, 1, style, pad=True)[0]

    def on_mount(self) -> None:
        """Keeps the room of the scroll bar free where it would change the rows."""
        if self.hanging_indent is not None:
            self.styles.scrollbar_gutter = "stable"

    def on_resize(self, _event: events.Resize) -> None:
        """Takes the width that there is now."""
        self._show_rows()
        self._resize()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Notices whether the end is in view."""
        super().watch_scroll_y(old_value, new_value)
        self._is_at_end = new_value >= self.max_scroll_y

    def _show_rows(self) -> None:
        old, self._rows = self._rows, self._wrapped(self._lines)
        if len(self._rows) != len(old):
            self._resize()
        self._refresh_changed(old, self._rows)

    def _wrapped(self, lines: Sequence[Content]) -> Sequence[Content]:
        width, indent = self.scrollable_content_region.width, self.hanging_indent
        if indent is None or width < indent + _LEAST_WRAPPED:
            return lines
        return [row for line in lines for row in _wrap(line, width, indent)]

    def _resize(self) -> None:
        is_at_end = self._is_at_end
        width = self.scrollable_content_region.width
        self.virtual_size = Size(width, len(self._rows))
        if self.follows_end and is_at_end:
            self.scroll_target_y = self.scroll_y = self.max_scroll_y
            self._is_at_end = True

    def _refresh_changed(self, old: Sequence[Content], new: Sequence[Content]) -> None:
        top = self.scroll_offset.y
        regions = [
            Region(0, row, self.size.width, 1)
            for row in range(self.size.height)
            if not _same(_at(old, row + top), _at(new, row + top))
        ]
        if regions:
            # Without regions it would refresh everything.
            self.refresh(*regions)


def _wrap(line: Content, width: int, indent: int) -> Iterator[Content]:
    if line.cell_length <= width:
        yield line
        return
    first, *more = line[indent:].wrap(width - indent)
    yield line[:indent] + first
    yield from (Content(" " * indent) + part for part in more)


def _at(lines: Sequence[Content], index: int) -> Content | None:
    return lines[index] if index < len(lines) else None


def _same(old: Content | None, new: Content | None) -> bool:
    if old is None or new is None:
        return old is new
    return old.is_same(new)
