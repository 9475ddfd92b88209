"""Curves as their mean and a band."""

import numpy as np
import pytest

from cnn_tui.ui.bands import band_of
from cnn_tui.ui.charts import Curve

X = np.arange(0.0, 11.0)


def test_a_band_is_lowest_to_highest() -> None:
    curves = [Curve("a", X, X * factor) for factor in (1, 2, 6)]
    made = band_of(curves, "min–max")
    assert made is not None
    mean, band = made
    assert mean.x.tolist() == X.tolist()
    assert mean.y.tolist() == (X * 3).tolist()
    assert band.low.y.tolist() == X.tolist()
    assert band.high.y.tolist() == (X * 6).tolist()


def test_a_band_is_a_standard_deviation_of_a_sample_wide() -> None:
    made = band_of([Curve("a", X, X * 0 + y) for y in (1, 3)], "± sd")
    assert made is not None
    assert made[1].low.y == pytest.approx(2 - np.sqrt(2))
    assert made[1].high.y == pytest.approx(2 + np.sqrt(2))


def test_there_is_a_mean_only_where_all_have_values() -> None:
    other = Curve("b", np.array([2.5, 6.5]), np.array([0.0, 4.0]))
    made = band_of([Curve("a", X, X), other], "min–max")
    assert made is not None
    assert made[0].x.tolist() == [3.0, 4.0, 5.0, 6.0, 6.5]
    assert made[0].y.tolist() == [1.75, 2.75, 3.75, 4.75, 5.25]


def test_a_gap_in_one_is_a_gap() -> None:
    gap = Curve("b", X, np.where(X == 5, np.nan, X))
    made = band_of([Curve("a", X, X), gap], "min–max")
    assert made is not None
    assert np.isnan(made[0].y[5])
    assert np.isfinite(made[0].y[[0, 1, 2, 8, 9, 10]]).all()


@pytest.mark.parametrize("x", [[], [20.0, 30.0]])
def test_curves_that_share_no_x_have_no_mean(x: list[float]) -> None:
    other = Curve("b", np.array(x), np.array(x))
    assert band_of([Curve("a", X, X), other], "min–max") is None
