"""The live chart: a widget that sends only those cells that changed."""

from dataclasses import dataclass, replace
from typing import ClassVar

from rich.style import Style
from textual.app import ComposeResult
from textual.events import MouseEvent
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from cnn_tui.ui.charts.axes import Axis, Scale
from cnn_tui.ui.charts.cells import Cells, Ink
from cnn_tui.ui.charts.chart_slice import ChartSlice
from cnn_tui.ui.charts.data import ChartData, Limits
from cnn_tui.ui.charts.drawing import draw, lay_out
from cnn_tui.ui.charts.markers import MarkerName
from cnn_tui.ui.charts.scene import Scene, whole_x_axis, y_axis
from cnn_tui.ui.charts.viewport import panned, showing, zoomed

_NUM_SLICES = 4


def component_class(ink: Ink) -> str:
    """Returns the component class that an ink is styled by: "line-chart--raw-first"."""
    return f"line-chart--{ink.name.lower().replace('_', '-')}"


class LineChart(Widget):
    """Curves over x with axes, a legend and a value cursor.

    Give it new data with ``set_data``; it redraws what differs and nothing else.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {component_class(ink) for ink in Ink}

    # The series are the colours of Okabe and Ito (jfly.uni-koeln.de/color), which
    # people with any kind of colour vision tell apart; the darker of each for light
    # themes. No theme has such variables.
    DEFAULT_CSS = """
    LineChart {
        layout: horizontal;
        width: 1fr;
        height: 1fr;
        & > .line-chart--axis { color: $foreground 45%; }
        & > .line-chart--grid { color: $foreground 18%; }
        & > .line-chart--tick { color: $foreground 70%; }
        & > .line-chart--text { color: $foreground 70%; }
        & > .line-chart--value { color: $foreground; text-style: bold; }
        & > .line-chart--cursor { color: $foreground; }
        & > .line-chart--first { color: #56b4e9; }
        & > .line-chart--second { color: #e69f00; }
        & > .line-chart--third { color: #009e73; }
        & > .line-chart--fourth { color: #cc79a7; }
        & > .line-chart--fifth { color: #f0e442; }
        & > .line-chart--sixth { color: $foreground; }
        & > .line-chart--raw-first { color: #56b4e9 50%; }
        & > .line-chart--raw-second { color: #e69f00 50%; }
        & > .line-chart--raw-third { color: #009e73 50%; }
        & > .line-chart--raw-fourth { color: #cc79a7 50%; }
        & > .line-chart--raw-fifth { color: #f0e442 50%; }
        & > .line-chart--raw-sixth { color: $foreground 50%; }
        & > .line-chart--note { color: $foreground 85%; }
        & > .line-chart--warning { color: $text-warning; }
        & > .line-chart--error { color: $text-error; text-style: bold; }
        &:light > .line-chart--first { color: #0072b2; }
        &:light > .line-chart--second { color: #d55e00; }
        &:light > .line-chart--fifth { color: #aa3377; }
        &:light > .line-chart--raw-fifth { color: #aa3377 50%; }
        &:light > .line-chart--raw-first { color: #0072b2 50%; }
        &:light > .line-chart--raw-second { color: #d55e00 50%; }
    }
    """

    log_y: reactive[bool] = reactive(False, repaint=False, init=False)
    """Whether the y axis is logarithmic; for percentages in what is missing to 100."""

    marker: reactive[MarkerName] = reactive("braille", repaint=False, init=False)
    """The glyphs that curves are drawn with."""

    view: reactive[Limits | None] = reactive(None, repaint=False, init=False)
    """The part of the x axis that is shown; None for all of it."""

    cursor: reactive[float | None] = reactive(None, repaint=False, init=False)
    """The x whose values are read out; None for no cursor."""

    @dataclass
    class CursorMoved(Message):
        """The value cursor is at another x, or gone."""

        chart: "LineChart"
        x: float | None

        @property
        def control(self) -> "LineChart":
            """The chart whose cursor it is."""
            return self.chart

    _data = ChartData()
    _whole_x = whole_x_axis(_data, None)
    _y_axis: Axis | None = None
    _cells = Cells.blank(0, 0)
    _plot_left = 0
    _plot_width = 0
    _follows_mouse = False

    def set_data(self, data: ChartData) -> None:
        """Shows other data; the view is kept as long as x means the same."""
        same_x = (data.x_label, data.x_kind) == (self._data.x_label, self._data.x_kind)
        self._data = data
        self._whole_x = whole_x_axis(data, self._whole_x if same_x else None)
        if not same_x:
            self.view = self.cursor = None
        elif self.view is not None:
            whole = self._whole_x.limits
            self._show(zoomed(self.view, whole, factor=1.0, centre=self.view[0]))
        self._redraw()

    def zoom(self, factor: float) -> None:
        """Shows ``factor`` times as much of x, around the cursor or the middle."""
        low, high = view = self._x_axis.limits
        centre = (low + high) / 2
        if self.cursor is not None and low <= self.cursor <= high:
            centre = self.cursor
        self._show(zoomed(view, self._whole_x.limits, factor=factor, centre=centre))

    def pan(self, share: float) -> None:
        """Moves the view right by a share of its width; left where it is negative."""
        self._show(panned(self._x_axis.limits, self._whole_x.limits, share=share))

    def reset_view(self) -> None:
        """Shows all of x again."""
        self.view = None

    def move_cursor(self, columns: int) -> None:
        """Moves the cursor by columns; a new one appears at the latest value."""
        if self.cursor is None:
            self.move_cursor_to_end()
            return
        low, high = self._x_axis.limits
        distance = (high - low) / max(1, self._plot_width - 1)
        if self._data.x_kind == "count":
            distance = max(1.0, distance)
        self._move_cursor_to(self.cursor + columns * distance)

    def move_cursor_to_start(self) -> None:
        """Moves the cursor to the first value."""
        starts = [curve.x[0] for curve in self._data.curves if curve.x.size]
        if starts:
            self._move_cursor_to(float(min(starts)))

    def move_cursor_to_end(self) -> None:
        """Moves the cursor to the latest value."""
        ends = [curve.x[-1] for curve in self._data.curves if curve.x.size]
        if ends:
            self._move_cursor_to(float(max(ends)))

    def compose(self) -> ComposeResult:
        """Divides the chart into slices."""
        for _ in range(_NUM_SLICES):
            yield ChartSlice(self._current_cells, self._style_of)

    def watch_log_y(self) -> None:
        """Draws the curves on the other scale."""
        self._redraw()

    def watch_marker(self) -> None:
        """Draws the curves with other glyphs."""
        self._redraw()

    def watch_view(self) -> None:
        """Draws the part that is in view, on a y axis that fits it."""
        self._y_axis = None
        self._redraw()

    def watch_cursor(self, cursor: float | None) -> None:
        """Draws the cursor and tells of it."""
        self._redraw()
        self.post_message(self.CursorMoved(self, cursor))

    def on_resize(self) -> None:
        """Refreshes all slices, those too that are where they were."""
        for part in self.query_children(ChartSlice):
            part.refresh()

    def on_mouse_move(self, event: MouseEvent) -> None:
        """Takes the cursor along."""
        self._follows_mouse = True
        self._point_at(event)

    def on_click(self, event: MouseEvent) -> None:
        """Leaves the cursor where it is when the mouse goes elsewhere."""
        self._follows_mouse = False
        self._point_at(event)

    def on_leave(self) -> None:
        """Takes the cursor away with the mouse that brought it."""
        if self._follows_mouse and not self.is_mouse_over:
            self.cursor = None

    def _redraw(self) -> None:
        """Draws the chart anew and refreshes the cells that are not as they were."""
        old, self._cells = self._cells, self._draw()
        if old.size == self._cells.size:
            for part in self.query_children(ChartSlice):
                part.refresh_changes(self._cells, old)

    def _current_cells(self) -> Cells:
        """Returns the chart as drawn last, or drawn anew after a change of size."""
        if self._cells.size != self.content_size:
            self._cells = self._draw()
        return self._cells

    def _style_of(self, ink: Ink) -> Style:
        return self.get_component_rich_style(component_class(ink))

    def _draw(self) -> Cells:
        width, height = self.content_size
        x_axis = self._x_axis
        self._y_axis = y_axis(self._data, x_axis, self._y_axis, self._scale)
        scene = Scene(
            data=self._data,
            x_axis=x_axis,
            y_axis=self._y_axis,
            cursor=self.cursor,
            marker_name=self.marker,
        )
        layout = lay_out(scene, width, height)
        self._plot_left, self._plot_width = layout.frame.left, layout.frame.width
        return draw(scene, layout, width, height)

    @property
    def _scale(self) -> Scale:
        if not self.log_y:
            return "linear"
        return "error" if self._data.y_kind == "percent" else "log"

    @property
    def _x_axis(self) -> Axis:
        low, high = self.view or self._whole_x.limits
        return replace(self._whole_x, low=low, high=high)

    def _show(self, view: Limits) -> None:
        self.view = None if view == self._whole_x.limits else view

    def _move_cursor_to(self, x: float) -> None:
        """Puts the cursor at ``x``, or as near as the axis goes, and shows it."""
        low, high = self._whole_x.limits
        x = min(max(x, low), high)
        if self.view is not None:
            self.view = showing(x, self.view, self._whole_x.limits)
        self.cursor = float(round(x)) if self._data.x_kind == "count" else x

    def _point_at(self, event: MouseEvent) -> None:
        """Puts the cursor under the mouse, where that is over the curves."""
        column = int(event.screen_x) - self.content_region.x - self._plot_left
        if 0 <= column < self._plot_width:
            fraction = column / max(1, self._plot_width - 1)
            self._move_cursor_to(self._x_axis.value_at(fraction))
