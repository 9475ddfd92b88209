"""A dashboard whose terminal goes away, or whose person does; the run goes on."""

import random
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from cnn_tui.runs.layout import State
from tests.faults.connection import Connection
from tests.faults.nursery import (
    Command,
    Nursery,
    Preparation,
    events,
    processes_on,
    status,
    wait_for,
    wait_until,
)
from tests.faults.outcome import assert_same_end
from tests.faults.preparations import update_slowly
from tests.faults.steering import PAUSED, step_to, tell

ATTEMPTS = [
    pytest.param(number, marks=[pytest.mark.torture] if number else [])
    for number in range(5)
]


@pytest.fixture
def lost_run(cnn_tui: Nursery, preset: Path) -> Path:
    """A run at step 20 whose process was killed."""
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 20)
    trainer.kill()
    return run


def train_in_a_dashboard(
    cnn_tui: Nursery,
    connection: Connection,
    run: Path,
    before: Sequence[Preparation] = (),
) -> Command:
    """Goes on with the one run of a folder in a dashboard."""
    dashboard = cnn_tui.start(terminal=connection.terminal, before=before)
    wait_until(lambda: b"runs" in connection.received)
    connection.type("rR")  # the second key is for a list that is not there yet
    wait_until(lambda: status(run).pid == dashboard.pid)
    wait_until(lambda: events(run, "resumed"))  # from here on it can be told things
    return dashboard


def assert_ends_exactly(cnn_tui: Nursery, run: Path, undisturbed: Path) -> None:
    """Asserts that a run ended exactly, and that no process of it is left."""
    wait_for(run, State.FINISHED)
    wait_until(lambda: not processes_on(cnn_tui.runs))
    assert_same_end(run, undisturbed)


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("stalled", [False, True])
def test_a_lost_terminal(
    cnn_tui: Nursery,
    connection: Connection,
    lost_run: Path,
    undisturbed: Path,
    stalled: bool,
    attempt: int,
) -> None:
    dashboard = train_in_a_dashboard(cnn_tui, connection, lost_run)
    if stalled:
        connection.stall()
    time.sleep(random.Random(attempt).uniform(0, 0.5))
    connection.close()
    assert dashboard.wait().code == 0
    assert_ends_exactly(cnn_tui, lost_run, undisturbed)


@pytest.mark.torture
def test_a_paused_run_stays_paused_when_the_terminal_is_lost(
    cnn_tui: Nursery, connection: Connection, lost_run: Path, undisturbed: Path
) -> None:
    dashboard = train_in_a_dashboard(cnn_tui, connection, lost_run, [update_slowly])
    step = tell(lost_run, "pause").step
    connection.close()
    assert dashboard.wait().code == 0
    wait_until(lambda: events(lost_run, "handed_over"))
    assert status(lost_run).pid != dashboard.pid
    assert (status(lost_run).state, status(lost_run).step) == (State.PAUSED, step)
    tell(lost_run, "resume")
    assert_ends_exactly(cnn_tui, lost_run, undisturbed)


def test_a_person_who_detaches_is_told_how_to_come_back(
    cnn_tui: Nursery, connection: Connection, lost_run: Path, undisturbed: Path
) -> None:
    dashboard = train_in_a_dashboard(cnn_tui, connection, lost_run, [update_slowly])
    tell(lost_run, "pause")
    wait_until(lambda: b"paused" in connection.received)
    connection.type("d")
    assert dashboard.wait().code == 0
    assert f"cnn-tui attach {lost_run}".encode() in connection.received
    wait_until(lambda: events(lost_run, "handed_over"))
    tell(lost_run, "resume")
    assert_ends_exactly(cnn_tui, lost_run, undisturbed)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_restores_the_terminal(
    cnn_tui: Nursery,
    connection: Connection,
    lost_run: Path,
    undisturbed: Path,
    number: signal.Signals,
) -> None:
    dashboard = train_in_a_dashboard(cnn_tui, connection, lost_run, [update_slowly])
    tell(lost_run, "pause")
    dashboard.signal(number)
    assert dashboard.wait().code == 128 + number
    connection.assert_is_restored()
    assert (status(lost_run).state, status(lost_run).reason) == (
        State.INTERRUPTED,
        number.name,
    )
    assert cnn_tui.run("resume", lost_run).code == 0
    assert_ends_exactly(cnn_tui, lost_run, undisturbed)
