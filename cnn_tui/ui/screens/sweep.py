"""A sweep as it goes on: its trials, the best so far, what matters."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from cnn_tui.errors import CnnTuiError
from cnn_tui.jobs import ensure_worker
from cnn_tui.runs.layout import is_run
from cnn_tui.sweeps import control
from cnn_tui.sweeps.files import SweepFolder
from cnn_tui.sweeps.overview import Overview, SweepReader, TrialRow
from cnn_tui.sweeps.space import short_names
from cnn_tui.text import printable
from cnn_tui.ui.actions import SWEEP
from cnn_tui.ui.charts import MarkerName
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.screens.dialogs import AskText, Choose, positive_count
from cnn_tui.ui.screens.following import FollowingScreen
from cnn_tui.ui.sweep_charts import best_chart, slice_chart
from cnn_tui.ui.sweep_lines import importance_lines, title, trial_lines
from cnn_tui.ui.sweep_requested import PresetOffered
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.metric_chart import MetricChart
from cnn_tui.ui.widgets.pane_tabs import PaneTabs
from cnn_tui.ui.widgets.panes import Panes
from cnn_tui.ui.widgets.run_list import RunList
from cnn_tui.ui.widgets.trial_table import TrialTable

LOOK_SECONDS = 1.0
_MOST_CHOICES = 9


class ImportancePane(Lines, can_focus=True):
    """How much each parameter matters."""

    def __init__(self) -> None:
        """Is empty."""
        super().__init__()
        self.border_title = "Importance"


class SweepPanes(Panes):
    """Trials and importance on the left, two charts on the right."""

    def compose(self) -> ComposeResult:
        """Makes the panes, and the tabs for when there is little room."""
        yield PaneTabs(("Trials", "Importance", "Best", "Slice"))
        with Horizontal():
            with Vertical(id="charts"):
                yield TrialTable()
                yield ImportancePane()
            with Vertical(id="side"):
                yield MetricChart("best", log_word="log")
                yield MetricChart("slice", log_word="log")


class SweepScreen(FollowingScreen):
    """Follows a sweep; Optuna is imported, and the journal read, by a thread."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in SWEEP]

    def __init__(self, sweep: SweepFolder, marker: MarkerName) -> None:
        """Shows this one."""
        super().__init__()
        self.sweep = sweep
        self.found: Overview | None = None
        """What was read last."""
        self._reader = SweepReader(sweep)
        self._marker = marker
        self._glyphs = GLYPHS[marker]
        self._key: str | None = None
        self._by_number = False
        self._is_reading = False

    def compose(self) -> ComposeResult:
        """Makes the title, the panes and the keys."""
        yield Lines(id="title")
        yield SweepPanes()
        yield KeyBar()

    @property
    def is_ready(self) -> bool:
        """Whether there is something that keys could be meant for."""
        return self.found is not None or not self._is_reading

    def on_mount(self) -> None:
        """Begins to follow the sweep."""
        for chart in self.query(MetricChart):
            chart.marker = self._marker
        self._say("is being read…")
        self._timer = self.set_interval(LOOK_SECONDS, self.look)
        self.look()

    def look(self) -> None:
        """Reads what is new, unless it is being read."""
        if not self._is_reading:
            self._is_reading = True
            self._read()

    @work(thread=True, group=READING)
    def _read(self) -> None:
        try:
            found = self._reader.read()
        except CnnTuiError as error:
            self.app.call_from_thread(self._fail, str(error))
        else:
            self.app.call_from_thread(self._take, found)

    def _fail(self, problem: str) -> None:
        self._is_reading = False
        self._say(problem, "$text-error")

    def _take(self, found: Overview) -> None:
        self._is_reading = False
        if found != self.found:
            self.found = found
            self._show()

    def action_sort_trials(self) -> None:
        """Sorts by value, or by number, the newest first."""
        self._by_number = not self._by_number
        self._show()

    def action_parameter(self) -> None:
        """Draws the next slice."""
        if self.found is not None:
            keys = self._keys(self.found)
            place = keys.index(self._key) + 1 if self._key in keys else 1
            self._key = keys[place % len(keys)]
            self._show()

    def action_log_y(self) -> None:
        """Changes the scale of the chart that is looked at."""
        chart = self.query_one(Panes).chart
        chart.log_y = not chart.log_y

    def action_open_trial(self) -> None:
        """Opens a run of the selected trial: the only one, or one that is chosen."""
        trial = self._selected
        if trial is None:
            return
        runs = [self.sweep.runs_folder / run for run in trial.runs]
        there = [run for run in runs if is_run(run)][:_MOST_CHOICES]
        if not there:
            self.notify(f"no run of trial {trial.number} has begun, or is still there")
        elif len(there) == 1:
            self.post_message(RunList.Opened(there[0]))
        else:
            self._choose(trial.number, there)

    def _choose(self, trial: int, runs: Sequence[Path]) -> None:
        def chosen(key: str | None) -> None:
            if key is not None:
                self.post_message(RunList.Opened(runs[int(key) - 1]))

        names = {str(place): printable(it.name) for place, it in enumerate(runs, 1)}
        question = f"The runs of trial {trial} differ in their seed"
        self.app.push_screen(
            Choose(question, explanation="Which one?", choices=names), chosen
        )

    def action_take_best(self) -> None:
        """Offers the best trial as a preset to the form."""
        best = self.found.best if self.found else None
        if self.found is None or best is None:
            self.notify("no trial is finished yet")
            return
        try:
            path = control.write_best(self.found)
        except CnnTuiError as error:
            self.notify(str(error), severity="error", markup=False)
            return
        self.post_message(PresetOffered(path))

    def action_stop_sweep(self) -> None:
        """Lets it try nothing new."""
        said = "nothing new is tried, what trains goes on to its end; m tries more"
        self._do(lambda: control.stop(self.sweep), said)

    def action_extend_sweep(self) -> None:
        """Asks how many more trials there shall be."""

        def answered(text: str | None) -> None:
            if text is not None:
                more = f"+{text.strip().removeprefix('+')}"
                self._do(lambda: self._extend(more))

        self.app.push_screen(
            AskText(
                "More trials",
                prompt="How many more values are to be tried?",
                value="10",
                check=positive_count,
            ),
            answered,
        )

    def _extend(self, more: str) -> None:
        control.extend(self.sweep, more)
        ensure_worker(self.sweep.runs_folder)

    async def action_back(self) -> None:
        """Goes one layer out: cursor, part in view, zoomed pane, the sweep."""
        if self.query_one(Panes).go_out():
            return
        if len(self.app.screen_stack) > 2:
            self.app.pop_screen()
        else:
            await self.app.run_action("new_run")

    @on(TrialTable.Chosen)
    def _open_chosen(self) -> None:
        self.action_open_trial()

    @work(thread=True)
    def _do(self, change: Callable[[], object], said: str = "") -> None:
        """Changes the sweep in a thread: its lock may be held for a moment."""
        try:
            change()
        except CnnTuiError as error:
            self.app.call_from_thread(
                self.notify, str(error), severity="error", markup=False
            )
        else:
            if said:
                self.app.call_from_thread(self.notify, said)
        self.app.call_from_thread(self.look)

    @property
    def _selected(self) -> TrialRow | None:
        number = self.query_one(TrialTable).number
        trials = self.found.trials if self.found else ()
        return next((it for it in trials if it.number == number), None)

    def _keys(self, found: Overview) -> list[str]:
        """Returns the parameters, the one that matters most first, as far as known."""
        known = [key for key in found.importances if key in found.plan.space]
        return [*known, *(key for key in found.plan.space if key not in known)]

    def _show(self) -> None:
        found = self.found
        if found is None:
            return
        key = self._key or self._keys(found)[0]
        trials = found.trials[::-1] if self._by_number else found.sorted()
        head, lines = trial_lines(found, trials, self._glyphs)
        numbers = [trial.number for trial in trials]
        self.query_one(TrialTable).show_trials(head, numbers, lines)
        self.query_one(ImportancePane).show(importance_lines(found, self._glyphs))
        self.query_one("#title", Lines).show([title(found)])
        best, by_key = self.query(MetricChart)
        best.set_data(best_chart(found))
        by_key.set_data(slice_chart(found, key))
        best.modes = f"{found.plan.metric} by trial"
        by_key.modes = f"by {short_names(found.plan.space)[key]}"
        self.query_one(Panes).show_modes()

    def _say(self, text: str, style: str = "$foreground 60%") -> None:
        name = f" · {printable(self.sweep.name)} · "
        self.query_one("#title", Lines).show(
            [Content.assemble(("Sweep", "bold $accent"), name, (text, style))]
        )
