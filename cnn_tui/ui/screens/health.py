"""How the layers of a run do, over the run: small multiples, and what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from cnn_tui.runs.health import HealthReader, HealthRow
from cnn_tui.text import count, printable
from cnn_tui.ui.actions import HEALTH
from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.health_lines import health_lines, verdict_lines
from cnn_tui.ui.screens.following import ReportScreen
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines

NOTHING = (
    "no sample yet: the first comes at an evaluation after 500 updates or more, "
    "unless training.health is false"
)


class HealthScreen(ReportScreen):
    """Follows the samples of a run."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in HEALTH]

    def __init__(self, run: Path, glyphs: Glyphs) -> None:
        """Reads nothing yet."""
        super().__init__()
        self._run = run
        self._glyphs = glyphs
        self._reader = HealthReader(run)

    def compose(self) -> ComposeResult:
        """Makes the title, the layers, the verdicts and the keys."""
        yield Lines(id="title")
        yield Lines(id="layers")
        yield Lines(id="verdicts")
        yield KeyBar()

    def on_mount(self) -> None:
        """Reads what there is."""
        self.query_one("#verdicts", Lines).hanging_indent = 2
        self._reader.poll()

    def look(self) -> None:
        """Shows what is new."""
        if self._reader.poll():
            self.show()

    def show(self) -> None:
        """Draws the layers and the verdicts on them."""
        rows = list(self._reader.rows)
        self._show_title(rows)
        layers = self.query_one("#layers", Lines)
        if not rows:
            layers.show([Content.styled(NOTHING, "$foreground 60%")])
            return
        width = layers.scrollable_content_region.width
        layers.show(list(health_lines(rows, width, self._glyphs)))
        self.query_one("#verdicts", Lines).show(list(verdict_lines(rows)))

    def _show_title(self, rows: Sequence[HealthRow]) -> None:
        where = ""
        if rows:
            last = count(rows[-1].step)
            where = f" · {count(len(rows))} samples, the last at step {last}"
        title = Content.assemble(
            ("Health", "bold $accent"),
            f" · {printable(self._run.name)}",
            (where, "$foreground 60%"),
        )
        self.query_one("#title", Lines).show([title])
