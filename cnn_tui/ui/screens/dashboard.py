"""One run, live or past: how it is going, and the keys to steer it."""

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from cnn_tui.host.memory import give_back
from cnn_tui.host.process import absolute
from cnn_tui.preflight.messages import FindRate
from cnn_tui.text import printable
from cnn_tui.ui.actions import VIEW
from cnn_tui.ui.charts import MarkerName
from cnn_tui.ui.curves import (
    SMOOTHING_FACTORS,
    X_MODES,
    RunCurves,
    charts,
    step_at,
    x_limits_of,
)
from cnn_tui.ui.export_requested import ExportRequested
from cnn_tui.ui.foreign_runs import is_foreign
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.looking import LookRequested, MistakesRequested
from cnn_tui.ui.past_curves import PastCurves
from cnn_tui.ui.rates_requested import RatesRequested
from cnn_tui.ui.run_settings import foreign_rows, setting_rows
from cnn_tui.ui.run_view import RunView
from cnn_tui.ui.screens.following import FollowingScreen
from cnn_tui.ui.screens.forking import ask_fork
from cnn_tui.ui.screens.steering import SteeringScreen
from cnn_tui.ui.trouble import advice
from cnn_tui.ui.widgets.device_pane import DevicePane
from cnn_tui.ui.widgets.event_log import EventLog
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.metric_chart import MetricChart
from cnn_tui.ui.widgets.notices import Notices
from cnn_tui.ui.widgets.panes import Panes
from cnn_tui.ui.widgets.run_pane import RunPane
from cnn_tui.ui.widgets.status_line import RunMoment, StatusLine

POLL_SECONDS = 0.5
PANES_SECONDS = 0.9
"""Between two drawings of the panes, unless something happened: every second look."""
READ_BUDGET_SECONDS = 0.01
"""For one look at the run directory; a long run is read in several."""
REST_SECONDS = 0.005
"""Between two of those, for keys."""
KEY_BUDGET_SECONDS = 0.005
"""For what a key asks for, beside drawing it; the rest of it comes with later looks."""
KEY_REST_SECONDS = 0.03
"""After a key that draws, until all of it is on the screen."""


class DashboardScreen(SteeringScreen, FollowingScreen):
    """Follows one run directory and hands what it reads to the panes."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in VIEW]

    @dataclass
    class Left(Message):
        """The person wants to go one layer out."""

    def __init__(self, path: Path, marker: MarkerName) -> None:
        """Shows the run at ``path`` with these glyphs."""
        super().__init__(RunView(path))
        self.VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-roomy")]
        self._marker = marker
        self._glyphs = GLYPHS[marker]
        self._past = PastCurves(path)
        self._curves = RunCurves(self.run.reader, past=self._past.rows)
        self._factor = SMOOTHING_FACTORS[0]
        self._x_mode = X_MODES[0]
        self._drawn: object = None
        self._drawn_at = -math.inf
        self._urgent: object = None
        self._next_look: Timer | None = None
        self._keys: object = None

    def compose(self) -> ComposeResult:
        """Makes status, notices, panes and keys."""
        yield StatusLine()
        yield Notices()
        yield Panes()
        yield KeyBar()

    def on_mount(self) -> None:
        """Begins to follow the run; keys may be waiting for what it is."""
        self.run.look()
        self.query_one(RunPane).border_title = Content(
            f"Run · {printable(self.run.path.name)}"
        )
        for chart in self.query(MetricChart):
            chart.marker = self._marker
        self.query_one("#accuracy", MetricChart).log_y = True
        self._name_charts()
        self._timer = self.set_interval(POLL_SECONDS, self.poll)
        self.call_after_refresh(self.poll)

    def on_resize(self, _event: events.Resize) -> None:
        """Gives the bar of the status line its new length."""
        self.call_after_refresh(self.show_moment)

    def poll(self) -> None:
        """Reads what is new and shows it."""
        deadline = time.monotonic() + READ_BUDGET_SECONDS
        self.run.poll(READ_BUDGET_SECONDS)
        self._curves.follow(self._factor, deadline)
        self._past.follow(self._factor, READ_BUDGET_SECONDS, deadline)
        self.settle()
        self.show_moment()
        self._show_panes()
        self._look_again()

    def show_moment(self) -> None:
        """Shows the status, and what the run was told."""
        run = self.run
        warnings = [*filter(None, [self.remark, advice(run)]), *run.problems]
        self.query_one(Notices).show_run(run.state, run.outcome, warnings)
        if run.status is not None:
            told = self.commands.in_words()
            moment = RunMoment(status=run.status, state=run.state, told=told)
            self.query_one(StatusLine).show_moment(moment, self._glyphs)
        listens = run.status.obeys if run.status else None
        keys = (run.is_live, run.is_paused, run.has_ended, listens)
        if keys != self._keys:
            self._keys = keys
            self.refresh_bindings()

    def action_show_health(self) -> None:
        """Shows how the layers do."""
        if is_foreign(self.app, self.run.path):
            return
        from cnn_tui.ui.screens.health import HealthScreen

        self.app.push_screen(HealthScreen(self.run.path, self._glyphs))

    def action_show_profile(self) -> None:
        """Shows where the time goes."""
        if is_foreign(self.app, self.run.path):
            return
        from cnn_tui.ui.screens.profile import ProfileScreen

        self.app.push_screen(ProfileScreen(self.run.path, self._glyphs))

    def action_find_rate(self) -> None:
        """Tries rates on a copy of the newest checkpoint; sets the one taken."""
        if is_foreign(self.app, self.run.path):
            return
        request = FindRate(run=str(absolute(self.run.path)))
        name = self.run.path.name
        self.post_message(RatesRequested(request, title=name, take=self._set_rate))

    def _set_rate(self, rate: float) -> None:
        self._tell(f"lr → {rate:g}", "set", name="lr", value=rate)

    def action_smoothing(self) -> None:
        """Takes the next smoothing factor."""
        place = SMOOTHING_FACTORS.index(self._factor) + 1
        self._factor = SMOOTHING_FACTORS[place % len(SMOOTHING_FACTORS)]
        self._redraw()

    def action_x_axis(self) -> None:
        """Takes the next x axis."""
        place = X_MODES.index(self._x_mode) + 1
        self._x_mode = X_MODES[place % len(X_MODES)]
        self._redraw()

    def action_log_y(self) -> None:
        """Changes the scale of the chart that is looked at."""
        chart = self.query_one(Panes).chart
        chart.log_y = not chart.log_y
        self._name_charts()
        self._look_again(KEY_REST_SECONDS)

    def action_fork_run(self) -> None:
        """Goes on as a new run, from the value cursor where that is on."""
        ask_fork(self, self.run.path, self._step_at_cursor())

    def action_race_run(self) -> None:
        """Tries values side by side, from the same place."""
        from cnn_tui.ui.screens.race import RaceRequested

        self.post_message(RaceRequested(self.run.path, self._step_at_cursor()))

    def _step_at_cursor(self) -> int | None:
        cursor, train = self.query_one(Panes).chart.cursor, self.run.reader.train
        return None if cursor is None else step_at(cursor, train, self._x_mode)

    def action_show_mistakes(self) -> None:
        """Shows what the network confuses."""
        self.post_message(MistakesRequested(self.run.path))

    def action_export(self) -> None:
        """Writes this run for other programs."""
        self.post_message(ExportRequested(self.run.path))

    def action_look_inside(self) -> None:
        """Shows the network from inside."""
        self.post_message(LookRequested(self.run.path))

    def action_back(self) -> None:
        """Goes one layer out: cursor, part in view, zoomed pane, this run."""
        if not self.query_one(Panes).go_out():
            self.post_message(self.Left())

    def on_line_chart_cursor_moved(self, message: MetricChart.CursorMoved) -> None:
        """Puts the cursor of the other chart at the same x."""
        for chart in self.query(MetricChart):
            if chart is not message.chart:
                chart.cursor = message.x

    @property
    def _is_complete(self) -> bool:
        """Whether all that was there at the last look has been read and averaged."""
        own = self.run.reader.complete and self._curves.is_complete
        return own and self._past.is_complete

    def _look_again(self, rest_seconds: float = REST_SECONDS) -> None:
        """Looks for the rest soon, where there is one."""
        if self._next_look is not None:
            self._next_look.stop()
            self._next_look = None
        if not self._is_complete:
            self._next_look = self.set_timer(rest_seconds, self._read_on)

    def _read_on(self) -> None:
        self._next_look = None
        self.poll()
        if self._next_look is None:
            give_back()

    def _redraw(self) -> None:
        self._name_charts()
        deadline = time.monotonic() + KEY_BUDGET_SECONDS
        self._curves.follow(self._factor, deadline)
        self._past.follow(self._factor, 0.0, deadline)
        self._show_charts()
        self._look_again(KEY_REST_SECONDS)

    def _show_panes(self) -> None:
        """Hands on what changed since the last time."""
        run, now = self.run, time.monotonic()
        versions = run.reader.version, self._past.version
        drawn = (versions, run.status, run.state, self._is_complete)
        events = run.reader.events
        urgent = (run.state, self._is_complete, events[-1] if events else None)
        waited = now - self._drawn_at >= PANES_SECONDS
        if drawn == self._drawn or not (waited or urgent != self._urgent):
            return
        self._drawn, self._urgent, self._drawn_at = drawn, urgent, now
        self._show_charts()
        self.query_one(EventLog).show_events(run.reader.events)
        if run.status and run.config:
            threads = run.config.training.threads
            rows = setting_rows(run.config, run.preset, run.status, run.reader.events)
        elif run.status and run.foreign:
            threads, rows = None, foreign_rows(run.foreign, run.status)
        else:
            return
        self.query_one(RunPane).show_rows(rows, self._glyphs)
        self.query_one(DevicePane).show_rows(
            list(run.reader.device),
            threads,
            self._glyphs,
            is_live=run.is_live,
            together=run.together,
        )

    def _show_charts(self) -> None:
        x_limits = x_limits_of(self.run.status, self._x_mode)
        for metric, own in charts([self._curves], self._x_mode, x_limits).items():
            past = tuple(self._past.curves(metric, self._x_mode))
            data = replace(own, curves=(*past, *own.curves))
            self.query_one(f"#{metric}", MetricChart).set_data(data)

    def _name_charts(self) -> None:
        """Puts the modes into the titles."""
        average = f"EMA {self._factor:g}" if self._factor else "not smoothed"
        for chart in self.query(MetricChart):
            scale = [chart.log_word] if chart.log_y else []
            chart.modes = " · ".join([average, *scale, f"by {self._x_mode}"])
        self.query_one(Panes).show_modes()
