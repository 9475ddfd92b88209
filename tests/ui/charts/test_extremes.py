"""Extremes by blocks: the picture is that of all rows, for a small part of the work."""

import math
import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.ui.charts.axes import Axis, Scale
from cnn_tui.ui.charts.data import ChartData, Curve, Limits
from cnn_tui.ui.charts.extremes import BLOCK_ROWS, Extremes, FloatArray, drawable
from cnn_tui.ui.charts.raster import stroke
from cnn_tui.ui.charts.scene import y_axis as y_axis_of

ODD = np.array([math.nan, math.inf, -math.inf, 0.0, -1.0, 1.0, 1e200, 1e-200])


def values_of(seed: int, count: int, share_odd: float) -> FloatArray:
    """Returns random values, some of which cannot be drawn, some in long gaps."""
    random = np.random.default_rng(seed)
    values = random.lognormal(sigma=2, size=count)
    values = np.where(
        random.random(count) < share_odd, random.choice(ODD, count), values
    )
    gap = random.integers(0, count + 1, 2)
    values[min(gap) : max(gap)] = random.choice(ODD)
    return values


def followed(values: FloatArray, cuts: list[int]) -> Extremes:
    """Returns extremes that have seen a row grow."""
    extremes = Extremes()
    for count in sorted(min(cut, len(values)) for cut in cuts):
        extremes.follow(values[:count])
    extremes.follow(values)
    return extremes


rows = st.builds(
    values_of,
    st.integers(0, 10**6),
    st.integers(0, 1500),
    st.sampled_from([0, 0.02, 0.9]),
)
cuts = st.lists(st.integers(0, 1500), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    rows, cuts, st.lists(st.integers(0, 1500), min_size=2, max_size=20), st.booleans()
)
def test_the_extremes_of_parts_are_those_of_all_their_rows(
    values: FloatArray, cuts: list[int], bounds: list[int], log: bool
) -> None:
    edges = np.minimum(np.sort(bounds), len(values))
    low, high = followed(values, cuts).between(values, edges[:-1], edges[1:], log=log)
    for start, stop, lowest, highest in zip(
        edges[:-1], edges[1:], low, high, strict=True
    ):
        part = drawable(values[start:stop], log=log)
        part = part[~np.isnan(part)]
        if part.size:
            assert (lowest, highest) == (part.min(), part.max())
        else:
            assert math.isnan(lowest) and math.isnan(highest)


@settings(max_examples=150, deadline=None)
@given(
    rows,
    cuts,
    st.sampled_from(["linear", "log", "error"]),
    st.tuples(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2)),
    st.integers(1, 60),
    st.integers(2, 90),
)
def test_the_picture_is_the_one_of_all_rows_to_the_dot(
    values: FloatArray,
    cuts: list[int],
    scale: Scale,
    view: Limits,
    height: int,
    width: int,
) -> None:
    x = np.cumsum(np.random.default_rng(len(values)).random(len(values)).round())
    low, high = sorted(view)
    end = x[-1] if x.size else 1.0
    x_axis = Axis(low=low * end, high=max(high * end, low * end + 1e-3))
    pictures = []
    for extremes in (None, followed(values, cuts)):
        curve = Curve("a", x, values, extremes=extremes)
        y_axis = y_axis_of(ChartData(curves=(curve,)), x_axis, None, scale)
        pictures.append((y_axis, stroke(curve, x_axis, y_axis, (height, width))))
    (axis, dots), (same_axis, same_dots) = pictures
    assert same_axis == axis
    np.testing.assert_array_equal(same_dots, dots)


def test_a_million_rows_cost_hardly_more_than_ten_thousand() -> None:
    random = np.random.default_rng(0)
    cpu_seconds = []
    for count in (10_000, 1_000_000):
        values, x = random.random(count), np.arange(float(count))
        curve = Curve("a", x, values, extremes=followed(values, []))
        x_axis, y_axis = Axis(low=0, high=2 * count), Axis(low=0, high=1)
        started = time.process_time()
        for _ in range(20):
            curve.span()
            stroke(curve, x_axis, y_axis, (60, 240))
        cpu_seconds.append(time.process_time() - started)
    # Measured: 1.7; going through all rows is 40 times as much.
    assert cpu_seconds[1] < 6 * cpu_seconds[0]


def test_only_whole_blocks_are_remembered() -> None:
    values = np.arange(3.0 * BLOCK_ROWS)
    extremes = Extremes()
    for count in range(0, len(values), 7):
        extremes.follow(values[:count])
    values[-3:] = 1e6  # of a block that is not whole yet
    [low], [high] = extremes.between(
        values, np.array([5]), np.array([len(values)]), log=False
    )
    assert (low, high) == (5, 1e6)
