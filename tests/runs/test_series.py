"""Smoothing, thinning and finding rows, against plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from cnn_tui.runs import series
from cnn_tui.runs.series import Floats, Numbers, Smoothing

FACTORS = st.sampled_from([0.0, 0.3, 0.9, 0.999])
VALUES = hnp.arrays(
    np.float64,
    st.integers(0, 80),
    elements=st.floats(-100, 100) | st.sampled_from([math.nan, math.inf]),
)


def ascending(count: int, seed: int) -> Numbers:
    gaps = np.random.default_rng(seed).integers(1, 5, count)
    return np.cumsum(gaps).astype(np.int32)


def plainly_smoothed(steps: Numbers, values: Floats, factor: float) -> list[float]:
    """Returns the bias-corrected average, one row after the other."""
    total = weight = 0.0
    previous = None
    result = []
    for step, value in zip(steps.tolist(), values.tolist(), strict=True):
        if not math.isfinite(value):
            result.append(math.nan)
            continue
        decay = factor ** (1 if previous is None else step - previous)
        total = decay * total + (1 - decay) * value
        weight = decay * weight + (1 - decay)
        previous = step
        result.append(total / weight)
    return result


@settings(deadline=None, max_examples=80)
@given(values=VALUES, factor=FACTORS, seed=st.integers(0, 99), cut=st.integers(0, 80))
def test_smoothing_is_the_plain_recurrence_in_one_go_or_in_parts(
    values: Floats, factor: float, seed: int, cut: int
) -> None:
    steps = ascending(len(values), seed)
    expected = plainly_smoothed(steps, values, factor)
    whole, _ = series.smooth(steps, values, factor)
    np.testing.assert_allclose(whole, expected, rtol=1e-9, atol=1e-9)
    first, state = series.smooth(steps[:cut], values[:cut], factor)
    second, _ = series.smooth(steps[cut:], values[cut:], factor, state)
    np.testing.assert_allclose(
        np.concatenate([first, second]), expected, rtol=1e-9, atol=1e-9
    )


def test_smoothing_is_exact_over_many_rows() -> None:
    values = np.random.default_rng(0).normal(size=20_000)
    steps = np.arange(1, 20_001)
    smoothed, _ = series.smooth(steps, values, 0.99)
    expected = plainly_smoothed(steps, values, 0.99)
    np.testing.assert_allclose(smoothed, expected, rtol=1e-9, atol=1e-12)


def test_a_constant_stays_itself_from_its_first_row_on() -> None:
    smoothed, _ = series.smooth(np.arange(1, 9), np.full(8, 2.5), 0.99)
    np.testing.assert_allclose(smoothed, 2.5)


def test_smoothing_counts_updates_not_rows() -> None:
    steps = np.arange(1, 2001)
    values = np.exp(-steps / 500)
    dense, _ = series.smooth(steps, values, 0.98)
    sparse, _ = series.smooth(steps[9::10], values[9::10], 0.98)
    np.testing.assert_allclose(sparse[50:], dense[9::10][50:], rtol=0.02)


def test_no_rows_leave_the_average_where_it_was() -> None:
    state = Smoothing(total=1.0, weight=0.5, step=3)
    smoothed, after = series.smooth(np.array([4]), np.array([math.nan]), 0.9, state)
    assert math.isnan(smoothed[0])
    assert after == state


@settings(deadline=None, max_examples=80)
@given(values=VALUES, seed=st.integers(0, 99), columns=st.integers(1, 12))
def test_thinning_keeps_the_extremes_and_the_last_of_each_column(
    values: Floats, seed: int, columns: int
) -> None:
    x = ascending(len(values), seed)
    left, right = 5.0, 100.0
    cells: dict[int, list[float]] = {}
    for position, value in zip(x.tolist(), values.tolist(), strict=True):
        if left <= position <= right:
            cell = int((position - left) * (columns / (right - left)))
            cells.setdefault(min(cell, columns - 1), []).append(value)
    finite = {
        cell: [value for value in found if math.isfinite(value)] or [math.nan]
        for cell, found in cells.items()
    }
    place, low, high = series.envelope(x, values, left, right, columns)
    assert place.tolist() == sorted(cells)
    np.testing.assert_array_equal(low, [min(finite[cell]) for cell in sorted(cells)])
    np.testing.assert_array_equal(high, [max(finite[cell]) for cell in sorted(cells)])
    place, last = series.last_per_column(x, values, left, right, columns)
    assert place.tolist() == sorted(cells)
    np.testing.assert_array_equal(last, [finite[cell][-1] for cell in sorted(cells)])


def test_a_time_that_is_unknown_or_runs_backwards_is_drawn_all_the_same() -> None:
    x = np.array([0.0, 9.0, math.nan, 1.0, 10.0])
    place, low, high = series.envelope(x, np.arange(5.0), 0, 10, 10)
    assert place.tolist() == [0, 9]
    assert (low.tolist(), high.tolist()) == ([0, 1], [0, 4])


@pytest.mark.parametrize(
    ("position", "index"), [(-5, 0), (2.9, 0), (3, 0), (3.1, 1), (4, 1), (99, 2)]
)
def test_the_cursor_finds_the_nearest_row(position: float, index: int) -> None:
    assert series.nearest(np.array([2, 4, 8]), position) == index


def test_the_cursor_finds_nothing_in_nothing() -> None:
    assert series.nearest(np.empty(0), 1) is None
