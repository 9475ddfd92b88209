"""What follows from the end of a training."""

import pytest

from cnn_tui.jobs.standing import Standing
from cnn_tui.jobs.training import Verdict, judge


@pytest.mark.parametrize(
    ("found", "code", "deaths", "verdict"),
    [
        (Standing.ENDED, 0, 0, Verdict.DONE),
        (Standing.ENDED, -9, 3, Verdict.DONE),  # killed behind its last word
        (Standing.TRAINED, 2, 3, Verdict.LEFT),
        (Standing.ABSENT, 2, 1, Verdict.REFUSED),
        (Standing.ABSENT, -9, 2, Verdict.AGAIN),
        (Standing.ABSENT, -9, 3, Verdict.REFUSED),
        (Standing.OPEN, 143, 1, Verdict.AGAIN),
        (Standing.OPEN, 2, 2, Verdict.AGAIN),
        (Standing.OPEN, -9, 3, Verdict.FAILED),
    ],
)
def test_an_end_is_judged_by_the_run_it_leaves(
    found: Standing, code: int, deaths: int, verdict: Verdict
) -> None:
    assert judge(found, code, deaths) is verdict
