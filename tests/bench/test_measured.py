"""How samples become a number with a spread."""

import pytest

from bench.measured import Measured, median, percentile, ratios, skipped


def test_a_median_has_the_lowest_and_the_highest_as_its_spread() -> None:
    found = median([3.0, 1.0, 2.0, 10.0])
    assert (found.value, found.lowest, found.highest) == (2.5, 1.0, 10.0)
    assert found.note == "n = 4"
    assert median([1.0], note="once").note == "once"


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (1, 1), (50, 50), (99, 99), (100, 100)]
)
def test_a_percentile_is_a_sample_by_nearest_rank(percent: int, expected: int) -> None:
    found = percentile(range(100, 0, -1), percent)
    assert (found.value, found.lowest, found.highest) == (expected, 1, 100)


def test_of_few_samples_the_99th_percentile_is_the_longest() -> None:
    assert percentile([5.0, 1.0, 3.0], 99).value == 5.0


def test_contestants_are_compared_round_by_round() -> None:
    # The machine was twice as slow in the second round, for both.
    found = ratios([20.0, 10.0, 33.0], [10.0, 5.0, 11.0])
    assert (found.value, found.lowest, found.highest) == (2.0, 2.0, 3.0)


def test_contestants_with_different_rounds_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0], [1.0, 2.0])


def test_what_was_skipped_says_why_and_has_no_number() -> None:
    assert skipped("no GPU") == Measured(value=None, note="skipped: no GPU")
