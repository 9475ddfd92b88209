"""A sheet of pictures, or one of them with a cursor, in whatever room there is."""

from dataclasses import dataclass

from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from cnn_tui.pictures.cells import Lines, drawn
from cnn_tui.pictures.colours import Pixels
from cnn_tui.pictures.depth import Depth
from cnn_tui.pictures.sheet import Sheet, enlarged_part, page_of, sheet_lines
from cnn_tui.text import count
from cnn_tui.ui.widgets.picture_view import with_background
from cnn_tui.ui.widgets.titles import set_title


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Zoomed:
    """One picture, H×W×4, and the place in it that is looked at."""

    pixels: Pixels
    cursor: tuple[int, int]


class SheetView(Widget):
    """Draws what it is shown again when its size changes; sends only what changed.

    Its title says what is seen, and of how many.
    """

    DEFAULT_CSS = "SheetView { height: 1fr; }"

    def __init__(self, depth: Depth, id: str) -> None:  # noqa: A002
        """Shows nothing yet."""
        super().__init__(id=id)
        self._depth = depth
        self._shown: Sheet | Zoomed | None = None
        self._heading = self._noun = ""
        self._strips: list[Strip] = []
        self.page = range(0)
        """The pictures that are seen."""

    def show(self, shown: Sheet | Zoomed | None, heading: str, noun: str = "") -> None:
        """Shows pictures; ``noun`` is what each is, "channel", if that is said."""
        self._shown, self._heading, self._noun = shown, heading, noun
        self._draw()

    @property
    def count(self) -> int:
        """How many pictures there are."""
        return self._shown.count if isinstance(self._shown, Sheet) else 1

    def on_resize(self, _event: events.Resize) -> None:
        """Takes the room that there is now."""
        self._strips = []
        self._draw()

    def render_line(self, y: int) -> Strip:
        """Returns a line of the pictures."""
        width = self.size.width
        if y >= len(self._strips):
            return Strip.blank(width, self.rich_style)
        line = self._strips[y].extend_cell_length(width).crop(0, width)
        return with_background(line, self.rich_style)

    def _draw(self) -> None:
        lines, said = self._lines()
        old, self._strips = self._strips, [Strip(line) for line in lines]
        set_title(self, " · ".join(filter(None, [self._heading, said])))
        rows = max(len(old), len(lines))
        changed = [
            Region(0, y, self.size.width, 1)
            for y in range(rows)
            if old[y : y + 1] != self._strips[y : y + 1]
        ]
        if changed:
            self.refresh(*changed)

    def _lines(self) -> tuple[Lines, str]:
        """Returns what is drawn, and in words what of it is seen."""
        width, height = self.size
        if self._shown is None or not width or not height:
            return [], ""
        if isinstance(self._shown, Zoomed):
            pixels, rows, columns = enlarged_part(
                self._shown.pixels, self._shown.cursor, height, width
            )
            whole = (len(rows), len(columns)) == self._shown.pixels.shape[:2]
            return drawn(pixels, self._depth), "" if whole else _part(rows, columns)
        page = page_of(self._shown, height, width)
        self.page = page.shown
        said = [_seen(page.shown, self._shown.count, self._noun)]
        said += ["made smaller"] * (page.size < self._shown.size)
        lines = sheet_lines(self._shown, page, self._depth)
        return lines, " · ".join(filter(None, said))


def _seen(shown: range, total: int, noun: str) -> str:
    """Returns what of all is seen: "channels 1–16 of 64"."""
    first, last = shown.start + 1, shown.stop
    if total == 1:
        return ""
    places = count(first) if first == last else f"{count(first)}–{count(last)}"
    plural = "es" if noun.endswith("s") else "s"
    nouns = f"{noun}{plural} " if noun and first != last else f"{noun} ".lstrip()
    return f"{nouns}{places} of {count(total)}"


def _part(rows: range, columns: range) -> str:
    return f"rows {rows[0]}–{rows[-1]}, columns {columns[0]}–{columns[-1]}"
