"""One moment of a chart: what it shows and the part of it that is in view."""

import math
from dataclasses import dataclass

import numpy as np

from cnn_tui.ui.charts import axes, raster
from cnn_tui.ui.charts.axes import Axis
from cnn_tui.ui.charts.cells import Ink
from cnn_tui.ui.charts.data import ChartData, Curve, Mark
from cnn_tui.ui.charts.markers import MARKERS, Marker, MarkerName


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The data, the axes that are in view, the value cursor, the kind of glyphs."""

    data: ChartData
    x_axis: Axis
    y_axis: Axis
    cursor: float | None = None
    marker_name: MarkerName = "braille"

    @property
    def marker(self) -> Marker:
        """The glyphs that curves are drawn with."""
        return MARKERS[self.marker_name]

    @property
    def is_empty(self) -> bool:
        """Whether no curve has a finite value."""
        return not any(np.isfinite(curve.y).any() for curve in self.data.curves)

    def cursor_column(self, width: int) -> int | None:
        """Returns the column, of ``width``, of the cursor; None for not in view."""
        if self.cursor is None:
            return None
        column = raster.place(self.x_axis.fractions(np.array([self.cursor])), width)[0]
        return int(column) if 0 <= column < width else None

    def marks_in_view(self, width: int) -> list[tuple[int, Mark]]:
        """Returns the marks in view, in order, with their columns of ``width``."""
        marks = self.data.marks
        places = self.x_axis.fractions(np.array([mark.x for mark in marks]))
        columns = raster.place(places, width)
        inside = np.flatnonzero((columns >= 0) & (columns < width))
        return [(int(columns[index]), marks[index]) for index in inside.tolist()]


def curve_ink(curve: Curve) -> Ink:
    """Returns the ink of a curve: its role's, dim where it is raw."""
    prefix = "RAW_" if curve.style == "raw" else ""
    return Ink[prefix + curve.role.upper()]


def mark_ink(mark: Mark) -> Ink:
    """Returns the ink of a mark: its role's."""
    return Ink[mark.role.upper()]


def whole_x_axis(data: ChartData, previous: Axis | None) -> Axis:
    """Returns the axis of all x: the limits given with the data, or round ones."""
    low, high = data.x_limits or (0.0, 0.0)
    if low < high and math.isfinite(high - low):
        return Axis(low=low, high=high, kind=data.x_kind)
    span = axes.span_of([curve.x for curve in data.curves], log=False)
    return axes.steady_axis(previous, span, data.x_kind)


def y_axis(data: ChartData, x_axis: Axis, previous: Axis | None, *, log: bool) -> Axis:
    """Returns an axis for the values in view, ``previous`` as long as it serves."""
    visible = [curve.values_between(*x_axis.limits) for curve in data.curves]
    span = axes.span_of(visible, log=log)
    return axes.steady_axis(previous, span, data.y_kind, log=log)
