"""Several values side by side from one update on, as they are tried, to keep one."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widgets import Input, Label

from cnn_tui.config import RunConfig
from cnn_tui.errors import CnnTuiError
from cnn_tui.handover import RaceProcess, start_race
from cnn_tui.runs.config import read_config
from cnn_tui.runs.layout import LIVE, State
from cnn_tui.runs.lineage import read_lineage
from cnn_tui.runs.race import Lane, best_lane, check_over, parse_over
from cnn_tui.text import count, percent, printable, significant
from cnn_tui.ui.actions import RACE
from cnn_tui.ui.backend import Backend
from cnn_tui.ui.charts import MarkerName
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.lanes import UNCHANGED, Lanes
from cnn_tui.ui.screens.dialogs import choice, explain, positive_count
from cnn_tui.ui.screens.resuming import ResumeRequested
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.metric_chart import MetricChart
from cnn_tui.ui.widgets.text_input import TextInput

_LOOK_SECONDS = 0.5
_BUDGET_SECONDS = 0.02
_WAITING = "a process comes to that update, and makes a run for each value…"


@dataclass
class RaceRequested(Message):
    """Somebody wants to try values from here; without a step, from the newest."""

    run: Path
    step: int | None


class AskRace(ModalScreen[tuple[str, int] | None]):
    """Asks which values are to be tried, and for how many updates."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("down", "app.focus_next", "next"),
        Binding("up", "app.focus_previous", "previous"),
    ]

    def __init__(self, config: RunConfig, run: str) -> None:
        """Asks about a run of this config and name."""
        super().__init__()
        self._config, self._run = config, run

    def compose(self) -> ComposeResult:
        """Makes a field for the values and one for the updates."""
        with Vertical(classes="dialog"):
            yield Label("Race: forks on the same batches", classes="title")
            with Horizontal(classes="value"):
                yield Label("over")
                yield TextInput("lr=x1/3,x1,x3", compact=True)
            with Horizontal(classes="value"):
                yield Label("updates each")
                yield TextInput("200", compact=True)
            yield Label(classes="problem", markup=False)
            yield Label(choice("enter", "start; a run that trains is paused"))
            yield Label(choice("esc", "back"))

    @on(Input.Changed)
    def _show_problem(self) -> None:
        explain(self.query_one(".problem", Label), self._problem())

    @on(Input.Submitted)
    def _start(self) -> None:
        if self._problem() is None:
            over, updates = self._texts()
            self.dismiss((over, int(updates)))

    def _problem(self) -> str | None:
        over, updates = self._texts()
        try:
            check_over(parse_over(over), self._config, self._run)
        except CnnTuiError as error:
            return str(error).removeprefix("--over ")
        return positive_count(updates)

    def _texts(self) -> tuple[str, str]:
        over, updates = (field.value.strip() for field in self.query(Input))
        return over, updates


class RaceScreen(Screen[None]):
    """Follows a race; the run that is chosen goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in RACE]

    def __init__(
        self, process: RaceProcess, lanes: Lanes, steps: int, marker: MarkerName
    ) -> None:
        """Takes a process that tries each value for ``steps`` updates."""
        super().__init__()
        self._process, self._lanes, self._steps = process, lanes, steps
        self._marker = marker
        self._glyphs = GLYPHS[marker]
        self._shown: list[Lane] = []
        self._chosen: int | None = None
        self._problem: str | None = None
        self.has_ended = False

    def compose(self) -> ComposeResult:
        """Makes the title, the chart, a line for each run, and the keys."""
        yield Lines(id="title")
        yield MetricChart("loss", "log")
        yield Lines(id="verdict")
        yield KeyBar()

    def on_mount(self) -> None:
        """Follows the process and its runs."""
        title = Content.styled("Race", "bold $accent")
        updates = f" · {count(self._steps)} updates each, on the same batches"
        self.query_one("#title", Lines).show([title + updates])
        chart = self.query_one(MetricChart)
        chart.marker, chart.modes = self._marker, "EMA 0.9"
        self.query_one("#verdict", Lines).focus()
        self.look()
        self.set_interval(_LOOK_SECONDS, self.look)
        self._wait()

    @work(thread=True)
    def _wait(self) -> None:
        problem = self._process.wait()
        self.app.call_from_thread(self._end, problem)

    def _end(self, problem: str | None) -> None:
        self.has_ended, self._problem = True, problem
        self.look()

    def look(self) -> None:
        """Shows what is new."""
        self._lanes.look(_BUDGET_SECONDS)
        self._shown = self._lanes.lanes()
        limits = None
        if self._shown and (lineage := read_lineage(self._shown[0].run)) is not None:
            limits = float(lineage.step), float(lineage.step + self._steps)
        data = self._lanes.chart(self._shown, limits)
        self.query_one(MetricChart).set_data(data)
        self._show_lanes()

    def action_choose(self, by: int) -> None:
        """Chooses another of the runs."""
        if self._shown:
            place = self._place()
            self._chosen = (place + by) % len(self._shown)
            self._show_lanes()

    def action_keep(self) -> None:
        """Goes on with the chosen run; the others stay as short runs."""
        if not self._shown:
            return
        lane = self._shown[self._place()]
        if lane.state in LIVE or (lane.loss is None and not self.has_ended):
            self.notify("it is not through yet")
            return
        self.app.pop_screen()
        self.post_message(ResumeRequested(lane.run))

    def action_end_race(self) -> None:
        """Ends it; the run that trains saves a checkpoint."""
        self._process.stop()

    def action_back(self) -> None:
        """Leaves; the race goes on, and its runs are in the list."""
        self.app.pop_screen()

    def _place(self) -> int:
        best = best_lane(self._shown)
        likely = self._shown.index(best) if best else 0
        return likely if self._chosen is None else self._chosen

    def _show_lanes(self) -> None:
        lines = [self._line(place, lane) for place, lane in enumerate(self._shown)]
        if self._problem is not None:
            lines.append(Content.styled(self._problem, "$text-error"))
        elif not lines:
            lines = [Content.styled(_WAITING, "$foreground 60%")]
        self.query_one("#verdict", Lines).show(lines)

    def _line(self, place: int, lane: Lane) -> Content:
        is_chosen = place == self._place()
        is_waiting = lane.state == State.INTERRUPTED and lane.loss is None
        state = "waits" if is_waiting else printable(lane.state)
        text = (
            f"{'›' if is_chosen else ' '} {lane.value or UNCHANGED:<24}  {state:<12}"
            f"  loss {significant(lane.loss):>7}  {percent(lane.accuracy):>8}"
            f"  {printable(lane.run.name)}"
        )
        return Content.styled(text, "bold" if is_chosen else "")


def ask_race(
    app: App[Any], wanted: RaceRequested, backend: Backend, marker: MarkerName
) -> None:
    """Asks what is to be tried, then tries it in a process of its own."""

    def answered(answer: tuple[str, int] | None) -> None:
        if answer is None:
            return
        over, steps = answer
        group = f"race-{time.time_ns()}"
        lanes = Lanes(wanted.run, group)
        try:
            process = start_race(
                wanted.run,
                wanted.step,
                over=over,
                steps=steps,
                group=group,
                data_dir=backend.data_dir,
            )
        except CnnTuiError as error:
            app.notify(str(error), severity="error", markup=False)
            return
        app.push_screen(RaceScreen(process, lanes, steps, marker))

    try:
        config = read_config(wanted.run)
    except CnnTuiError as error:
        app.notify(str(error), severity="error", markup=False)
        return
    app.push_screen(AskRace(config, printable(wanted.run.name)), answered)
