"""How the program is compared with other ways to train."""

import pytest

from bench import throughput
from bench.budgets import RIVALS
from bench.race import Turn


def turns(*steps_per_second: float) -> list[Turn]:
    return [Turn(steps_per_second=s, cpu_shares={}) for s in steps_per_second]


def test_a_rival_is_compared_with_the_program_and_with_the_bare_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(throughput, "is_installed", lambda name: name == "keras")
    raced = {
        "dashboard": turns(30.0, 60.0),
        "bare": turns(24.0, 48.0),
        "lesson": turns(20.0, 40.0),
    }
    found = dict(throughput.against_rivals(raced))
    assert list(found) == list(RIVALS)
    assert (found["lesson"].value, found["lesson"].note) == (
        1.5,
        "bare loop ÷ lesson: 1.20",
    )
    assert found["keras"].note == "skipped: keras does not start"
    assert found["lightning"].note == "skipped: lightning is not installed"
