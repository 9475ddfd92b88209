"""The panes of the dashboard: all at once where there is room, else one at a time."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.reactive import reactive
from textual.widget import Widget

from cnn_tui.ui.actions import PANES
from cnn_tui.ui.widgets.device_pane import DevicePane
from cnn_tui.ui.widgets.event_log import EventLog
from cnn_tui.ui.widgets.metric_chart import MetricChart
from cnn_tui.ui.widgets.pane_tabs import PaneTabs
from cnn_tui.ui.widgets.run_pane import RunPane

LEAST_WIDTH, LEAST_HEIGHT = 100, 26
"""Of a set of panes that are all shown at once."""


class Panes(Vertical):
    """Two charts on the left; device, run and events on the right."""

    BINDINGS: ClassVar[list[BindingType]] = [action.binding() for action in PANES]

    current: reactive[int] = reactive(0, init=False)
    """The pane that is shown where there is room for one."""

    is_zoomed: reactive[bool] = reactive(False, init=False, bindings=True)
    """Whether the current pane has all the room."""

    is_small: reactive[bool] = reactive(False, init=False, bindings=True)
    """Whether there is room for one pane only."""

    def compose(self) -> ComposeResult:
        """Makes the panes, and the tabs for when there is little room."""
        yield PaneTabs(("Loss", "Accuracy", "Device", "Run", "Events"))
        with Horizontal():
            with Vertical(id="charts"):
                yield MetricChart("loss", log_word="log y")
                yield MetricChart("accuracy", log_word="log error")
            with Vertical(id="side"):
                yield DevicePane()
                yield RunPane()
                yield EventLog()

    def on_mount(self) -> None:
        """Begins with the loss."""
        self.watch_current()

    @property
    def panes(self) -> list[Widget]:
        """All panes, in the order of the Tab key."""
        return [*self.query("#charts > *, #side > *").results(Widget)]

    @property
    def chart(self) -> MetricChart:
        """The chart that is looked at: the current pane, else the first."""
        current = self.panes[self.current]
        return (
            current if isinstance(current, MetricChart) else self.query(MetricChart)[0]
        )

    def show_modes(self) -> None:
        """Says how the current chart is drawn where its title is not shown."""
        current = self.panes[self.current]
        modes = current.modes if isinstance(current, MetricChart) else ""
        self.query_one(PaneTabs).note = modes

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides what has no meaning while there is room for one pane only."""
        return not (action.startswith("fold") and self._is_single)

    def action_next_pane(self) -> None:
        """Goes to the next pane that is not folded away."""
        self._move(1)

    def action_previous_pane(self) -> None:
        """Goes to the pane before."""
        self._move(-1)

    def action_zoom_pane(self) -> None:
        """Gives the current pane all the room, or takes it back."""
        self.is_zoomed = not self.is_zoomed

    def go_out(self) -> bool:
        """Takes back the cursor, the part in view, or the zoomed pane, one at a time.

        Returns whether there was one of them.
        """
        focused = self.screen.focused
        chart = focused if isinstance(focused, MetricChart) else None
        if chart and chart.cursor is not None:
            chart.cursor = None
        elif chart and chart.view is not None:
            chart.reset_view()
        elif self.is_zoomed:
            self.is_zoomed = False
        else:
            return False
        return True

    def action_fold_charts(self) -> None:
        """Hides the left side; never both."""
        self._fold("charts", other="side")

    def action_fold_side(self) -> None:
        """Hides the right side; never both."""
        self._fold("side", other="charts")

    def watch_is_zoomed(self, is_zoomed: bool) -> None:
        """Lets the style sheet do the work."""
        self.set_class(is_zoomed, "-zoomed")

    def watch_is_small(self, is_small: bool) -> None:
        """Lets the style sheet do the work."""
        self.set_class(is_small, "-small")

    def watch_current(self) -> None:
        """Shows and focuses the pane that is current now."""
        current = self.panes[self.current]
        widgets = self.query("#charts, #side, #charts > *, #side > *")
        for widget in widgets:
            is_current = widget in (current, current.parent)
            widget.set_class(is_current, "-current", update=False)
        self.app.stylesheet.update_nodes(widgets)  # at once: the next key is for it
        self.query_one(PaneTabs).current = self.current
        self.show_modes()
        self.screen.set_focus(current)

    def on_resize(self, event: events.Resize) -> None:
        """Shows one pane where there is no room for all."""
        width, height = event.size
        self.is_small = width < LEAST_WIDTH or height < LEAST_HEIGHT

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Makes the pane that was clicked on the current one.

        While panes are being hidden, Textual moves the focus for a moment to others
        that are about to be hidden, too.
        """
        panes, pane = self.panes, event.widget
        if pane in panes and not self._is_single and not self._is_folded(pane):
            self.current = panes.index(pane)

    @on(PaneTabs.Chosen)
    def _choose(self, message: PaneTabs.Chosen) -> None:
        self.current = message.index

    def _move(self, step: int) -> None:
        panes = self.panes
        index = (self.current + step) % len(panes)
        while self._is_folded(panes[index]):
            index = (index + step) % len(panes)
        self.current = index

    def _fold(self, side: str, other: str) -> None:
        self.remove_class(f"-no-{other}")
        self.toggle_class(f"-no-{side}")
        if self._is_folded(self.panes[self.current]):
            self._move(1)

    def _is_folded(self, pane: Widget) -> bool:
        if self._is_single or pane.parent is None:
            return False
        return self.has_class(f"-no-{pane.parent.id}")

    @property
    def _is_single(self) -> bool:
        return self.is_zoomed or self.is_small
