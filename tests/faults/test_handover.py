"""A run that leaves its process for one in the background, or cannot."""

import json
import os
import shutil
import subprocess
from functools import partial
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
from tests.faults.preparations import break_children, lose_python, work_in
from tests.faults.steering import PAUSED, step_to, tell


def background_process(run: Path) -> psutil.Process:
    """Returns the process that trains a run now."""
    pid = status(run).pid
    assert pid is not None
    return psutil.Process(pid)


def test_a_detached_run_goes_on_in_the_background_and_pauses_where_it_was_to(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 20)
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
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 20)
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
    trainer, run = cnn_tui.train(preset, *PAUSED, before=[fault])
    step_to(run, 20)
    tell(run, "detach")
    wait_until(lambda: events(run, "handed_over"))
    assert status(run).pid == trainer.pid
    assert not psutil.Process(trainer.pid).children()
    tell(run, "resume")
    assert trainer.wait().code == 0
    assert_same_end(run, undisturbed)


@pytest.mark.parametrize("by_option", [True, False])
def test_a_process_that_took_a_run_and_cannot_go_on_says_why(
    cnn_tui: Nursery, preset: Path, tmp_path: Path, by_option: bool
) -> None:
    data = Path(shutil.copytree(BUNDLED / "MNIST", tmp_path / "data" / "MNIST"))
    if by_option:
        trainer, run = cnn_tui.train(preset, *PAUSED, "--data-dir", data.parent)
    else:
        here = partial(work_in, tmp_path, CNN_TUI_DATA="data")
        trainer, run = cnn_tui.train(preset, *PAUSED, before=[here])
    step_to(run, 20)
    for file in (data / "raw").iterdir():
        file.write_bytes(b"")  # so the same folder is read again
    tell(run, "detach")
    assert trainer.wait().code == 0
    reason = wait_for(run, State.FAILED).reason or ""
    assert "is damaged" in reason
    assert events(run, "failed")[-1]["reason"] == reason
    wait_until(lambda: not processes_on(cnn_tui.runs))


@pytest.mark.parametrize("in_background", [True, False])
def test_the_commit_is_that_of_the_folder_the_run_was_started_in(
    cnn_tui: Nursery, preset: Path, tmp_path: Path, in_background: bool
) -> None:
    repository = tmp_path / "repository"
    commit = make_repository(repository)
    if in_background:
        options = ["train", preset, "--background", "--json"]
        started = cnn_tui.run(*options, before=[partial(work_in, repository)])
        run = Path(json.loads(started.output)["run"])
        wait_for(run, State.RUNNING)
    else:
        trainer, run = cnn_tui.train(
            preset, *PAUSED, before=[partial(work_in, repository)]
        )
        step_to(run, 20)
        tell(run, "detach")
        assert trainer.wait().code == 0
        wait_until(lambda: events(run, "handed_over"))
    environment = json.loads((run / "environment.json").read_text())
    assert environment["git_commit"] == commit
    tell(run, "stop")
    wait_until(lambda: not processes_on(cnn_tui.runs))


def make_repository(folder: Path) -> str:
    """Makes a git repository; returns its only commit."""

    def git(*words: str) -> str:
        identity = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
        command = ["git", "-C", str(folder), *identity, *words]
        return subprocess.run(
            command, check=True, capture_output=True, text=True
        ).stdout

    folder.mkdir()
    git("init")
    git("commit", "--allow-empty", "--message", "first")
    return git("rev-parse", "HEAD").strip()


def test_a_run_can_begin_in_the_background(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    started = cnn_tui.run("train", preset, "--background", "--json")
    assert started.code == 0
    run = Path(json.loads(started.output)["run"])
    wait_for(run, State.FINISHED)
    wait_until(lambda: not processes_on(cnn_tui.runs))
    assert_same_end(run, undisturbed)
