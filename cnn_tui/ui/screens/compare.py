"""Several runs in one chart, and what they differ in."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.style import Style
from textual.timer import Timer

from cnn_tui.host.memory import give_back
from cnn_tui.runs.comparison import OVER
from cnn_tui.runs.layout import State
from cnn_tui.runs.series import Metric
from cnn_tui.text import count, percent, printable, significant
from cnn_tui.ui.actions import COMPARE
from cnn_tui.ui.bands import SPREADS
from cnn_tui.ui.charts import Curve, LineChart, MarkerName
from cnn_tui.ui.charts.chart import component_class
from cnn_tui.ui.charts.markers import MARKERS
from cnn_tui.ui.charts.scene import curve_ink
from cnn_tui.ui.comparison import SERIES, Compared, Series, Shown
from cnn_tui.ui.curves import METRICS, SMOOTHING_FACTORS
from cnn_tui.ui.glyphs import GLYPHS, Glyphs
from cnn_tui.ui.screens.following import FollowingScreen
from cnn_tui.ui.widgets.difference_table import DifferenceTable
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.metric_chart import MetricChart
from cnn_tui.ui.widgets.pane_tabs import PaneTabs
from cnn_tui.ui.widgets.panes import Panes

LOOK_SECONDS = 0.5
DRAW_SECONDS = 0.9
READ_BUDGET_SECONDS = 0.01
KEY_BUDGET_SECONDS = 0.005
REST_SECONDS = 0.005
_LEAST_ENTRY_WIDTH = 38
"""Of an entry of the legend."""


class ComparePanes(Panes):
    """Two charts on the left, the differences and what seeds say on the right."""

    def __init__(self, letters: Sequence[str], glyphs: Glyphs) -> None:
        """Takes the letters of the runs."""
        super().__init__()
        self._letters, self._glyphs = letters, glyphs

    def compose(self) -> ComposeResult:
        """Makes the panes, and the tabs for when there is little room."""
        yield PaneTabs(("Loss", "Accuracy", "Differences", "Seeds"))
        with Horizontal():
            with Vertical(id="charts"):
                yield MetricChart("loss", log_word="log y")
                yield MetricChart("accuracy", log_word="log error")
            with Vertical(id="side"):
                yield DifferenceTable(self._letters, self._glyphs)
                yield Lines(id="seeds")


class CompareScreen(FollowingScreen):
    """Follows runs; live ones go on."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in COMPARE]

    def __init__(self, runs: Sequence[Path], marker: MarkerName) -> None:
        """Shows these runs, at most as many as there are letters, in their order."""
        super().__init__()
        self._runs = Compared(runs)
        self._marker = marker
        self._glyphs = GLYPHS[marker]
        self._factor = SMOOTHING_FACTORS[0]
        self._shown = Shown()
        self._series: dict[Metric, Series] = {"loss": "train", "accuracy": "test"}
        self._drawn: object = None
        self._finished: list[bool] | None = None
        self._drawn_at = -math.inf
        self._next_look: Timer | None = None

    def compose(self) -> ComposeResult:
        """Makes the title, the panes, the legend and the keys."""
        yield Lines(id="title")
        yield ComparePanes(self._runs.letters, self._glyphs)
        yield Lines(id="legend")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begins to follow the runs."""
        for chart in self.query(MetricChart):
            chart.marker = self._marker
        self.query_one("#accuracy", MetricChart).log_y = True
        seeds = self.query_one("#seeds", Lines)
        seeds.border_title, seeds.hanging_indent = "Seeds", 3
        self._timer = self.set_interval(LOOK_SECONDS, self.look)
        self.call_after_refresh(self.look)

    def on_resize(self, _event: events.Resize) -> None:
        """Gives the legend as many columns as there is room for."""
        self.call_after_refresh(self._show_legend)

    def look(self) -> None:
        """Reads what is new and shows it."""
        was_complete = self._runs.is_complete
        self._runs.follow(self._factor, READ_BUDGET_SECONDS)
        version, now = self._runs.version, time.monotonic()
        is_urgent = self._runs.is_complete != was_complete
        waited = now - self._drawn_at >= DRAW_SECONDS
        if version != self._drawn and (waited or is_urgent):
            self._drawn, self._drawn_at = version, now
            self._show()
        finished = [view.state == State.FINISHED for view in self._runs.views]
        if finished != self._finished:
            self._finished = finished
            self._ask_seeds()
        self._look_again()

    @work(thread=True, exclusive=True)
    def _ask_seeds(self) -> None:
        self.app.call_from_thread(self._show_seeds, self._runs.seeds())

    def _show_seeds(self, said: Sequence[str]) -> None:
        if self.is_attached:
            self.query_one("#seeds", Lines).show([Content(line) for line in said])

    def action_smoothing(self) -> None:
        """Takes the next smoothing factor."""
        place = SMOOTHING_FACTORS.index(self._factor) + 1
        self._factor = SMOOTHING_FACTORS[place % len(SMOOTHING_FACTORS)]
        self._runs.follow(self._factor, KEY_BUDGET_SECONDS)
        self._show()
        self._look_again()

    def action_x_axis(self) -> None:
        """Takes the next x axis."""
        over = OVER[(OVER.index(self._shown.over) + 1) % len(OVER)]
        self._shown = replace(self._shown, over=over)
        self._show()

    def action_bands(self) -> None:
        """Draws runs of one group of seeds as a band, the next kind of it, or none."""
        if not self._runs.groups:
            self.notify("no two of these runs differ in their seed alone")
            return
        spread = SPREADS[(SPREADS.index(self._shown.spread) + 1) % len(SPREADS)]
        self._shown = replace(self._shown, spread=spread)
        self._show()

    def action_series(self) -> None:
        """Draws other values in the chart that is looked at."""
        metric = _metric(self.query_one(Panes).chart)
        place = SERIES.index(self._series[metric]) + 1
        self._series[metric] = SERIES[place % len(SERIES)]
        self._show()

    def action_log_y(self) -> None:
        """Changes the scale of the chart that is looked at."""
        chart = self.query_one(Panes).chart
        chart.log_y = not chart.log_y
        self._name_charts()

    def action_back(self) -> None:
        """Goes one layer out: cursor, part in view, zoomed pane, the comparison."""
        if not self.query_one(Panes).go_out():
            self.app.pop_screen()

    def on_line_chart_cursor_moved(self, message: LineChart.CursorMoved) -> None:
        """Puts the cursor of the other chart at the same x, and reads it out."""
        for chart in self.query(MetricChart):
            if chart is not message.chart:
                chart.cursor = message.x
        self._show_legend()

    def _look_again(self) -> None:
        """Looks for the rest soon, where there is one."""
        if self._next_look is not None:
            self._next_look.stop()
            self._next_look = None
        if not self._runs.is_complete:
            self._next_look = self.set_timer(REST_SECONDS, self._read_on)

    def _read_on(self) -> None:
        self._next_look = None
        self.look()
        if self._next_look is None:
            give_back()

    def _show(self) -> None:
        for metric in METRICS:
            data = self._runs.chart(metric, self._series[metric], self._shown)
            self.query_one(f"#{metric}", MetricChart).set_data(data)
        self.query_one(DifferenceTable).show_differences(self._runs.differences())
        self._name_charts()
        self._show_legend()

    def _name_charts(self) -> None:
        """Puts the modes into the titles."""
        for chart in self.query(MetricChart):
            series = self._series[_metric(chart)]
            average = f"EMA {self._factor:g}" if self._factor else "not smoothed"
            parts = [series, average] if series == "train" else [series]
            parts += [chart.log_word] if chart.log_y else []
            chart.modes = " · ".join([*parts, f"by {self._shown.over}"])
        self.query_one(Panes).show_modes()

    def _show_legend(self) -> None:
        width, runs = self.size.width - 2, len(self._runs.views)
        columns = max(1, min(width // _LEAST_ENTRY_WIDTH, runs))
        height = -(-runs // columns)
        entries = list(self._entries(width // columns - 2))
        rows = [entries[row::height] for row in range(height)]
        legend = self.query_one("#legend", Lines)
        legend.styles.height = height
        legend.show([Content("  ").join(row) for row in rows])
        self.query_one("#title", Lines).show([self._title()])

    def _title(self) -> Content:
        cursor, over = self.query_one(Panes).chart.cursor, self._shown.over
        at = "newest values" if cursor is None else f"values at {over} {cursor:,.6g}"
        notes = [f"{count(len(self._runs.views))} runs", at]
        if self._shown.spread != "off":
            notes.append(f"seeds as mean and {self._shown.spread}")
        if over == "images" and (unknown := self._runs.without_images):
            notes.append(f"images of {' '.join(unknown)} are not known")
        return Content.assemble(("Compare", "bold $accent"), f" · {' · '.join(notes)}")

    def _entries(self, width: int) -> Iterator[Content]:
        """Yields what each run is called, how it is, and its values at the cursor."""
        chart = self.query_one("#loss", MetricChart)
        marker = MARKERS[self._marker]
        for place, view in enumerate(self._runs.views):
            loss, accuracy = (
                self._runs.curve(place, metric, self._series[metric], self._shown.over)
                for metric in METRICS
            )
            ink = chart.get_visual_style(component_class(curve_ink(loss)))
            sign = marker.raw if loss.is_dashed else marker.line
            values = (
                f" {significant(_value(loss, chart.cursor)):>7}"
                f" {percent(_value(accuracy, chart.cursor)):>8}"
            )
            room = max(1, width - len(values) - 5)
            name = printable(loss.series)
            name = name if len(name) <= room else f"…{name[1 - room :]}"
            yield Content.assemble(
                (f"{loss.letter}{sign}", Style(foreground=ink.foreground, bold=True)),
                f" {self._glyphs.state(view.state)} {name:<{room}}{values}",
            )


def _metric(chart: MetricChart) -> Metric:
    return "loss" if chart.id == "loss" else "accuracy"


def _value(curve: Curve, x: float | None) -> float | None:
    """Returns the value at the cursor, else the newest; None where it is unknown."""
    value = curve.value_at(math.inf if x is None else x)
    return None if value is None or math.isnan(value) else value
