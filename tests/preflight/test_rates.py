"""What is read from a curve of loss against rate."""

import math

import numpy as np
import pytest

from cnn_tui.preflight.messages import RatePoint
from cnn_tui.preflight.rates import (
    RateRange,
    has_burst,
    smoothed,
    suggest,
    usual_range,
)

RATES = RateRange(low=1e-4, high=10.0).rates(100)
NOISE = np.random.default_rng(0).normal(0, 0.01, 100)


def curve(*losses: float | None) -> list[RatePoint]:
    return [
        RatePoint(rate=rate, loss=loss)
        for rate, loss in zip(RATES, losses, strict=False)
    ]


def falling(at: float, burst: float = math.inf) -> list[RatePoint]:
    """A loss that falls from 2.3 to 0.3 around a rate, then bursts."""
    losses = [
        2.3 - 2 / (1 + (at / rate) ** 4) + noise
        for rate, noise in zip(RATES, NOISE, strict=True)
    ]
    return curve(
        *(x if r < burst else 50 * x for r, x in zip(RATES, losses, strict=True))
    )


@pytest.mark.parametrize("at", [0.003, 0.08, 0.5])
def test_it_suggests_a_rate_between_steepest_descent_and_lowest_loss(at: float) -> None:
    found = suggest(falling(at, burst=8 * at))
    assert found.steepest == pytest.approx(at, rel=0.3)
    assert found.bursts_from == pytest.approx(8 * at, rel=0.2)
    assert found.rate and at < found.rate <= 8 * at / 3
    assert found.reason.startswith("the loss falls fastest at ")
    assert found.tenth_of_lowest and found.valley


def test_a_burst_right_after_the_fall_casts_no_shadow() -> None:
    found = suggest(falling(0.3, burst=0.8))
    assert found.steepest == pytest.approx(0.3, rel=0.3)


def test_the_suggestion_keeps_away_from_the_burst() -> None:
    found = suggest(falling(0.1, burst=0.4))
    assert found.rate and found.rate <= 0.15
    assert found.reason.endswith(": a third of that")


def test_a_fall_right_before_the_burst_is_not_trusted() -> None:
    found = suggest(falling(0.3, burst=0.4))
    assert found.rate == found.tenth_of_lowest
    assert found.reason.endswith("as the fall comes so late")


def test_a_curve_that_does_not_burst_has_a_suggestion() -> None:
    found = suggest(falling(0.08))
    assert found.bursts_from is None
    assert found.rate and found.rate > 0.08
    assert found.reason.endswith(": between them")


def test_a_flat_curve_gives_none() -> None:
    found = suggest(curve(*(2.3 + NOISE)))
    assert found.rate is None
    assert found.reason == "the loss falls clearly at no rate from 0.00010 to 10"


def test_a_curve_that_only_bursts_gives_none_and_says_from_where() -> None:
    losses = [0.1 if rate < 0.5 else 40.0 for rate in RATES]
    found = suggest(curve(*losses))
    assert found.rate is None
    assert found.bursts_from == pytest.approx(0.5, rel=0.15)
    assert "stay well below" in found.reason


@pytest.mark.parametrize("points", [curve(None), []])
def test_no_number_at_all_gives_none(points: list[RatePoint]) -> None:
    assert suggest(points).rate is None


def test_a_test_ends_at_a_burst_or_at_what_is_no_number() -> None:
    assert not has_burst(curve(2.3, 2.2, 2.1))
    assert has_burst(curve(2.3, 2.2, None))
    assert has_burst(curve(*[2.3] * 20, 50.0))


def test_an_average_does_not_lag_and_keeps_a_level() -> None:
    assert smoothed([2.0] * 7) == pytest.approx([2.0] * 7)
    peak = smoothed([0.0] * 20 + [1.0] + [0.0] * 20)
    assert int(peak.argmax()) == 20
    assert peak[19] == pytest.approx(peak[21])


def test_optimizers_that_scale_their_steps_are_tried_at_lower_rates() -> None:
    assert usual_range("adamw").high < usual_range("sgd").high
