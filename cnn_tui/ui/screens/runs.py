"""All runs, live and past."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import msgspec
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.catalog import Catalog
from cnn_tui.runs.columns import COLUMNS
from cnn_tui.runs.known import Known
from cnn_tui.runs.query import Query, QueryError, parse_query
from cnn_tui.runs.sheet import Sheet
from cnn_tui.ui.actions import RUNS
from cnn_tui.ui.arrangement import (
    arrangement,
    columns_of,
    columns_problem,
    in_words,
    next_grouping,
    next_sort,
)
from cnn_tui.ui.charts import MarkerName
from cnn_tui.ui.compare_requested import ask_comparison
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.list_settings import read_list_settings, write_list_settings
from cnn_tui.ui.run_table import header, list_title
from cnn_tui.ui.screens.dialogs import AskText
from cnn_tui.ui.screens.queueing import Queueing
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.filter_problem import FilterProblem
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.preview_pane import PreviewPane
from cnn_tui.ui.widgets.run_list import RunList
from cnn_tui.ui.widgets.text_input import TextInput

REFRESH_SECONDS = 1.0
_READ_AT_ONCE_SECONDS = 0.5
"""Of configs and folders, before what is known so far is shown."""


class RunsScreen(Queueing):
    """A list that can be filtered and sorted, with a look at the selected run."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in RUNS]

    def __init__(self, folder: Path, marker: MarkerName, name: str) -> None:
        """Lists the runs in ``folder``."""
        super().__init__(folder, name)
        self.VERTICAL_BREAKPOINTS = [(0, "-tiny"), (20, "-short"), (30, "-roomy")]
        self._glyphs = GLYPHS[marker]
        self._catalog = Catalog(folder)
        self._known = Known(folder)
        self._settings = read_list_settings()
        self._query = Query()
        self._filter_problem: QueryError | None = None
        self._arrangement = arrangement(self._settings, self._query, ())
        self._sheet = Sheet((), self._known)
        self._order: Sequence[int] = ()
        self._ordered_by: object = None
        self._folded = set[str]()
        self._said = ("", 0)
        self._is_loading = True
        self._is_reading = False
        self._wants_more = False
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """Makes title, column names, list, preview, filter and keys."""
        yield Lines(id="title")
        yield Lines(id="columns")
        yield RunList(self._glyphs)
        yield PreviewPane(self._glyphs)
        yield FilterProblem()
        yield TextInput(
            placeholder="words, or lr>0.01 best>98% age<2d state=finished tag=mine",
            compact=True,
        )
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
            self._wants_more = False
            self._read()

    @work(thread=True, group=READING)
    def _read(self) -> None:
        asked, before = self._arrangement, self._sheet
        needs = asked.needs
        if self._filter_problem:  # a name in it may be a key in somebody's config
            needs.add("config")
        try:
            runs, problem = self._catalog.refresh(), ""
        except RunDirectoryError as error:
            runs, problem = [], str(error)
        until = time.monotonic() + _READ_AT_ONCE_SECONDS
        new = self._known.refresh(runs, needs, lambda: time.monotonic() > until)
        missing = self._known.missing(runs, needs)
        if new or runs != before.runs:
            sheet = Sheet(runs, self._known)
            asked.warm(sheet)
        else:
            sheet = before
        self.app.call_from_thread(self._take, sheet, problem, missing)

    def reread(self, run: Path) -> None:
        """Reads a run again at once."""
        self._catalog.forget(run.name)
        self._known.forget_disk(run.name)
        self._wants_more = True
        self.load()

    def action_open_run(self) -> None:
        """Opens the selected run."""
        self.query_one(RunList).open_selected()

    def action_mark_run(self) -> None:
        """Marks the selected run to be compared."""
        self.query_one(RunList).toggle_mark()

    def action_compare_runs(self) -> None:
        """Compares the marked runs."""
        ask_comparison(self, self.query_one(RunList).marked)

    def action_filter(self) -> None:
        """Lets words be typed."""
        field = self.query_one(Input)
        field.display = True
        self.set_focus(field)  # at once: what is typed next is for it

    def action_sort(self) -> None:
        """Takes the next order."""
        self._change(sort=next_sort(self._settings), is_reversed=False)

    def action_reverse_sort(self) -> None:
        """Sorts the other way round."""
        self._change(is_reversed=not self._settings.is_reversed)

    def action_group(self) -> None:
        """Takes the next way to group."""
        self._folded.clear()
        self._change(grouping=next_grouping(self._settings))

    def action_fold_groups(self) -> None:
        """Folds all groups, or unfolds them."""
        asked, sheet = self._arrangement, self._sheet
        titles = asked.titles(asked.shown(sheet, self._order), self._known)
        self._folded = set() if self._folded else set(titles)
        self._show()

    @on(RunList.GroupOpened)
    def _fold_group(self, event: RunList.GroupOpened) -> None:
        self._folded ^= {event.row.group.title}
        self._show()

    def action_choose_columns(self) -> None:
        """Asks which columns there shall be."""
        names = " ".join(COLUMNS)
        prompt = f"{names}; or a key of a config, such as lr, seed, batch_size"
        self.app.push_screen(
            AskText(
                "Columns, the most important first",
                prompt=prompt,
                value=" ".join(self._settings.columns),
                check=lambda text: columns_problem(text, self._known.keys()),
            ),
            self._take_columns,
        )

    def _take_columns(self, text: str | None) -> None:
        if text is not None:
            self._change(columns=columns_of(text))

    def _change(self, **changes: object) -> None:
        """Shows the list in another way, and remembers it."""
        self._settings = msgspec.structs.replace(self._settings, **changes)
        write_list_settings(self._settings)
        self._arrange()

    def _arrange(self) -> None:
        seen = self._known.keys()
        asked = arrangement(self._settings, self._query, seen)
        self._arrangement = asked
        order_by = (self._sheet, asked.sort, asked.is_reversed)
        if order_by != self._ordered_by:
            self._order, self._ordered_by = asked.order(self._sheet), order_by
        if self._known.missing(self._sheet.runs, asked.needs):
            self.load()
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
        self._parse()
        self._arrange()

    def _parse(self) -> None:
        """Takes the filter that is typed; one that means nothing leaves the last."""
        text = self.query_one(Input).value
        try:
            self._query, self._filter_problem = (
                parse_query(text, self._known.keys()),
                None,
            )
        except QueryError as error:
            self._filter_problem = error
        self.query_one(FilterProblem).show_problem(self._filter_problem)

    @on(Input.Submitted)
    def _leave_filter(self) -> None:
        self.query_one(RunList).focus()

    def _take(self, sheet: Sheet, problem: str, missing: int) -> None:
        self._is_reading = False
        is_new = sheet is not self._sheet or (problem, missing) != self._said
        if self._is_loading or is_new:
            self._sheet, self._said, self._is_loading = sheet, (problem, missing), False
            self._parse()  # a name may mean more, now that more is known
            self._arrange()
        self._look()
        if missing or self._wants_more:
            self.load()

    @on(RunList.Selected)
    def _look(self) -> None:
        current = self.query_one(RunList).current
        self.query_one(PreviewPane).look_at(self.begun(current))

    def _show(self) -> None:
        asked = self._arrangement
        shown = asked.shown(self._sheet, self._order)
        rows = asked.rows(shown, self._known, self._folded)
        self.query_one(RunList).show_rows(rows, asked.layout(self._known))
        self._look()
        doing = in_words(self._settings, asked.sort.name, self._said[1])
        title = list_title(
            self._sheet.runs,
            shown=len(shown),
            doing="reading…" if self._is_loading else doing,
            folder=self._folder,
        )
        self.query_one("#title", Lines).show([title])
        self._show_columns()

    def _show_columns(self) -> None:
        width = self.query_one(RunList).scrollable_content_region.width
        titles = header(self._arrangement.layout(self._known), width)
        columns = Content.styled(titles, "$foreground 60%")
        if problem := self._said[0]:
            columns = Content.styled(problem, "$text-error")
        self.query_one("#columns", Lines).show([columns])
