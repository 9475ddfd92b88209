"""Whether B is better than A: cases worked out by hand, and how often it is right."""

import numpy as np
import pytest

from cnn_tui.runs.better import Accuracies, against_best, difference
from cnn_tui.runs.seeds import sentence
from cnn_tui.runs.student import cdf, quantile


def seeds(*percents: float, first: int = 0) -> Accuracies:
    return {seed: value / 100 for seed, value in enumerate(percents, first)}


@pytest.mark.parametrize(
    ("df", "expected"),
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (9, 2.2622), (10, 2.2281), (30, 2.0423)],
)
def test_students_t_is_that_of_printed_tables(df: int, expected: float) -> None:
    assert quantile(0.975, df) == pytest.approx(expected, abs=5e-5)
    assert cdf(expected, df) == pytest.approx(0.975, abs=1e-5)
    assert cdf(-expected, df) == pytest.approx(0.025, abs=1e-5)


def test_pairs_take_out_what_a_seed_does_to_both() -> None:
    a, b = seeds(90, 95, 99), seeds(90.1, 95.2, 99.3)
    found = difference(a, b)
    assert found is not None
    assert found.seeds == (3,)
    assert found.mean == pytest.approx(0.002)
    reach = 4.3027 * 0.001 / 3**0.5  # differences 0.1, 0.2, 0.3: their sd is 0.1
    assert (found.low, found.high) == pytest.approx(
        (0.002 - reach, 0.002 + reach), abs=1e-7
    )
    # n = 4: (3.182 + 0.978)² · 0.1² / 0.2² = 4.33, n = 5: (2.776 + 0.941)² / 4 = 3.45
    assert found.needed == 5
    assert sentence(found, "A", "B") == (
        "3 seeds in pairs do not settle it: B is ahead of A by 0.20 points "
        "(95 % by Student's t: −0.05 … 0.45); about 5 would"
    )


def test_other_seeds_are_compared_by_welch() -> None:
    found = difference(seeds(98, 98.2, 98.1), seeds(97, 97.4, first=10))
    assert found is not None
    assert found.seeds == (2, 3)
    # variances 0.08 and 0.01 of 2 and 3: df = 0.0433² / (0.04² + 0.0033² / 2) → 1
    reach = 12.7062 * (0.08 / 2 + 0.01 / 3) ** 0.5
    assert 100 * found.high == pytest.approx(-0.9 + reach, abs=1e-4)
    assert sentence(found, "A", "B").startswith(
        "2 and 3 seeds do not settle it: A is ahead of B by 0.90 points"
    )


def test_what_is_clear_and_what_is_the_same() -> None:
    a = seeds(98.0, 98.1, 98.2, 97.9, 98.05)
    better = seeds(98.2, 98.31, 98.42, 98.13, 98.29)
    assert sentence(difference(better, a), "A", "B") == (
        "A is better than B by 0.22 points "
        "(95 % by Student's t: 0.20 … 0.24; 5 seeds in pairs)"
    )
    mixed = seeds(98.1, 98.0, 98.21, 97.9, 98.05)
    assert sentence(difference(a, mixed), "A", "B") == (
        "A and B are the same within 0.09 points "
        "(95 % by Student's t: −0.09 … 0.09; 5 seeds in pairs): "
        "to tell them apart would take more than 100"
    )


def test_nothing_is_claimed_without_a_spread() -> None:
    one = difference(seeds(98), seeds(99))
    assert one is None
    assert sentence(one, "A", "B") == "A and B: one seed tells nothing of the spread"
    equal = difference(seeds(98, 97, 96), seeds(98.1, 97.1, 96.1))
    assert equal is not None
    assert not equal.is_settled
    assert sentence(equal, "A", "B") == (
        "B is ahead of A by 0.10 points with 3 seeds in pairs, "
        "which do not differ in that"
    )
    same = difference(seeds(98, 97), seeds(98, 97))
    assert sentence(same, "A", "B") == "A and B came out the same with 2 seeds in pairs"


def test_from_ten_seeds_on_it_is_a_bootstrap_and_always_the_same() -> None:
    random = np.random.default_rng(1)
    a, b = (seeds(*random.normal(98, 0.1, 10)) for _ in "ab")
    found = difference(a, b)
    assert found is not None
    assert found.method == "bootstrap"
    assert found == difference(a, b)
    assert found.low < found.mean < found.high


@pytest.mark.parametrize("count", [3, 5, 10])
@pytest.mark.parametrize("is_paired", [True, False])
def test_intervals_hold_the_truth_as_often_as_they_say(
    count: int, is_paired: bool
) -> None:
    """For normal values; by Welch, whose degrees are rounded down, rather more."""
    random = np.random.default_rng(count)
    first = 0 if is_paired else 100
    held, draws = 0, 1000 if count < 10 else 150
    for _ in range(draws):
        a, b = random.normal(98, 0.1, count), random.normal(98.5, 0.2, count)
        found = difference(seeds(*a), seeds(*b, first=first))
        held += found is not None and found.low <= 0.005 <= found.high
    by_chance = 3 * (0.95 * 0.05 / draws) ** 0.5
    assert 0.95 - by_chance < held / draws < 0.96 + by_chance


def test_the_best_of_equal_groups_is_seldom_called_better() -> None:
    """Of 5 groups with no difference; without Holm it would be one time in five."""
    random = np.random.default_rng(0)
    wrong = 0
    for _ in range(300):
        groups = [seeds(*random.normal(98, 0.1, 5)) for _ in range(5)]
        found = against_best(groups)
        assert len(found) == 4
        wrong += any(one is not None and one.is_settled for _, _, one in found)
    assert wrong / 300 < 0.08


def test_each_group_is_compared_with_the_best() -> None:
    groups = [
        seeds(97, 97.1, 97.05),
        {},
        seeds(99, 99.1, 99),
        seeds(100),
        seeds(98.9, 99),
    ]
    found = against_best(groups)
    assert sorted((a, b) for a, b, _ in found) == [(0, 2), (3, 2), (4, 2)]
    verdicts = {a: one for a, _, one in found}
    assert verdicts[3] is None
    clear, unclear = verdicts[0], verdicts[4]
    assert clear is not None
    assert unclear is not None
    assert clear.is_settled
    assert clear.confidence == pytest.approx(1 - 0.05 / 3)
    assert not unclear.is_settled
