"""All runs, live and past."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.catalog import Catalog, RunSummary
from cnn_tui.runs.comparison import MAX_RUNS
from cnn_tui.text import count, printable
from cnn_tui.ui.actions import RUNS
from cnn_tui.ui.charts import MarkerName
from cnn_tui.ui.compare_requested import CompareRequested
from cnn_tui.ui.export_requested import ExportRequested
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.looking import LookRequested
from cnn_tui.ui.run_table import SORTINGS, header, is_live, matches
from cnn_tui.ui.screens.forking import ask_fork
from cnn_tui.ui.screens.resuming import ResumeRequested
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.preview_pane import PreviewPane
from cnn_tui.ui.widgets.run_list import RunList
from cnn_tui.ui.widgets.text_input import TextInput

REFRESH_SECONDS = 1.0


class RunsScreen(Screen[None]):
    """A list that can be filtered and sorted, with a look at the selected run."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in RUNS]

    def __init__(self, folder: Path, marker: MarkerName, name: str) -> None:
        """Lists the runs in ``folder``."""
        super().__init__(name)
        self.VERTICAL_BREAKPOINTS = [(0, "-tiny"), (20, "-short"), (30, "-roomy")]
        self._folder = folder
        self._glyphs = GLYPHS[marker]
        self._catalog = Catalog(folder)
        self._runs: Sequence[RunSummary] = ()
        self._sorting = next(iter(SORTINGS))
        self._problem = ""
        self._is_loading = True
        self._is_reading = False
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Makes title, column names, list, preview, filter and keys."""
        yield Lines(id="title")
        yield Lines(id="columns")
        yield RunList(self._glyphs)
        yield PreviewPane(self._glyphs)
        yield TextInput(placeholder="words to filter by", compact=True)
        yield KeyBar()

    @property
    def is_ready(self) -> bool:
        """Whether there are runs that keys could be meant for."""
        return not self._is_loading

    def on_mount(self) -> None:
        """Reads the folder, and again each second."""
        self.query_one(Input).display = False
        self.query_one(RunList).focus()
        self._show()
        self._timer = self.set_interval(REFRESH_SECONDS, self.load)
        self.load()

    def on_resize(self, _event: events.Resize) -> None:
        """Names the columns that there is room for now."""
        self.call_after_refresh(self._show_columns)

    def on_screen_suspend(self) -> None:
        """Stops reading while another screen is on top."""
        if self._timer:
            self._timer.pause()

    def on_screen_resume(self) -> None:
        """Reads again."""
        if self._timer:
            self._timer.resume()
            self.load()

    def load(self) -> None:
        """Reads what is new in the folder, unless it is being read."""
        if not self._is_reading:
            self._is_reading = True
            self._read()

    @work(thread=True, group=READING)
    def _read(self) -> None:
        try:
            runs, problem = self._catalog.refresh(), ""
        except RunDirectoryError as error:
            runs, problem = [], str(error)
        self.app.call_from_thread(self._take, runs, problem)

    def action_open_run(self) -> None:
        """Opens the selected run."""
        self.query_one(RunList).open_selected()

    def action_resume_run(self) -> None:
        """Goes on with the selected run."""
        if (run := self.query_one(RunList).current) is not None:
            self.post_message(ResumeRequested(run.path))

    def action_fork_run(self) -> None:
        """Goes on from the selected run as a new one."""
        if (run := self.query_one(RunList).current) is not None:
            ask_fork(self, run.path, None)

    def action_look_inside(self) -> None:
        """Shows the network of the selected run from inside."""
        if (run := self.query_one(RunList).current) is not None:
            self.post_message(LookRequested(run.path))

    def action_mark_run(self) -> None:
        """Marks the selected run to be compared."""
        self.query_one(RunList).toggle_mark()

    def action_compare_runs(self) -> None:
        """Compares the marked runs."""
        marked = tuple(self.query_one(RunList).marked)
        if 2 <= len(marked) <= MAX_RUNS:
            self.post_message(CompareRequested(marked))
        else:
            self.notify(f"mark 2 to {MAX_RUNS} runs with space, not {len(marked)}")

    def action_export(self) -> None:
        """Writes the selected run for other programs."""
        if (run := self.query_one(RunList).current) is not None:
            self.post_message(ExportRequested(run.path))

    def action_filter(self) -> None:
        """Lets words be typed."""
        field = self.query_one(Input)
        field.display = True
        self.set_focus(field)  # at once: what is typed next is for it

    def action_sort(self) -> None:
        """Takes the next order."""
        names = list(SORTINGS)
        self._sorting = names[(names.index(self._sorting) + 1) % len(names)]
        self._show()

    def action_back(self) -> None:
        """Clears the filter, then goes back."""
        field = self.query_one(Input)
        if field.display:
            field.value = ""
            field.display = False
            self.query_one(RunList).focus()
        else:
            self.app.pop_screen()

    @on(Input.Changed)
    def _filter(self) -> None:
        self._show()

    @on(Input.Submitted)
    def _leave_filter(self) -> None:
        self.query_one(RunList).focus()

    def _take(self, runs: Sequence[RunSummary], problem: str) -> None:
        self._is_reading = False
        if self._is_loading or (runs, problem) != (self._runs, self._problem):
            self._runs, self._problem, self._is_loading = runs, problem, False
            self._show()
        self._look()

    @on(RunList.Selected)
    def _look(self) -> None:
        self.query_one(PreviewPane).look_at(self.query_one(RunList).current)

    def _show(self) -> None:
        words = self.query_one(Input).value.casefold().split()
        shown = [run for run in self._runs if matches(run, words)]
        shown.sort(key=SORTINGS[self._sorting])
        self.query_one(RunList).show_runs(shown)
        self._look()
        self.query_one("#title", Lines).show([self._title(len(shown))])
        self._show_columns()

    def _show_columns(self) -> None:
        width = self.query_one(RunList).scrollable_content_region.width
        columns = Content.styled(header(width), "$foreground 60%")
        if self._problem:
            columns = Content.styled(self._problem, "$text-error")
        self.query_one("#columns", Lines).show([columns])

    def _title(self, shown: int) -> Content:
        live = sum(is_live(run) for run in self._runs)
        total = len(self._runs)
        number = count(total) if shown == total else f"{count(shown)} of {count(total)}"
        state = "reading…" if self._is_loading else f"sorted by {self._sorting}"
        return Content.assemble(
            ("Runs", "bold $accent"),
            f" · {number} · {count(live)} live",
            (f" · {state} · in {printable(self._folder)}", "$foreground 60%"),
        )
