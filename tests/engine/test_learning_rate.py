"""The learning rate of every update: the format's formulas, and live edits."""

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from cnn_tui.config.models import Constant, Cosine, OneCycle, Schedule, Step
from cnn_tui.engine.rates import RatePlan, learning_rate

SCHEDULE: TypeAdapter[Schedule] = TypeAdapter(Schedule)
WARMUPS = st.integers(0, 50)
SCHEDULES: st.SearchStrategy[Schedule] = st.one_of(
    st.builds(Constant, warmup_iterations=WARMUPS),
    st.builds(
        Step,
        name=st.just("step"),
        step_size=st.integers(1, 50),
        gamma=st.floats(0.1, 1),
        warmup_iterations=WARMUPS,
    ),
    st.builds(
        Cosine,
        name=st.just("cosine"),
        final_lr=st.floats(0, 0.001),
        warmup_iterations=WARMUPS,
    ),
    st.builds(OneCycle, name=st.just("one_cycle")),
)
RATES = st.floats(0.001, 10)
HORIZONS = st.integers(51, 300)


def rates(schedule: dict[str, Any], base: float, horizon: int) -> list[float]:
    """Returns the rates of the updates 1 to ``horizon``."""
    parsed = SCHEDULE.validate_python(schedule)
    return [learning_rate(t, parsed, base, horizon) for t in range(1, horizon + 1)]


def test_constant_with_warmup() -> None:
    schedule = {"name": "constant", "warmup_iterations": 4}
    assert rates(schedule, 0.1, 6) == pytest.approx([0.025, 0.05, 0.075, *[0.1] * 3])


def test_step() -> None:
    schedule = {"name": "step", "step_size": 3, "gamma": 0.5, "warmup_iterations": 2}
    expected = [0.2, 0.4, 0.4, 0.2, 0.2, 0.2, 0.1]
    assert rates(schedule, 0.4, 7) == pytest.approx(expected)


def test_cosine() -> None:
    schedule = {"name": "cosine", "final_lr": 0.1, "warmup_iterations": 2}
    expected = [
        0.25,
        0.5,
        *(0.1 + 0.4 * (1 + math.cos(math.pi * (t - 2) / 8)) / 2 for t in range(3, 11)),
    ]
    assert rates(schedule, 0.5, 10) == pytest.approx(expected)
    assert expected[-1] == pytest.approx(0.1)


def test_one_cycle() -> None:
    found = rates({"name": "one_cycle"}, 1.0, 100)
    up, down = found[:30], found[30:]
    assert up == pytest.approx(
        [
            1 / 25 + (1 - 1 / 25) * (1 - math.cos(math.pi * t / 30)) / 2
            for t in range(1, 31)
        ]
    )
    assert down == pytest.approx(
        [
            1 / 250_000
            + (1 - 1 / 250_000) * (1 + math.cos(math.pi * (t - 30) / 70)) / 2
            for t in range(31, 101)
        ]
    )
    assert max(found) == found[29] == pytest.approx(1)
    assert found[-1] == pytest.approx(1 / 250_000)


@pytest.mark.parametrize("horizon", [1, 2, 3])
def test_the_shortest_runs_have_a_rate(horizon: int) -> None:
    for schedule in ("constant", "cosine", "one_cycle"):
        found = rates({"name": schedule}, 0.1, horizon)
        assert all(0 <= rate <= 0.1 for rate in found)


@settings(max_examples=200, deadline=None)
@given(SCHEDULES, RATES, HORIZONS, st.integers(1, 400))
def test_a_rate_is_between_nothing_and_the_base(
    schedule: Schedule, base: float, horizon: int, step: int
) -> None:
    rate = learning_rate(step, schedule, base, horizon)
    assert 0 <= rate <= base * (1 + 1e-12)
    last = learning_rate(horizon, schedule, base, horizon)
    assert learning_rate(horizon + step, schedule, base, horizon) == last


@settings(max_examples=200, deadline=None)
@given(SCHEDULES, RATES, HORIZONS, st.integers(0, 400), RATES)
def test_an_edit_holds_from_the_next_update_and_scales_the_rest(
    schedule: Schedule, base: float, horizon: int, step: int, value: float
) -> None:
    plan = RatePlan(schedule=schedule, base_lr=base, horizon=horizon)
    edited = plan.edited(value, step)
    assert edited.at(step + 1) == pytest.approx(value)
    before = learning_rate(step + 1, schedule, base, horizon)
    for later in (step + 2, horizon, horizon + 5):
        if step >= horizon or before == 0:
            assert edited.at(later) == value
        elif later > step:
            scheduled = learning_rate(later, schedule, base, horizon)
            assert edited.at(later) == pytest.approx(value * scheduled / before)


@settings(max_examples=100, deadline=None)
@given(SCHEDULES, RATES, HORIZONS, st.integers(1, 300), RATES)
def test_the_last_edit_counts(
    schedule: Schedule, base: float, horizon: int, step: int, value: float
) -> None:
    assume(step < horizon)
    plan = RatePlan(schedule=schedule, base_lr=base, horizon=horizon)
    twice = plan.edited(2 * value, step - 1).edited(value, step)
    assert twice.at(step + 1) == pytest.approx(plan.edited(value, step).at(step + 1))


def test_a_rate_of_zero_cannot_be_scaled_so_the_new_one_stays() -> None:
    plan = RatePlan(schedule=Cosine(name="cosine"), base_lr=0.1, horizon=10)
    assert plan.at(10) == 0
    edited = plan.edited(0.5, 9)
    assert (edited.factor, edited.constant) == (1.0, 0.5)
    assert edited.at(10) == 0.5
    again = edited.edited(0.2, 5)
    assert again.constant is None
    assert again.at(6) == pytest.approx(0.2)


def test_a_rate_that_was_typed_shows_as_typed() -> None:
    plan = RatePlan(schedule=Step(name="step", step_size=1), base_lr=0.3, horizon=10)
    assert plan.edited(0.007, 3).at(4) == 0.007
