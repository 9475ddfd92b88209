"""How fast a run would be, measured line by line, and how it would be faster."""

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, ClassVar

from msgspec.structs import replace
from textual import work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from cnn_tui.config import RunConfig, Setting, to_mapping
from cnn_tui.datasets.facts import data_folder
from cnn_tui.errors import CnnTuiError
from cnn_tui.host.process import absolute
from cnn_tui.preflight import words
from cnn_tui.preflight.client import measure
from cnn_tui.preflight.messages import (
    PATIENT_SECONDS,
    AnyLine,
    Facts,
    LargestBatch,
    Measure,
    Measured,
    Unmeasured,
)
from cnn_tui.text import printable
from cnn_tui.ui.actions import PREFLIGHT
from cnn_tui.ui.screens.disturbing import may_disturb
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines

_WAITING = "a process loads the data and makes the first updates…"
_LEAST_WIDTH = 80
_MEASURING = "measuring…"
_MUTED = "$foreground 60%"


class PreflightScreen(Screen[Sequence[Setting] | None]):
    """Follows what is measured; returns what to change of the config."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in PREFLIGHT]

    def __init__(self, request: Measure, title: str) -> None:
        """Asks what ``request`` says of what is called ``title``."""
        super().__init__()
        self._request = request
        self._title = title
        self._begin()

    def _begin(self) -> None:
        self._facts: Facts | None = None
        self._notes: list[str] = []
        self._marked: int | None = None
        self._sentence = _WAITING
        self.found: list[Measured] = []
        """What was measured so far."""
        self.is_done = False
        """Whether nothing more comes."""

    def compose(self) -> ComposeResult:
        """Makes the title, the table, what else there is to say, and the keys."""
        yield Lines(id="title")
        yield Lines(id="table")
        yield Lines(id="verdict")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begins."""
        title = Content.styled("How fast it is here", "bold $accent")
        name = f" · {printable(self._title)}"
        self.query_one("#title", Lines).show([title + name])
        self.query_one("#verdict", Lines).hanging_indent = 0
        self._follow()

    @work(group=READING, exclusive=True)
    async def _follow(self) -> None:
        self._show()
        try:
            async with aclosing(measure(self._request)) as lines:
                async for line in lines:
                    self._take_in(line)
                    self._show()
            best = words.way(self.found[words.fastest(self.found)].settings)
            self._sentence = f"fastest: {best} · enter takes the marked line"
        except CnnTuiError as error:
            self._sentence = str(error)
        self.is_done = True
        self._show()

    def _take_in(self, line: AnyLine) -> None:
        match line:
            case Facts():
                self._facts = line
                self._sentence = _MEASURING
            case Measured():
                self.found.append(line)
            case Unmeasured():
                self._notes.append(words.left_out(line))
            case LargestBatch():
                self._notes.append(words.largest(line))

    @property
    def marked(self) -> int:
        """The place of the marked line: the fastest one, until somebody moves."""
        return words.fastest(self.found) if self._marked is None else self._marked

    def action_move(self, by: int) -> None:
        """Marks another line."""
        if self.found:
            self._marked = min(max(0, self.marked + by), len(self.found) - 1)
            self._show()

    def action_take(self) -> None:
        """Returns what the marked line changes."""
        if self.found:
            self.dismiss(self.found[self.marked].settings)

    def action_everything(self) -> None:
        """Measures again, however long that takes."""
        self._request = replace(self._request, compiles=True, seconds=PATIENT_SECONDS)
        self._begin()
        self._follow()

    def action_back(self) -> None:
        """Leaves; the process ends."""
        self.dismiss(None)

    def _show(self) -> None:
        heading = words.heading(is_narrow=self._is_narrow)
        table = [Content.styled(heading, _MUTED), *self._rows()]
        self.query_one("#table", Lines).show(table)
        said = [] if self._facts is None else [words.measured_with(self._facts)]
        lines = [Content.styled(line, _MUTED) for line in (*self._notes, *said)]
        verdict = [Content.styled(self._sentence, "$text-accent"), *lines]
        self.query_one("#verdict", Lines).show(verdict)

    def on_resize(self) -> None:
        """Shows the columns that there is room for now."""
        self._show()

    @property
    def _is_narrow(self) -> bool:
        return self.app.size.width < _LEAST_WIDTH

    def _rows(self) -> list[Content]:
        if self._facts is None or not self.found:
            return []
        first, facts = self.found[0], self._facts
        cells = [words.cells(line, first, facts) for line in self.found]
        texts = [words.laid_out(each, is_narrow=self._is_narrow) for each in cells]
        return [
            Content.styled(text, "reverse" if place == self.marked else "")
            for place, text in enumerate(texts)
        ]


async def measure_first(
    app: App[Any],
    config: RunConfig,
    title: str,
    runs_folder: Path,
    data_dir: Path | None,
) -> Sequence[Setting]:
    """Shows the screen; returns what to change of the config, if anything.

    Where a run trains on this machine it asks first: both would be slower.
    """
    slows = "Measuring slows it down for some 10 seconds, and is wrong itself."
    if not await may_disturb(app, runs_folder, slows, {"t": "measure all the same"}):
        return []
    folder = str(absolute(data_folder(data_dir)))
    request = Measure(config=to_mapping(config), data_dir=folder)
    return await app.push_screen_wait(PreflightScreen(request, title)) or []
