"""One moment of a chart: what it shows and the part of it that is in view."""

import math
from dataclasses import dataclass

import numpy as np

from cnn_tui.ui.charts import axes, raster
from cnn_tui.ui.charts.axes import Axis, Scale
from cnn_tui.ui.charts.cells import Ink
from cnn_tui.ui.charts.data import WITH_POINTS, Band, ChartData, Curve, Limits, Mark
from cnn_tui.ui.charts.markers import MARKERS, Marker, MarkerName

_FINEST = 0.999


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
        return all(curve.span() is None for curve in self.data.curves)

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


def band_ink(band: Band) -> Ink:
    """Returns the ink of a band: that of its curve, dim."""
    return Ink["RAW_" + band.low.role.upper()]


def mark_ink(mark: Mark) -> Ink:
    """Returns the ink of a mark: its role's."""
    return Ink[mark.role.upper()]


def whole_x_axis(data: ChartData, previous: Axis | None) -> Axis:
    """Returns the axis of all x: the limits given with the data, or round ones."""
    low, high = data.x_limits or (0.0, 0.0)
    if low < high and math.isfinite(high - low):
        return Axis(low=low, high=high, kind=data.x_kind)
    ends = [(curve.x[0], curve.x[-1]) for curve in data.curves if curve.x.size]
    return axes.steady_axis(previous, axes.joint_span(ends), data.x_kind)


def y_axis(data: ChartData, x_axis: Axis, previous: Axis | None, scale: Scale) -> Axis:
    """Returns an axis for the values in view, ``previous`` as long as it serves."""
    edges = [edge for band in data.bands for edge in (band.low, band.high)]
    curves = [*data.curves, *edges]
    spans = [_span(curve, x_axis.limits, scale) for curve in curves]
    return axes.steady_axis(previous, axes.joint_span(spans), data.y_kind, scale)


def _span(curve: Curve, limits: Limits, scale: Scale) -> Limits | None:
    """Returns which values of a curve the axis has to hold.

    By error, an average over perfect batches would take the axis down to nothing; so
    more than 99.9 % has its place only where it was counted, as in evaluations.
    """
    span = curve.span(limits, log=scale == "log")
    if span is None or scale != "error" or (curve.style in WITH_POINTS and span[1] < 1):
        return span
    return min(span[0], _FINEST), min(span[1], _FINEST)
