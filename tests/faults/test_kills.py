"""A run killed at any instant and resumed ends as one that nobody killed."""

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from cnn_tui.runs import mailbox
from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.layout import State
from tests.faults.nets import EVALUATE_EVERY, STEPS
from tests.faults.nursery import Nursery, processes_on, status, wait_until
from tests.faults.outcome import assert_same_end
from tests.faults.steering import EDIT_STEP, PAUSED, edit, tell

TORTURES = 10
ATTEMPTS = [
    pytest.param(number, marks=[pytest.mark.torture] if number else [])
    for number in range(TORTURES)
]

Moment = Callable[[Path, random.Random], None]


def while_training(run: Path, chance: random.Random) -> None:
    """Returns at any instant of the rest of the run."""
    step = chance.randrange(EDIT_STEP, STEPS - EVALUATE_EVERY)
    wait_until(lambda: _last_row(run).get("step", 0) >= step)
    time.sleep(chance.uniform(0, 0.1))


def while_evaluating(run: Path, chance: random.Random) -> None:
    """Returns when an evaluation is due and not written yet."""
    step = chance.randrange(EDIT_STEP, STEPS, EVALUATE_EVERY) + EVALUATE_EVERY
    wait_until(lambda: _is_evaluated_next(run, step))
    time.sleep(chance.uniform(0, 0.05))


def while_checkpointing(run: Path, chance: random.Random) -> None:
    """Returns when a checkpoint is half written."""
    for _ in range(chance.randrange(1, 10)):
        wait_until((run / "checkpoints" / ".last.pt.tmp").exists)


def while_finishing(run: Path, chance: random.Random) -> None:
    """Returns when all updates are made and only the end is to be written."""
    ending = (State.STOPPING, State.FINISHED)
    wait_until(lambda: status(run).state in ending)
    time.sleep(chance.uniform(0, 0.01))


MOMENTS: list[Moment] = [
    *(while_training, while_evaluating, while_checkpointing, while_finishing)
]


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_it_trains(
    cnn_tui: Nursery, preset: Path, edited: Path, moment: Moment, attempt: int
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    edit(run)
    mailbox.send(run, "resume")
    moment(run, random.Random(attempt))
    trainer.kill()
    assert_listed_as_lost(run)
    cnn_tui.run("resume", run)
    assert_same_end(run, edited)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_killed_while_it_starts(
    cnn_tui: Nursery, preset: Path, edited: Path, attempt: int
) -> None:
    trainer, run = cnn_tui.train(preset)
    time.sleep(random.Random(attempt).uniform(0, 0.06))
    trainer.kill()
    assert_listed_as_lost(run)
    resumed = cnn_tui.start("resume", run, f"--pause-at={EDIT_STEP}")
    edit(run)
    tell(run, "resume")
    assert resumed.wait().code == 0
    assert_same_end(run, edited)


def test_killed_right_after_an_edit_was_answered(
    cnn_tui: Nursery, preset: Path, edited: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    edit(run)
    trainer.kill()
    assert_listed_as_lost(run)
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, edited)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_killed_while_it_is_handed_over(
    cnn_tui: Nursery, preset: Path, edited: Path, attempt: int
) -> None:
    chance = random.Random(attempt)
    trainer, run = cnn_tui.train(preset, *PAUSED)
    edit(run)
    mailbox.send(run, "detach")
    time.sleep(chance.uniform(0, 1))
    trainer.kill()
    time.sleep(chance.uniform(0, 6))
    for process in processes_on(cnn_tui.runs):
        process.kill()
        process.wait()
    assert_listed_as_lost(run)
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, edited)


def assert_listed_as_lost(run: Path) -> None:
    """Asserts that a killed run can be read, and is not said to be alive."""
    [listed] = list_runs(run.parent)
    assert listed.problem is None
    assert listed.state == "lost" or status(run).state is State.FINISHED


def _is_evaluated_next(run: Path, step: int) -> bool:
    row = _last_row(run)
    return row.get("step") == step and "train/loss" in row


def _last_row(run: Path) -> dict[str, float]:
    """Returns the newest whole row; nothing where it is just being written."""
    lines = (run / "metrics.jsonl").read_bytes().splitlines()
    row: dict[str, float] = {}
    with suppress(ValueError, IndexError):
        row = json.loads(lines[-1])
    return row
