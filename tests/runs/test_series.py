"""Smoothing, against a plain loop."""

import math

import numpy as np
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
