"""The raster: every value of a curve is drawn, connected, and nothing else."""

import math
import time
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.ui.charts.axes import Axis, Scale, round_axis
from cnn_tui.ui.charts.data import Curve
from cnn_tui.ui.charts.extremes import FloatArray
from cnn_tui.ui.charts.raster import BoolArray, points, stroke

UNIT = Axis(low=0, high=1)


def dots(
    x: list[float], y: list[float], rows: int, columns: int, y_axis: Axis = UNIT
) -> list[str]:
    curve = Curve("a", np.array(x), np.array(y))
    mask = stroke(curve, UNIT, y_axis, (rows, columns))
    return ["".join("#" if dot else "." for dot in row) for row in mask]


def test_a_straight_line_goes_from_corner_to_corner() -> None:
    assert dots([0, 1], [0, 1], 3, 9) == ["......###", "..#####..", "###......"]
    assert dots([0, 1], [1, 0], 5, 2) == ["#.", "#.", "##", ".#", ".#"]


def test_a_level_line_is_one_dot_high() -> None:
    assert dots([0, 1], [0.5, 0.5], 3, 5) == [".....", "#####", "....."]


def test_a_spike_within_a_column_is_kept() -> None:
    x = np.linspace(0, 1, 1001)
    y = np.where(np.arange(1001) == 500, 1.0, 0.0)
    drawn = dots(x.tolist(), y.tolist(), 3, 5)
    assert drawn == ["..#..", "..#..", "#####"]


def test_values_that_are_not_finite_are_gaps() -> None:
    x = [0.0, 0.2, 0.4, 0.5, 0.6, 0.8, 1.0]
    y = [0.0, 0.0, 0.0, math.nan, 0.0, 0.0, math.inf]
    assert dots(x, y, 1, 21) == ["#########...#####...."]


def test_a_single_point_between_gaps_is_drawn() -> None:
    assert dots([0, 0.5, 1], [math.nan, 0, math.nan], 1, 3) == [".#."]


def test_a_log_axis_leaves_out_zero_and_below() -> None:
    axis = Axis(low=0.01, high=1, scale="log")
    assert dots([0, 0.5, 1], [0.1, 0, -1], 3, 3, axis) == ["...", "#..", "..."]


def test_a_line_that_leaves_the_view_is_cut_at_its_edge() -> None:
    assert dots([-1, 0.5, 2], [0, 0.5, 0], 3, 5) == [".....", "#####", "....."]
    assert dots([-2, -1], [0, 1], 3, 5) == ["....."] * 3


@pytest.mark.parametrize(("x", "y"), [([], []), ([0.5], [math.nan])])
def test_a_curve_without_values_is_not_drawn(x: list[float], y: list[float]) -> None:
    assert dots(x, y, 2, 2) == ["..", ".."]


def is_connected(mask: BoolArray) -> bool:
    """Tells whether the dots of neighbouring columns touch, at least by a corner."""
    spans = [np.flatnonzero(column) for column in mask.T]
    return all(
        a.size and b.size and a[0] <= b[-1] + 1 and b[0] <= a[-1] + 1
        for a, b in pairwise(spans)
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e30, 1e30), min_size=2, max_size=60),
    st.integers(1, 40),
    st.integers(2, 40),
)
def test_any_line_is_connected_and_shows_each_point(
    values: list[float], rows: int, columns: int
) -> None:
    y = np.array(values)
    curve = Curve("a", np.linspace(0, 1, len(values)), y)
    axis = round_axis(curve.span(), "number")
    mask = stroke(curve, UNIT, axis, (rows, columns))
    assert is_connected(mask)
    for row, column in zip(*points(curve, UNIT, axis, (rows, columns)), strict=True):
        assert mask[row, max(0, column - 1) : column + 2].any()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30),
    st.sampled_from(["linear", "log", "error"]),
    st.integers(1, 12),
    st.integers(1, 12),
)
def test_no_values_are_too_odd(
    values: list[float], scale: Scale, rows: int, columns: int
) -> None:
    y: FloatArray = np.array(values, dtype=np.float64)
    curve = Curve("a", np.arange(float(len(values))), y)
    x_axis = round_axis((0, len(values)), "count")
    y_axis = round_axis(curve.span(log=scale == "log"), "number", scale)
    assert stroke(curve, x_axis, y_axis, (rows, columns)).shape == (rows, columns)
    row, column = points(curve, x_axis, y_axis, (rows, columns))
    assert ((row >= 0) & (row < rows) & (column >= 0) & (column < columns)).all()


def test_points_are_where_ticks_would_be() -> None:
    curve = Curve("a", np.array([0, 0.5, 1, 2, -1]), np.array([0, 0.5, 1, 0, 0]))
    row, column = points(curve, UNIT, UNIT, (3, 5))
    assert (row.tolist(), column.tolist()) == ([2, 1, 0], [0, 2, 4])


def test_many_points_take_a_few_milliseconds() -> None:
    random = np.random.default_rng(0)
    curve = Curve("a", np.linspace(0, 1, 100_000), random.random(100_000))
    started = time.process_time()
    for _ in range(10):
        stroke(curve, UNIT, UNIT, (120, 200))
    assert (time.process_time() - started) / 10 < 0.02  # measured: 0.0005
