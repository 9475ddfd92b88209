"""A live chart with keys."""

from typing import ClassVar

from textual.binding import BindingType
from textual.reactive import reactive

from cnn_tui.ui.actions import CHART
from cnn_tui.ui.charts import LineChart


class MetricChart(LineChart, can_focus=True):
    """The loss or the accuracy of a run."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in CHART]

    modes: reactive[str] = reactive("", repaint=False, init=False)
    """How the metric is drawn, in words, for the title."""

    def __init__(self, metric: str, log_word: str) -> None:
        """Takes the name of the metric, and what its logarithmic axis is called."""
        super().__init__(id=metric)
        self.log_word = log_word

    def watch_modes(self, modes: str) -> None:
        """Puts them into the title."""
        self.border_title = f"{str(self.id).capitalize()} · {modes}"

    def action_move_cursor(self, columns: int) -> None:
        """Moves the value cursor."""
        self.move_cursor(columns)

    def action_cursor_to_start(self) -> None:
        """Moves the value cursor to the first value."""
        self.move_cursor_to_start()

    def action_cursor_to_end(self) -> None:
        """Moves the value cursor to the latest value."""
        self.move_cursor_to_end()

    def action_zoom_in(self) -> None:
        """Shows half as much."""
        self.zoom(0.5)

    def action_zoom_out(self) -> None:
        """Shows twice as much."""
        self.zoom(2)

    def action_pan(self, share: float) -> None:
        """Moves the view by a share of its width."""
        self.pan(share)

    def action_reset_view(self) -> None:
        """Shows everything."""
        self.reset_view()
