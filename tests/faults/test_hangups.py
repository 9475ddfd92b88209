"""A headless run outlives its terminal, and ends as one that nobody disturbed."""

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn_tui.runs.layout import State
from tests.faults.connection import Connection
from tests.faults.nursery import Nursery, processes_on, status, wait_for, wait_until
from tests.faults.outcome import assert_same_end
from tests.faults.preparations import ignore_hangups
from tests.faults.steering import PAUSED, step_to, tell

TORTURES = 7
ATTEMPTS = [
    pytest.param(number, marks=[pytest.mark.torture] if number else [])
    for number in range(TORTURES)
]


@pytest.fixture
def tmux() -> Iterator[list[str]]:
    """The beginning of a command to a tmux server of its own."""
    if shutil.which("tmux") is None:
        pytest.skip("there is no tmux here")
    folder = tempfile.mkdtemp(prefix="tmux-")  # a socket's path must be short
    command = ["tmux", "-S", f"{folder}/socket", "-f", os.devnull]
    yield command
    subprocess.run([*command, "kill-server"], check=False, capture_output=True)
    shutil.rmtree(folder)


def assert_finished_quietly(cnn_tui: Nursery, run: Path, undisturbed: Path) -> None:
    """Asserts that a run ended exactly, and that no process of it is left."""
    assert_same_end(run, undisturbed)
    wait_until(lambda: not processes_on(cnn_tui.runs))


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_closed_terminal(
    cnn_tui: Nursery,
    preset: Path,
    undisturbed: Path,
    connection: Connection,
    attempt: int,
) -> None:
    trainer, run = cnn_tui.train(preset, terminal=connection.terminal)
    time.sleep(random.Random(attempt).uniform(0, 0.5))
    connection.close()
    assert trainer.wait().code == 0
    assert_finished_quietly(cnn_tui, run, undisturbed)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_stalled_terminal_that_is_closed_at_last(
    cnn_tui: Nursery,
    preset: Path,
    undisturbed: Path,
    connection: Connection,
    attempt: int,
) -> None:
    options = ["--json"] if attempt % 2 else []
    trainer, run = cnn_tui.train(preset, *options, terminal=connection.terminal)
    connection.stall()
    time.sleep(random.Random(attempt).uniform(0.2, 1))
    connection.close()
    assert trainer.wait().code == 0
    assert_finished_quietly(cnn_tui, run, undisturbed)


@pytest.mark.parametrize("attempt", ATTEMPTS[:6])
def test_a_killed_tmux(
    cnn_tui: Nursery, preset: Path, undisturbed: Path, tmux: list[str], attempt: int
) -> None:
    train = [sys.executable, "-m", "cnn_tui", "train", str(preset)]
    train += ["--runs-dir", str(cnn_tui.runs)]
    subprocess.run([*tmux, "new-session", "-d", *train], check=True)
    wait_until(lambda: list(cnn_tui.runs.glob("[!.]*")))
    [run] = cnn_tui.runs.glob("[!.]*")
    wait_for(run, State.RUNNING)
    time.sleep(random.Random(attempt).uniform(0, 0.2))  # it trains for half a second
    assert status(run).state is State.RUNNING
    subprocess.run([*tmux, "kill-server"], check=True)
    wait_for(run, State.FINISHED)
    assert_finished_quietly(cnn_tui, run, undisturbed)


def test_a_terminal_closed_where_hangups_are_ignored(
    cnn_tui: Nursery, preset: Path, undisturbed: Path, connection: Connection
) -> None:
    trainer, run = cnn_tui.train(
        preset, terminal=connection.terminal, before=[ignore_hangups]
    )
    connection.close()
    assert trainer.wait().code == 0
    assert_finished_quietly(cnn_tui, run, undisturbed)


def test_a_terminal_that_nobody_reads_does_not_hold_the_training_up(
    cnn_tui: Nursery, preset: Path, undisturbed: Path, connection: Connection
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED, terminal=connection.terminal)
    step_to(run, 20)
    connection.stall()
    tell(run, "resume")
    wait_for(run, State.FINISHED)
    connection.close()
    assert trainer.wait().code == 0
    assert_finished_quietly(cnn_tui, run, undisturbed)
