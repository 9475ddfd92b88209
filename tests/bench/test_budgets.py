"""Which numbers are promised, and when a promise is kept."""

from collections import Counter

import pytest

from bench.__main__ import MEASUREMENTS
from bench.budgets import BUDGETS, Budget
from bench.measured import Measured


def budget(limit: float | None, *, at_least: bool = False) -> Budget:
    return Budget(
        key="k", measurement="keys", title="t", unit="s", limit=limit, at_least=at_least
    )


@pytest.mark.parametrize(
    ("limit", "at_least", "value", "expected"),
    [
        (2.0, False, 2.0, True),
        (2.0, False, 2.1, False),
        (2.0, True, 2.0, True),
        (2.0, True, 1.9, False),
        (0.0, False, 0.0, True),
        (0.0, False, 1.0, False),
        (None, False, 1.0, None),
        (2.0, False, None, None),
    ],
)
def test_a_budget_is_met_up_to_its_limit(
    limit: float | None, at_least: bool, value: float | None, expected: bool | None
) -> None:
    found = budget(limit, at_least=at_least).is_met(Measured(value=value))
    assert found is expected


def test_the_ratio_to_the_limit_is_given_where_it_says_something() -> None:
    assert budget(4.0).ratio(Measured(value=3.0)) == 0.75
    assert budget(0.0).ratio(Measured(value=3.0)) is None
    assert budget(None).ratio(Measured(value=3.0)) is None
    assert budget(4.0).ratio(Measured(value=None)) is None


def test_every_number_belongs_to_a_measurement_and_every_measurement_has_one() -> None:
    assert {budget.measurement for budget in BUDGETS} == set(MEASUREMENTS)


def test_no_two_numbers_have_the_same_name() -> None:
    names = Counter((budget.measurement, budget.key) for budget in BUDGETS)
    assert names.most_common(1)[0][1] == 1
    titles = Counter(budget.title for budget in BUDGETS)
    assert titles.most_common(1)[0][1] == 1
