"""Axes: round limits that hold still, ticks and values as people write them."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnn_tui.ui.charts.axes import (
    Axis,
    Scale,
    joint_span,
    round_axis,
    steady_axis,
    ticks,
)
from cnn_tui.ui.charts.axes import value_text as text_of
from cnn_tui.ui.charts.data import Kind, Limits

values = st.floats(-1e30, 1e30)
positive = st.floats(1e-30, 1e30)
kinds = st.sampled_from(["number", "count", "percent", "duration"])


def labels(axis: Axis, most: int = 7) -> list[str]:
    return [tick.label for tick in ticks(axis, most)]


@pytest.mark.parametrize(
    ("limits", "kind", "expected"),
    [
        ((0, 3000), "count", "0|500|1,000|1,500|2,000|2,500|3,000"),
        ((0, 1.5e6), "count", "0|0.5 M|1 M|1.5 M"),
        ((0, 5), "number", "0|1|2|3|4|5"),
        ((0, 2.5), "number", "0.0|0.5|1.0|1.5|2.0|2.5"),
        ((-3, 2), "number", "-3|-2|-1|0|1|2"),
        ((0, 1e-9), "number", "0|2e-10|4e-10|6e-10|8e-10|1e-9"),
        ((0, 1), "percent", "0 %|20 %|40 %|60 %|80 %|100 %"),
        ((0.971, 0.973), "percent", "97.10 %|97.15 %|97.20 %|97.25 %|97.30 %"),
        ((-4, 1), "power", "0.0001|0.001|0.01|0.1|1|10"),
        ((0, 120), "duration", "0:00|0:30|1:00|1:30|2:00"),
        ((0, 10_800), "duration", "0:00|30:00|1:00:00|1:30:00|2:00:00|2:30:00|3:00:00"),
    ],
)
def test_linear_ticks_are_round(limits: Limits, kind: Kind, expected: str) -> None:
    axis = Axis(low=limits[0], high=limits[1], kind=kind)
    assert labels(axis) == expected.split("|")


@pytest.mark.parametrize(
    ("limits", "most", "expected"),
    [
        ((0.05, 2), 7, "0.05|0.1|0.2|0.5|1|2"),
        ((0.02, 5), 7, "0.05|0.1|0.5|1|5"),
        ((0.02, 5), 3, "0.1|1"),
        ((1e-6, 1e6), 13, "1e-6|1e-5|0.0001|0.001|0.01|0.1|1|10|100|1000|10000|"),
        ((1e-30, 1e30), 4, "1e-30|1e-14|100|1e18"),
    ],
)
def test_log_ticks_are_1_2_5_or_decades(
    limits: Limits, most: int, expected: str
) -> None:
    axis = Axis(low=limits[0], high=limits[1], scale="log")
    assert "|".join(labels(axis, most)).startswith(expected)


@settings(max_examples=100, deadline=None)
@given(values, values, kinds, st.integers(1, 30))
def test_ticks_are_few_distinct_and_on_the_axis(
    a: float, b: float, kind: Kind, most: int
) -> None:
    axis = round_axis((min(a, b), max(a, b)), kind)
    found = ticks(axis, most)
    assert len(found) <= most
    assert all(-1e-6 <= tick.fraction <= 1 + 1e-6 for tick in found)
    fractions = [tick.fraction for tick in found]
    assert fractions == sorted(set(fractions))
    if kind == "number":
        assert len({tick.label for tick in found}) == len(found)


@settings(max_examples=100, deadline=None)
@given(positive, positive, st.integers(2, 30))
def test_log_ticks_are_few_and_on_the_axis(a: float, b: float, most: int) -> None:
    axis = round_axis((min(a, b), max(a, b)), "number", scale="log")
    found = ticks(axis, most)
    assert 1 <= len(found) <= most
    assert all(-1e-6 <= tick.fraction <= 1 + 1e-6 for tick in found)


@settings(max_examples=100, deadline=None)
@given(values, values, kinds)
def test_a_round_axis_holds_its_values(a: float, b: float, kind: Kind) -> None:
    low, high = sorted((a, b))
    axis = round_axis((low, high), kind)
    slack = 1e-6 * (axis.high - axis.low)
    assert axis.low < axis.high
    assert axis.low - slack <= low <= high <= axis.high + slack


@settings(max_examples=100, deadline=None)
@given(positive, positive)
def test_a_round_log_axis_holds_its_values(a: float, b: float) -> None:
    low, high = sorted((a, b))
    axis = round_axis((low, high), "number", scale="log")
    assert 0 < axis.low < axis.high
    assert axis.fraction(low) >= -1e-6
    assert axis.fraction(high) <= 1 + 1e-6


@pytest.mark.parametrize("scale", ["linear", "log", "error"])
def test_an_axis_without_values_is_there_all_the_same(scale: Scale) -> None:
    axis = round_axis(None, "number", scale)
    assert axis.low < axis.high


@pytest.mark.parametrize("accuracy", [0.0, 0.5, 1.0])
def test_a_constant_share_stays_between_0_and_100_percent(accuracy: float) -> None:
    axis = round_axis((accuracy, accuracy), "percent")
    assert 0 <= axis.low < axis.high <= 1


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 1))
def test_a_place_on_the_axis_leads_back_to_its_value(
    a: float, b: float, share: float
) -> None:
    assume(abs(a - b) > 1e-3)
    axis = Axis(low=min(a, b), high=max(a, b))
    assert axis.fraction(axis.value_at(share)) == pytest.approx(share, abs=1e-6)


def test_a_log_axis_has_no_place_for_zero_and_below() -> None:
    axis = Axis(low=0.1, high=10, scale="log")
    fractions = axis.fractions(np.array([0.1, 1, 10, 0, -1, np.nan, np.inf]))
    assert fractions[:3] == pytest.approx([0, 0.5, 1])
    assert np.isnan(fractions[3:]).all()


def test_a_steady_axis_moves_only_when_it_must() -> None:
    first = steady_axis(None, (0.0, 2.3), "number")
    assert first.limits == (0, 2.5)
    assert steady_axis(first, (0.0, 2.45), "number") is first
    assert steady_axis(first, (0.1, 1.4), "number") is first
    assert steady_axis(first, None, "number") is first
    assert steady_axis(first, (0.0, 2.6), "number").limits == (0, 3)
    assert steady_axis(first, (0.0, 0.9), "number").limits == (0, 1)
    assert steady_axis(first, (0.1, 2.3), "number", scale="log").scale == "log"


def test_a_falling_loss_moves_its_axis_a_few_times_only() -> None:
    axis, seen = None, set()
    for step in range(1, 3000):
        axis = steady_axis(
            axis, (2.3 * math.exp(-step / 500), 2.3), "number", scale="log"
        )
        seen.add(axis.limits)
    assert len(seen) <= 9


def test_spans_are_joined() -> None:
    assert joint_span([(0, 2), None, (-1, 1)]) == (-1, 2)
    assert joint_span([None]) is None
    assert joint_span([]) is None


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0.1, 0.9908), "0 %|50 %|80 %|90 %|95 %|98 %|99 %|99.5 %"),
        ((0.1, 0.89), "0 %|50 %|80 %|90 %"),
        ((0.96, 0.9993), "95 %|98 %|99 %|99.5 %|99.8 %|99.9 %|99.95 %"),
    ],
)
def test_accuracy_by_error_has_the_range_that_matters(
    span: Limits, expected: str
) -> None:
    axis = round_axis(span, "percent", "error")
    assert labels(axis, most=8) == expected.split("|")


def test_by_error_each_tenth_of_the_error_is_as_high() -> None:
    axis = Axis(low=0, high=0.999, kind="percent", scale="error")
    assert axis.fractions(np.array([0, 0.9, 0.99, 0.999])) == pytest.approx(
        [0, 1 / 3, 2 / 3, 1]
    )
    assert axis.value_at(1 / 3) == pytest.approx(0.9)
    assert labels(axis, most=4) == ["0 %", "90 %", "99 %", "99.9 %"]


def test_by_error_perfect_is_at_the_top_and_nothing_above_it() -> None:
    axis = Axis(low=0, high=0.99, kind="percent", scale="error")
    found = axis.fractions(np.array([0.99, 0.9999, 1.0, 1.5, np.nan, np.inf]))
    assert found[:4].tolist() == [1, 1, 1, 1]
    assert np.isnan(found[4:]).all()


@settings(max_examples=100, deadline=None)
@given(st.floats(-10, 1), st.floats(-10, 1), st.integers(2, 30))
def test_an_axis_by_error_holds_its_values_and_has_ticks(
    a: float, b: float, most: int
) -> None:
    low, high = sorted((a, b))
    axis = round_axis((low, high), "percent", "error")
    assert axis.low < axis.high
    assert axis.low <= low + 1e-9
    assert axis.fraction(high) <= 1
    found = ticks(axis, most)
    assert 1 <= len(found) <= most
    fractions = [tick.fraction for tick in found]
    assert fractions == sorted(fractions)


def test_a_rising_accuracy_moves_its_axis_a_few_times_only() -> None:
    axis, seen = None, set()
    for step in range(1, 3000):
        best = 0.993 - 0.893 * math.exp(-step / 300)
        axis = steady_axis(axis, (0.1, best), "percent", "error")
        seen.add(axis.limits)
    assert len(seen) <= 9


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.00042, "number", "0.000420"),
        (0.9721, "percent", "97.21 %"),
        (1240.4, "count", "1,240"),
        (95.0, "duration", "1:35"),
        (-1.0, "power", "0.100"),
        (math.nan, "percent", "NaN"),
        (math.inf, "count", "∞"),
    ],
)
def test_values_read_as_people_write_them(value: float, kind: Kind, text: str) -> None:
    assert text_of(value, kind) == text
