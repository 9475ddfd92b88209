"""Curves put themselves in order and answer for their values."""

import math

import numpy as np
import pytest

from cnn_tui.ui.charts.data import ChartData, Curve


def test_a_curve_is_ordered_by_x_and_has_no_point_nowhere() -> None:
    x = np.array([3, 1, math.nan, 2, 2, math.inf])
    curve = Curve("a", x, np.array([30, 10, 0, 20, 21, 0]))
    assert curve.x.tolist() == [1, 2, 2, 3]
    assert curve.y.tolist() == [10, 20, 21, 30]


def test_a_curve_in_order_is_not_copied() -> None:
    x, y = np.arange(3.0), np.arange(3.0)
    curve = Curve("a", x, y)
    assert curve.x is x
    assert curve.y is y


@pytest.mark.parametrize("shape", [(2,), (3, 1)])
def test_x_and_y_must_belong_together(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="equally long"):
        Curve("a", np.zeros(3), np.zeros(shape))


def test_the_value_at_x_is_that_of_the_last_point_before() -> None:
    curve = Curve("a", np.array([10, 20]), np.array([1.0, math.nan]))
    assert curve.value_at(9) is None
    assert curve.value_at(10) == 1
    assert curve.value_at(19.9) == 1
    assert math.isnan(curve.value_at(20) or 0)


def test_the_span_is_of_what_can_be_drawn_within_limits() -> None:
    y = np.array([math.nan, -2.0, 0.0, 3.0, math.inf, -math.inf, 1e200])
    curve = Curve("a", np.arange(7.0), y)
    assert curve.span() == (-2, 3)
    assert curve.span((2, 3)) == (0, 3)
    assert curve.span(log=True) == (3, 3)
    assert curve.span((4, 6)) is None
    assert Curve("a", np.array([]), np.array([])).span() is None


def test_runs_are_named_where_there_are_several() -> None:
    x = np.arange(2.0)
    one, other = Curve("train", x, x, run="a"), Curve("train", x, x, run="b")
    assert ChartData(curves=(one,)).name_of(one) == "train"
    assert ChartData(curves=(one, other)).name_of(other) == "b train"
