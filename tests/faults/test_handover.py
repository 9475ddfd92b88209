"""A run that leaves its process for one in the background, or cannot."""

import json
import os
import shutil
from pathlib import Path

import psutil
import pytest

from cnn_tui.datasets.facts import BUNDLED
from cnn_tui.runs import mailbox
from cnn_tui.runs.events import Rejected
from cnn_tui.runs.layout import State
from tests.faults.nursery import (
    Nursery,
    Preparation,
    events,
    processes_on,
    status,
    wait_for,
    wait_until,
)
from tests.faults.outcome import assert_same_end
from tests.faults.preparations import break_children, lose_python
from tests.faults.steering import pause_at, tell


def background_process(run: Path) -> psutil.Process:
    """Returns the process that trains a run now."""
    pid = status(run).pid
    assert pid is not None
    return psutil.Process(pid)


def test_a_detached_run_goes_on_in_the_background_and_pauses_where_it_was_to(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset)
    pause_at(run, 20)
    tell(run, "step", count=200)
    detached = tell(run, "detach")
    assert detached.step < 220
    left = trainer.wait()
    assert left.code == 0
    assert f"come back with: cnn-tui attach {run}" in left.lines[-1]
    background = background_process(run)
    assert background.terminal() is None
    assert background.cwd() == "/"
    assert os.getsid(background.pid) == background.pid
    wait_until(lambda: len(events(run, "stepped")) == 2)
    assert events(run, "stepped")[-1]["step"] == 220
    [handed_over] = events(run, "handed_over")
    assert handed_over["step"] == detached.step
    assert not events(run, "interrupted")
    tell(run, "resume")
    wait_for(run, State.FINISHED)
    wait_until(lambda: not processes_on(cnn_tui.runs))
    assert_same_end(run, undisturbed)


def test_a_paused_run_stays_paused_and_what_was_asked_for_is_kept(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset)
    pause_at(run, 20)
    tell(run, "detach")
    evaluation = mailbox.send(run, "evaluate")
    assert trainer.wait().code == 0
    answer = mailbox.await_answer(run, evaluation, 60)
    assert answer is not None
    assert (answer.outcome, answer.step) == ("done", 20)
    assert events(run, "handed_over")[0]["step"] == 20
    assert status(run).state is State.PAUSED
    again = mailbox.send(run, "detach")
    refusal = mailbox.await_answer(run, again, 60)
    assert isinstance(refusal, Rejected)
    assert "already goes on in the background" in str(refusal.reason)
    tell(run, "stop")
    wait_until(lambda: not processes_on(cnn_tui.runs))
    assert status(run).state is State.STOPPED


@pytest.mark.parametrize("fault", [break_children, lose_python])
def test_where_no_process_can_be_started_the_run_goes_on_in_place(
    cnn_tui: Nursery, preset: Path, undisturbed: Path, fault: Preparation
) -> None:
    trainer, run = cnn_tui.train(preset, before=[fault])
    pause_at(run, 20)
    tell(run, "detach")
    wait_until(lambda: events(run, "handed_over"))
    assert status(run).pid == trainer.pid
    assert not psutil.Process(trainer.pid).children()
    tell(run, "resume")
    assert trainer.wait().code == 0
    assert_same_end(run, undisturbed)


def test_a_process_that_took_a_run_and_cannot_go_on_says_why(
    cnn_tui: Nursery, preset: Path, tmp_path: Path
) -> None:
    data = Path(shutil.copytree(BUNDLED / "MNIST", tmp_path / "data" / "MNIST"))
    trainer, run = cnn_tui.train(preset, "--data-dir", data.parent)
    pause_at(run, 20)
    for file in (data / "raw").iterdir():
        file.write_bytes(b"")
    tell(run, "detach")
    assert trainer.wait().code == 0
    reason = wait_for(run, State.FAILED).reason or ""
    assert "is damaged" in reason
    assert events(run, "failed")[-1]["reason"] == reason
    wait_until(lambda: not processes_on(cnn_tui.runs))


def test_a_run_can_begin_in_the_background(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    started = cnn_tui.run("train", preset, "--background", "--json")
    assert started.code == 0
    run = Path(json.loads(started.output)["run"])
    wait_for(run, State.FINISHED)
    wait_until(lambda: not processes_on(cnn_tui.runs))
    assert_same_end(run, undisturbed)
