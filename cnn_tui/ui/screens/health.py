"""How the layers of a run do, over the run: small multiples, and what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer

from cnn_tui.runs.health import HealthReader, HealthRow
from cnn_tui.text import count, printable
from cnn_tui.ui.actions import HEALTH
from cnn_tui.ui.glyphs import Glyphs
from cnn_tui.ui.health_lines import health_lines, verdict_lines
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines

LOOK_SECONDS = 1.0
NOTHING = (
    "no sample yet: the first comes at an evaluation after 500 updates or more, "
    "unless training.health is false"
)


class HealthScreen(Screen[None]):
    """Follows the samples of a run."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in HEALTH]

    def __init__(self, run: Path, glyphs: Glyphs) -> None:
        """Reads nothing yet."""
        super().__init__()
        self._run = run
        self._glyphs = glyphs
        self._reader = HealthReader(run)
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Makes the title, the layers, the verdicts and the keys."""
        yield Lines(id="title")
        yield Lines(id="layers")
        yield Lines(id="verdicts")
        yield KeyBar()

    def on_mount(self) -> None:
        """Reads what there is, and again each second."""
        self.query_one("#verdicts", Lines).hanging_indent = 2
        self._timer = self.set_interval(LOOK_SECONDS, self.look)
        self.call_after_refresh(self._show)
        self._reader.poll()

    def on_resize(self, _event: events.Resize) -> None:
        """Draws with the room that there is now."""
        self.call_after_refresh(self._show)

    def on_screen_suspend(self) -> None:
        """Stops looking while another screen is on top."""
        if self._timer:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """Looks again."""
        if self._timer:
            self._timer.resume()

    def look(self) -> None:
        """Shows what is new."""
        if self._reader.poll():
            self._show()

    def action_back(self) -> None:
        """Goes back to the dashboard."""
        self.app.pop_screen()

    def _show(self) -> None:
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
