"""The loss at higher and higher learning rates, as it comes, and a rate to take."""

import time
from contextlib import aclosing
from typing import ClassVar

from msgspec.structs import replace
from textual import work
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from cnn_tui.datasets.facts import data_folder
from cnn_tui.errors import CnnTuiError
from cnn_tui.host.process import absolute
from cnn_tui.preflight.client import measure
from cnn_tui.preflight.messages import FindRate, RatePoint, RatesTried
from cnn_tui.preflight.rates import Suggestion, suggest
from cnn_tui.text import printable
from cnn_tui.ui.actions import RATES
from cnn_tui.ui.backend import Backend
from cnn_tui.ui.charts import MarkerName
from cnn_tui.ui.rate_curve import rate_chart, verdict_lines
from cnn_tui.ui.rates_requested import RatesRequested
from cnn_tui.ui.screens.disturbing import may_disturb
from cnn_tui.ui.type_ahead import READING
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.metric_chart import MetricChart

_DRAW_SECONDS = 0.1
_WAITING = "a process loads the data and begins at the lowest rate…"
_NONE = "no rate is suggested: ← → move a cursor to one"


class RatesScreen(Screen[float | None]):
    """Follows a range test; returns the rate that is taken."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in RATES]

    def __init__(self, request: FindRate, title: str, marker: MarkerName) -> None:
        """Asks what ``request`` says of what is called ``title``."""
        super().__init__()
        self._request = request
        self._title = title
        self._marker = marker
        self._tried: RatesTried | None = None
        self._points: list[RatePoint] = []
        self.found: Suggestion | None = None
        """What the whole curve suggests."""

    def compose(self) -> ComposeResult:
        """Makes the title, the chart, the verdict and the keys."""
        yield Lines(id="title")
        yield MetricChart("loss", "log")
        yield Lines(id="verdict")
        yield KeyBar()

    def on_mount(self) -> None:
        """Begins."""
        title = f" · {printable(self._title)}"
        self.query_one("#title", Lines).show(
            [Content.styled("Learning rate", "bold $accent") + Content(title)]
        )
        chart = self.query_one(MetricChart)
        chart.marker = self._marker
        chart.modes = "of each batch, by the rate it is trained on with"
        chart.focus()
        self.query_one("#verdict", Lines).hanging_indent = 0
        self._say(_WAITING)
        self._follow()

    @work(group=READING)
    async def _follow(self) -> None:
        drawn_at = 0.0
        try:
            async with aclosing(measure(self._request)) as lines:
                async for line in lines:
                    if isinstance(line, RatesTried):
                        self._tried = line
                        self._say(f"trying rates on {line.device}…")
                    elif isinstance(line, RatePoint):
                        self._points.append(line)
                    if time.monotonic() - drawn_at >= _DRAW_SECONDS:
                        self._draw()
                        drawn_at = time.monotonic()
            self._conclude()
        except CnnTuiError as error:
            self._say(str(error), "$text-error")

    def _conclude(self) -> None:
        self.found = suggest(self._points)
        self._draw()
        if self._tried is not None:
            lines = verdict_lines(self._tried, self.found)
            self.query_one("#verdict", Lines).show(lines)

    def action_take(self) -> None:
        """Returns the rate at the cursor, else the suggested one."""
        cursor = self.query_one(MetricChart).cursor
        if cursor is not None:
            self.dismiss(float(f"{10**cursor:.2g}"))
        elif self.found is not None and self.found.rate is not None:
            self.dismiss(self.found.rate)
        elif self.found is not None:
            self.notify(_NONE)

    def action_back(self) -> None:
        """Takes the cursor away, then leaves; the process ends."""
        chart = self.query_one(MetricChart)
        if chart.cursor is not None:
            chart.cursor = None
        else:
            self.dismiss(None)

    def _draw(self) -> None:
        data = rate_chart(self._tried, self._points, self.found)
        self.query_one(MetricChart).set_data(data)

    def _say(self, text: str, style: str = "$foreground 60%") -> None:
        self.query_one("#verdict", Lines).show([Content.styled(text, style)])


async def find_rate(
    app: App[int], asked: RatesRequested, backend: Backend, marker: MarkerName
) -> None:
    """Shows the screen, and hands on the rate that was taken.

    Where a run trains on this machine it asks first: both would be slower.
    """
    slows = "Trying rates slows it down for some seconds."
    if not await may_disturb(
        app, backend.runs_folder, slows, {"l": "try them all the same"}
    ):
        return
    data_dir = str(absolute(data_folder(backend.data_dir)))
    request = replace(asked.request, data_dir=data_dir)
    screen = RatesScreen(request, asked.title, marker)
    if (rate := await app.push_screen_wait(screen)) is not None:
        asked.take(rate)
