"""Lines of cells, drawn elsewhere; what did not change is not sent again."""

from collections.abc import Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cnn_tui.ui.widgets.picture_view import with_background


class DrawnLines(Widget):
    """Shows lines of segments from its upper left corner on."""

    ALLOW_SELECT = False

    _strips: Sequence[Strip] = ()

    @property
    def plain(self) -> str:
        """The text of all lines."""
        return "\n".join(strip.text.rstrip() for strip in self._strips)

    def show(self, lines: Sequence[Sequence[Segment]]) -> None:
        """Shows these lines."""
        before, self._strips = self._strips, [Strip(line) for line in lines]
        changed = [
            Region(0, y, self.size.width, 1)
            for y in range(max(len(before), len(lines)))
            if before[y : y + 1] != self._strips[y : y + 1]
        ]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """Returns a line."""
        background = self.rich_style
        if y >= len(self._strips):
            return Strip.blank(self.size.width, background)
        line = self._strips[y].extend_cell_length(self.size.width)
        return with_background(line.crop(0, self.size.width), background)
