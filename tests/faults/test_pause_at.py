"""A run that is to pause at an update stands there, whoever trains it."""

import json
from pathlib import Path

import pytest

from cnn_tui.runs.layout import State
from tests.faults.nets import STEPS
from tests.faults.nursery import Nursery, events, status, wait_for
from tests.faults.outcome import assert_same_end, rows
from tests.faults.steering import tell, wait_until_paused


@pytest.mark.parametrize("step", [0, 7])
def test_it_pauses_there_and_goes_on_exactly(
    cnn_tui: Nursery, preset: Path, undisturbed: Path, step: int
) -> None:
    trainer, run = cnn_tui.train(preset, "--pause-at", step)
    wait_until_paused(run, at=step)
    assert (status(run).state, status(run).step) == (State.PAUSED, step)
    assert [row["step"] for row in rows(run)] == list(range(1, step + 1))
    tell(run, "resume")
    assert trainer.wait().code == 0
    assert_same_end(run, undisturbed)


def test_it_pauses_in_the_background_too(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    started = cnn_tui.run("train", preset, "--pause-at=7", "--background", "--json")
    run = Path(json.loads(started.output)["run"])
    wait_until_paused(run, at=7)
    tell(run, "resume")
    wait_for(run, State.FINISHED)
    assert_same_end(run, undisturbed)


def test_a_pause_behind_the_end_is_refused(cnn_tui: Nursery, preset: Path) -> None:
    refused = cnn_tui.run("train", preset, f"--pause-at={STEPS + 1}")
    assert refused.code == 2
    assert f"must be from 0 to {STEPS}" in refused.output
    assert not list(cnn_tui.runs.glob("*"))


def test_a_pause_on_resume_is_counted_from_the_beginning(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset, "--pause-at=20")
    wait_until_paused(run, at=20)
    trainer.kill()
    again = cnn_tui.start("resume", run, "--pause-at=50")
    wait_until_paused(run, at=50)
    assert len(events(run, "stepped")) == 2
    tell(run, "resume")
    assert again.wait().code == 0
    assert_same_end(run, undisturbed)
