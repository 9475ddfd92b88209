"""Curves as dots: numpy in, numpy out, at most one stroke per column of dots."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from cnn_tui.ui.charts.axes import Axis
from cnn_tui.ui.charts.data import Band, Curve
from cnn_tui.ui.charts.extremes import FloatArray, IntArray

BoolArray: TypeAlias = NDArray[np.bool_]


def place(fractions: FloatArray, size: int) -> FloatArray:
    """Returns which of ``size`` places along an axis its fractions fall into.

    The first and last places are centred on 0 and 1.
    """
    return np.floor(0.5 + (size - 1) * fractions)


def stroke(
    curve: Curve, x_axis: Axis, y_axis: Axis, shape: tuple[int, int]
) -> BoolArray:
    """Returns the dots, of ``shape`` (rows, columns), of a curve's connected line.

    Each column is filled from the lowest to the highest value that the line has in
    it, so no spike is lost however many points there are.
    """
    rows, columns = shape
    low, high = _column_ranges(curve, x_axis, y_axis, columns)
    bottom, top = place(low, rows), place(high, rows)
    levels = np.arange(rows)[::-1, None]
    return (bottom <= levels) & (levels <= top)


def area(band: Band, x_axis: Axis, y_axis: Axis, shape: tuple[int, int]) -> BoolArray:
    """Returns which cells, of ``shape`` (rows, columns), lie in a band.

    What of it has no place on a logarithmic axis goes on to its lower end.
    """
    rows, columns = shape
    low, _ = _column_ranges(band.low, x_axis, y_axis, columns)
    _, high = _column_ranges(band.high, x_axis, y_axis, columns)
    bottom, top = place(np.nan_to_num(low), rows), place(high, rows)
    levels = np.arange(rows)[::-1, None]
    return (bottom <= levels) & (levels <= top)


def points(
    curve: Curve, x_axis: Axis, y_axis: Axis, shape: tuple[int, int]
) -> tuple[IntArray, IntArray]:
    """Returns the rows and columns, within ``shape``, of a curve's single points."""
    rows, columns = shape
    across = place(x_axis.fractions(curve.x), columns)
    up = place(y_axis.fractions(curve.y), rows)
    inside = (across >= 0) & (across < columns) & (up >= 0) & (up < rows)
    row = rows - 1 - up[inside].astype(np.int64)
    return row, across[inside].astype(np.int64)


def _column_ranges(
    curve: Curve, x_axis: Axis, y_axis: Axis, columns: int
) -> tuple[FloatArray, FloatArray]:
    """Returns the range of y, as fractions of its axis, per column; NaN for none."""
    edges = _column_edges(x_axis, columns)
    starts = curve.places(edges)
    crossings = _crossings(curve, y_axis, edges, starts)
    log = y_axis.scale == "log"
    lowest, highest = curve.extremes_between(starts[:-1], starts[1:], log=log)
    low, high = y_axis.fractions(lowest), y_axis.fractions(highest)
    for ends in (crossings[:-1], crossings[1:]):
        low, high = np.fmin(low, ends), np.fmax(high, ends)
    return low, high


def _column_edges(x_axis: Axis, columns: int) -> FloatArray:
    """Returns the ``columns`` + 1 values of x where columns begin and end."""
    fractions = (np.arange(columns + 1) - 0.5) / max(columns - 1, 1)
    return x_axis.low + fractions * (x_axis.high - x_axis.low)


def _crossings(
    curve: Curve, y_axis: Axis, edges: FloatArray, starts: IntArray
) -> FloatArray:
    """Returns where on the y axis the line crosses each edge; NaN where it does not."""
    if curve.x.size < 2:
        return np.full(edges.shape, np.nan)
    after = np.clip(starts, 1, curve.x.size - 1)
    x_before, x_after = curve.x[after - 1], curve.x[after]
    y_before = y_axis.fractions(curve.y[after - 1])
    y_after = y_axis.fractions(curve.y[after])
    within = (x_before <= edges) & (edges <= x_after) & (x_before < x_after)
    share = (edges - x_before) / np.where(within, x_after - x_before, 1.0)
    return np.where(within, y_before + share * (y_after - y_before), np.nan)
