"""Several processes that train one run: the run that one process trains."""

import os
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cnn_tui.runs import mailbox
from cnn_tui.runs.layout import State
from tests.faults.nets import write_preset
from tests.faults.nursery import (
    PATIENCE_SECONDS,
    Command,
    Nursery,
    processes_on,
    status,
    wait_until,
)
from tests.faults.outcome import assert_same_end, rows
from tests.faults.steering import step_to, tell, wait_until_paused

STEPS = 100
HALF = 45
"""Between two evaluations, and after a checkpoint."""


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A net with dropout, batch norm, momentum and averages, in four shards."""
    path = tmp_path_factory.mktemp("sharded") / "net.yaml"
    return write_preset(path, iterations=STEPS, gradient_accumulation=1, shards=4)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, sharded: Path) -> Iterator[Path]:
    """A finished run of ``sharded``, by one process."""
    nursery = Nursery(tmp_path_factory.mktemp("alone"))
    trainer, run = nursery.train(sharded)
    assert trainer.wait().code == 0
    yield run
    nursery.close()


def place(rank: int, size: int, port: int) -> None:
    """Sets what torchrun sets."""
    os.environ |= {
        "RANK": str(rank),
        "WORLD_SIZE": str(size),
        "LOCAL_RANK": str(rank),
        "LOCAL_WORLD_SIZE": str(size),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
    }


def start_team(nursery: Nursery, size: int, *words: object) -> list[Command]:
    """Starts a command in several processes that find each other."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    return [
        nursery.start(*words, before=[partial(place, rank, size, port)])
        for rank in range(size)
    ]


def train(nursery: Nursery, size: int, *words: object) -> tuple[list[Command], Path]:
    """Starts a new run in a nursery without any; returns once it is there."""
    team = start_team(nursery, size, "train", *words)
    wait_until(lambda: any(nursery.runs.glob("[!.]*")))
    [run] = nursery.runs.glob("[!.]*")
    return team, run


def is_trained_by(run: Path, processes: int) -> bool:
    return status(run).processes == processes


def assert_ended(team: list[Command], code: int = 0) -> None:
    for command in team:
        ended = command.wait()
        assert ended.code == code, ended.output


@pytest.mark.parametrize("size", [2, pytest.param(4, marks=pytest.mark.torture)])
def test_they_train_what_one_process_does(
    size: int, cnn_tui: Nursery, sharded: Path, alone: Path
) -> None:
    team, run = train(cnn_tui, size, sharded)
    assert_ended(team)
    assert_same_end(run, alone)
    assert (status(run).processes, status(alone).processes) == (size, 1)
    verified = cnn_tui.run("verify", run, "--from", 0, "--steps", STEPS)
    assert (verified.code, verified.lines[-1][:5]) == (0, "same:"), verified.output


def test_they_are_steered_as_one_process_is(cnn_tui: Nursery, sharded: Path) -> None:
    team, run = train(cnn_tui, 2, sharded, "--pause-at=0")
    alone, expected = cnn_tui.train(sharded, "--pause-at=0")
    for each in (run, expected):
        step_to(each, 20)
        for name, value in (("lr", 0.03), ("momentum", 0.5), ("weight_decay", 0.01)):
            tell(each, "set", name=name, value=value)
        tell(each, "evaluate")
        step_to(each, 23)
        tell(each, "checkpoint")
        tell(each, "extend", steps=10)
        step_to(each, 47)
    device = run / "devices" / "rank-1.jsonl"
    wait_until(lambda: device.exists() and b"process_cpu" in device.read_bytes())
    refused = mailbox.await_answer(run, mailbox.send(run, "detach"), PATIENCE_SECONDS)
    assert refused is not None and refused.outcome == "rejected"
    for each in (run, expected):
        tell(each, "rollback", lr=0.02)
        tell(each, "stop")
    assert_ended([*team, alone])
    assert rows(run)[: len(rows(expected))] == rows(expected)


def test_a_run_whose_process_is_lost_ends_and_goes_on_in_one(
    cnn_tui: Nursery, sharded: Path, alone: Path
) -> None:
    (leader, follower), run = train(cnn_tui, 2, sharded, f"--pause-at={HALF}")
    wait_until_paused(run, at=HALF)
    follower.kill()
    mailbox.send(run, "resume")
    assert leader.wait().code == 1
    assert status(run).state is State.INTERRUPTED
    assert (status(run).reason or "").startswith(
        f"process 1 of 2 (pid {follower.pid}) has ended: resume the run"
    )
    resumed = cnn_tui.run("resume", run)
    assert resumed.code == 0, resumed.output
    assert_same_end(run, alone)


def test_an_interrupt_reaches_processes_that_a_command_has_started(
    cnn_tui: Nursery, sharded: Path, alone: Path
) -> None:
    command, run = cnn_tui.train(sharded, "--devices=cpu:2", f"--pause-at={HALF}")
    wait_until_paused(run, at=HALF)
    assert status(run).processes == 2
    wait_until(lambda: "run " in command.output.read_text())
    command.signal(signal.SIGINT)
    ended = command.wait()
    assert ended.code == 130, ended.output
    assert "anew" not in ended.output
    assert ended.lines[-1].startswith(f"interrupted at step {HALF} of {STEPS}")
    assert (status(run).state, status(run).reason) == (State.INTERRUPTED, "SIGINT")
    wait_until(lambda: not processes_on(run))
    resumed = cnn_tui.run("resume", run)
    assert resumed.code == 0, resumed.output
    assert_same_end(run, alone)


@pytest.mark.torture
def test_a_run_goes_on_with_another_number_of_processes(
    cnn_tui: Nursery, sharded: Path, alone: Path
) -> None:
    team, run = train(cnn_tui, 2, sharded, "--pause-at=20")
    for others in (1, 4, 2):
        wait_until_paused(run)
        team[0].signal(signal.SIGTERM)
        assert team[0].wait().code == 143
        assert_ended(team[1:])
        pause = [] if others == 2 else [f"--pause-at={status(run).step + 20}"]
        team = start_team(cnn_tui, others, "resume", run, *pause)
        wait_until(partial(is_trained_by, run, others))
    assert_ended(team)
    assert_same_end(run, alone)


@pytest.mark.torture
def test_a_run_whose_leader_is_killed_goes_on(
    cnn_tui: Nursery, sharded: Path, alone: Path
) -> None:
    (leader, follower), run = train(cnn_tui, 2, sharded, f"--pause-at={HALF}")
    wait_until_paused(run, at=HALF)
    leader.kill()
    ended = follower.wait()
    assert (ended.code, "process 0 of 2" in ended.output) == (1, True)
    assert_ended(start_team(cnn_tui, 2, "resume", run))
    assert_same_end(run, alone)


@pytest.mark.torture
def test_a_killed_process_ends_a_run_that_stands(
    cnn_tui: Nursery, sharded: Path, alone: Path
) -> None:
    command, run = cnn_tui.train(sharded, "--devices=cpu:2", f"--pause-at={HALF}")
    wait_until_paused(run, at=HALF)
    leader = status(run).pid
    [follower] = [
        process.pid
        for process in processes_on(run)
        if process.pid != leader and "torch.distributed.run" not in process.cmdline()
    ]
    os.kill(follower, signal.SIGKILL)
    assert command.wait().code == 1
    assert (status(run).reason or "").startswith(f"process 1 of 2 (pid {follower})")
    resumed = cnn_tui.run("resume", run, "--devices=cpu:2")
    assert resumed.code == 0, resumed.output
    assert_same_end(run, alone)


@pytest.mark.torture
def test_a_hang_up_takes_the_command_and_not_the_run(
    cnn_tui: Nursery, sharded: Path, alone: Path
) -> None:
    command, run = cnn_tui.train(sharded, "--devices=cpu:2", f"--pause-at={HALF}")
    wait_until_paused(run, at=HALF)
    wait_until(lambda: "run " in command.output.read_text())
    command.signal(signal.SIGHUP)
    assert command.wait().code == -signal.SIGHUP
    tell(run, "resume")
    wait_until(lambda: status(run).state is State.FINISHED)
    assert_same_end(run, alone)
