"""RunLog: a run directory from anybody's loop."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from cnn_tui import RunLog
from cnn_tui.runs import mailbox
from cnn_tui.runs.config import read_foreign
from cnn_tui.runs.events import (
    Evaluated,
    Failed,
    Finished,
    HyperparameterChanged,
    Paused,
    Rejected,
    Stopped,
)
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from tests.cli.commands import invoke
from tests.runs.conftest import read


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RunLog]:
    """A run that another program trains."""
    with RunLog("my net", total_steps=10, values={"width": 8}, runs=tmp_path) as log:
        yield log


def status(log: RunLog) -> Status:
    found = read_status(log.path)
    assert found is not None
    return found


def orders(log: RunLog, command: str, **arguments: object) -> list[tuple[str, float]]:
    """Sends a command; returns what the loop hears."""
    mailbox.send(log.path, command, **arguments)
    return list(log.orders())


def test_a_loop_becomes_a_run_with_curves_values_and_an_end(log: RunLog) -> None:
    for step in range(1, 5):
        log.train(step, loss=1 / step, accuracy=step / 10, lr=0.1, grad_norm=3)
    log.test(2, loss=0.5, accuracy=0.75)
    log.test(4, loss=0.25, accuracy=0.5)
    log.close()
    run = read(log.path)
    assert [float(it) for it in run.train["step"]] == [1, 2, 3, 4]
    assert float(run.train["loss"][1]) == 0.5
    assert [float(it) for it in run.tests["accuracy"]] == [0.75, 0.5]
    assert run.skipped == 0
    found = status(log)
    assert (found.state, found.step, found.total_steps) == (State.FINISHED, 4, 10)
    assert found.best is not None
    assert (found.best.step, found.best.accuracy) == (2, 0.75)
    assert [event.best for event in run.events if isinstance(event, Evaluated)] == [
        *(True, False)
    ]
    assert isinstance(run.events[-1], Finished)
    foreign = read_foreign(log.path)
    assert foreign is not None
    assert (foreign.kind, foreign.values) == ("log", {"width": 8})


def test_values_of_one_step_are_one_row_and_a_lower_step_goes_back(
    log: RunLog,
) -> None:
    for step in range(1, 5):
        log.train(step, loss=step)
        log.train(step, accuracy=0.5)
    log.train(3, loss=30)
    log.close()
    run = read(log.path)
    assert [float(it) for it in run.train["loss"]] == [1, 2, 30]
    assert [float(it) for it in run.train["accuracy"][:2]] == [0.5, 0.5]
    assert run.skipped == 0


def test_what_is_raised_is_how_it_failed(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="too"),
        RunLog("a", runs=tmp_path) as log,
    ):
        log.train(1, loss=float("nan"))
        raise ValueError("too\x1b much")
    found = status(log)
    assert (found.state, found.reason) == (State.FAILED, "ValueError: too\\x1b much")
    assert isinstance(read(log.path).events[-1], Failed)
    log.close()  # again


def test_a_pause_holds_the_loop_until_it_is_told_to_go_on(log: RunLog) -> None:
    mailbox.send(log.path, "pause")
    loop = Thread(target=lambda: list(log.orders()))
    loop.start()
    while status(log).state is not State.PAUSED:
        pass
    answer = mailbox.await_answer(log.path, mailbox.send(log.path, "resume"), 30)
    loop.join()
    assert answer is not None
    assert answer.outcome == "done"
    assert status(log).state is State.RUNNING
    assert isinstance(read(log.path).events[1], Paused)


def test_a_value_is_set_by_the_loop_and_answered(log: RunLog) -> None:
    log.train(1, loss=1, lr=0.1)
    assert orders(log, "set", name="lr", value=0.02) == [("lr", 0.02)]
    event = read(log.path).events[-1]
    assert isinstance(event, HyperparameterChanged)
    assert (event.what, event.before, event.after) == ("lr", 0.1, 0.02)
    assert (status(log).lr, status(log).overrides) == (0.02, {"lr": 0.02})


def test_a_loop_that_leaves_at_stop_has_stopped(log: RunLog) -> None:
    assert not log.is_stopping
    assert orders(log, "stop") == []
    assert log.is_stopping
    assert isinstance(read(log.path).events[-1], Stopped)
    log.close()
    assert status(log).state is State.STOPPED


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("checkpoint", {}),
        ("set", {"name": "momentum", "value": 0.5}),
        ("set", {"name": "lr", "value": "much"}),
    ],
)
def test_what_it_does_not_listen_to_is_rejected(
    log: RunLog, command: str, arguments: dict[str, object]
) -> None:
    assert status(log).obeys == []  # it has not asked yet
    assert orders(log, command, **arguments) == []
    event = read(log.path).events[-1]
    assert isinstance(event, Rejected)
    assert "listens to pause, resume, stop, set lr alone" in str(event.reason)
    assert status(log).obeys == ["pause", "resume", "stop", "set lr"]


def test_a_directory_that_was_removed_does_not_end_the_training(
    tmp_path: Path,
) -> None:
    with RunLog("a", runs=tmp_path) as log:
        shutil.rmtree(log.path)
        log.train(1, loss=1)
        assert list(log.orders()) == []


def test_neither_torch_nor_textual_is_imported() -> None:
    script = "import sys; from cnn_tui import RunLog; print(*sys.modules)"
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not {"torch", "textual", "plotext"} & set(result.stdout.split())


@pytest.mark.parametrize(
    "words",
    [
        *(["inspect"], ["health"], ["profile"], ["verify"], ["resume"]),
        *(["evaluate"], ["predict", "."], ["show", "--tree"], ["fork"]),
    ],
)
def test_a_command_that_needs_a_network_says_in_a_sentence_that_there_is_none(
    log: RunLog, words: list[str]
) -> None:
    log.train(1, loss=1, accuracy=0.5)
    log.close()
    before = status(log)
    command, *rest = words
    result = invoke(command, log.path, *rest)
    assert result.exit_code == 2
    [sentence] = [line for line in result.stderr.splitlines() if "cnn-tui:" in line]
    assert "was written by another program (log)" in sentence
    assert status(log) == before


def test_curves_and_values_are_shown_as_those_of_any_run(log: RunLog) -> None:
    for step in range(1, 11):
        log.train(step, loss=1 / step, accuracy=0.5)
    log.close()
    assert "my-net · loss" in invoke("plot", log.path).stdout
    shown = invoke("show", log.path)
    assert shown.exit_code == 0
    assert "width" in shown.stdout
    assert "✓ finished" in shown.stdout
    assert "my-net" in invoke("runs", "--runs-dir", log.path.parent).stdout
    told = invoke("send", log.path, "pause").stdout
    assert "has ended: finished at step 10 of 10" in told
    assert "resume" not in told
