"""``cnn-tui send``: answered, accepted, or told at once that nobody is there."""

import dataclasses
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.start import NewRun, start_run
from cnn_tui.host.process import this_process
from cnn_tui.io.files import replace_file
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs import orders, records
from cnn_tui.runs.layout import ENDED, LIVE, State
from cnn_tui.runs.mailbox import Command, Inbox
from cnn_tui.runs.records import Status, encode_line
from tests.cli.commands import SMALL, invoke, preset, refusal

PATIENCE_SECONDS = 60.0
SLEEPER = [sys.executable, "-c", "input()"]


def make_run(**fields: Any) -> Path:
    """Makes a run directory that nobody trains in."""
    run = Path("runs", "a").absolute()
    (run / "control").mkdir(parents=True)
    (run / "config.yaml").touch()
    set_status(run, **fields)
    return run


def set_status(run: Path, **fields: Any) -> None:
    """Replaces the status of a run."""
    status = Status(started_at=records.now(), step=30, total_steps=3000, **fields)
    replace_file(run / "status.json", encode_line(status))


def trained_by_a_sleeper(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Returns the fields of a status that name a process."""
    identity = dataclasses.replace(this_process(), pid=process.pid, pid_started=None)
    return dataclasses.asdict(identity)


def refused_at_once(run: Path) -> str:
    """Returns what ``send`` says of a run that nobody trains; it may not wait."""
    started = time.monotonic()
    result = invoke("send", run.name, "pause", "--timeout", 100)
    assert time.monotonic() - started < 50
    assert result.exit_code == 1
    assert not list((run / "control").iterdir())
    [line] = result.output.splitlines()
    return line


@pytest.mark.parametrize("state", sorted(ENDED - {State.IMPORTED}))
def test_an_ended_run_is_named_at_once_with_what_helps(state: State) -> None:
    run = make_run(state=state, reason="the disk burned")
    said = refused_at_once(run)
    assert said.startswith(f"a has ended: {state} at step 30 of 3,000, the disk burned")
    more = " --iterations +1000" if state is State.FINISHED else ""
    assert said.endswith(f"go on with: cnn-tui resume {run}{more}")


def test_a_lost_run_is_named_at_once() -> None:
    with subprocess.Popen(SLEEPER, stdin=subprocess.PIPE) as process:
        identity = trained_by_a_sleeper(process)
    run = make_run(state=State.RUNNING, last_checkpoint_step=20, **identity)
    said = refused_at_once(run)
    assert said.startswith(f"a is lost: process {process.pid} is gone without a word")
    assert said.endswith(f"go on from step 20 with: cnn-tui resume {run}")


def test_a_silent_run_of_this_machine_is_named_at_once() -> None:
    with subprocess.Popen(SLEEPER, stdin=subprocess.PIPE) as process:
        beat = records.now() - timedelta(minutes=3)
        identity = trained_by_a_sleeper(process)
        run = make_run(state=State.RUNNING, heartbeat=beat, **identity)
        said = refused_at_once(run)
        process.kill()
    assert said.startswith(
        f"a is silent: process {process.pid} gave its last sign 3 mi"
    )
    assert said.endswith(f"kill -CONT {process.pid}")


@pytest.mark.parametrize("state", sorted(LIVE))
def test_what_cannot_be_judged_is_waited_for(state: State) -> None:
    beat = records.now() - timedelta(minutes=3)
    run = make_run(state=state, pid=1, host="far\x1b", heartbeat=beat)
    result = invoke("send", "a", "pause", "--timeout", 0.2)
    assert result.exit_code == 1
    assert result.output == (
        "a did not answer in 0.2 s; its last sign was 3 min ago on far\\x1b\n"
    )
    assert not list((run / "control").iterdir())


def test_a_state_of_a_newer_version_is_waited_for() -> None:
    make_run(state=State("queued"))
    result = invoke("send", "a", "pause", "--timeout", 0.2)
    assert (result.exit_code, result.output) == (1, "a did not answer in 0.2 s\n")


def test_a_run_that_ends_before_it_answers_is_not_waited_for() -> None:
    run = make_run(state=State.STOPPING)
    ending = threading.Timer(0.3, lambda: set_status(run, state=State.STOPPED))
    ending.start()
    assert refused_at_once(run).startswith("a has ended: stopped at step 30")
    ending.join()


def test_wrong_commands_are_refused_whatever_the_run_is() -> None:
    make_run(state=State.FINISHED)
    assert refusal("send", "a", "dance").startswith('unknown command "dance": use ')
    assert refusal("send", "a", "dance", 5).startswith('unknown command "dance": use ')


def test_the_help_names_every_command_with_its_arguments() -> None:
    shown = " ".join(invoke("send", "--help").stdout.split())
    for command, arguments in orders.ARGUMENTS.items():
        syntax = " ".join([command, *(argument.syntax for argument in arguments)])
        assert re.search(rf"{re.escape(syntax)}[,.]", shown)


@pytest.mark.parametrize("command", orders.COMMANDS)
def test_arguments_that_a_command_does_not_take_are_refused(command: str) -> None:
    make_run(state=State.FINISHED)
    wanted = [argument.syntax for argument in orders.ARGUMENTS[command]]
    expected = f"{command} takes {' '.join(wanted) or 'no arguments'}"
    assert refusal("send", "a", command, 1, 2, 3) == expected


@contextmanager
def taking(run: Path, then: Callable[[Command], None]) -> Iterator[None]:
    """Takes what is sent to a run as a trainer would, and does something with it."""

    def take() -> None:
        inbox = Inbox(run)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            for item in inbox.take():
                assert isinstance(item, Command)
                then(item)
                return
            time.sleep(0.001)

    thread = threading.Thread(target=take)
    thread.start()
    yield
    thread.join()


def test_a_command_that_was_taken_and_not_answered_is_said_to_be_taken() -> None:
    run = make_run(state=State.RUNNING)
    with taking(run, lambda command: None):
        result = invoke("send", "a", "pause", "--timeout", 0.5)
    assert result.exit_code == 1
    assert result.output == "a has taken pause, but has not answered it yet\n"


@contextmanager
def trained(path: Path) -> Iterator[None]:
    """Trains a preset in a thread; it is stopped in the end."""
    interrupts = Interrupts()
    config = read_preset(find_preset(str(path))).config
    wanted = NewRun(config=config, name="a", preset="a", runs_folder=Path("runs"))
    created = threading.Event()
    thread = threading.Thread(
        target=start_run,
        args=(wanted, interrupts),
        kwargs={"on_created": lambda run: created.set()},
    )
    thread.start()
    try:
        assert created.wait(PATIENCE_SECONDS)
        yield
    finally:
        interrupts.interrupt("SIGTERM")
        thread.join()


def told(*words: object) -> Result:
    """Sends a command to the one run."""
    [run] = Path("runs").iterdir()
    return invoke("send", run.name, *words, "--timeout", PATIENCE_SECONDS)


def test_a_live_run_answers_and_says_what_it_accepted() -> None:
    with trained(preset(Path(), SMALL.replace(" 20", " 100000"), "endless")):
        paused = told("pause")
        assert paused.exit_code == 0
        step = int(paused.output.removeprefix("done at step ").replace(",", ""))
        accepted = told("step", 3)
        assert accepted.output == f"accepted: pauses at step {step + 3:,}\n"
        extended = told("extend", "+50")
        assert extended.output.startswith("done at step ")
        refused = told("set", "momentum", 2)
        assert refused.exit_code == 2
        assert refused.output.startswith("rejected: ")
