"""Lost only when certain; silent by the reader's own clock."""

import dataclasses
import os
import subprocess
import sys
from datetime import timedelta

import msgspec
import psutil
import pytest

from cnn_tui.host.process import ProcessIdentity, this_process
from cnn_tui.runs import liveness, records
from cnn_tui.runs.layout import ENDED, LIVE, State
from cnn_tui.runs.liveness import HeartbeatWatch
from cnn_tui.runs.records import Status

from .conftest import status


def trained_by(identity: ProcessIdentity, state: State = State.RUNNING) -> Status:
    return status(state, **dataclasses.asdict(identity))


def identity_of_the_dead() -> ProcessIdentity:
    """Returns this process's identity with the pid of one that is over."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert not psutil.pid_exists(process.pid)
    return dataclasses.replace(this_process(), pid=process.pid)


def test_a_run_of_this_process_is_not_lost() -> None:
    assert not liveness.is_lost(trained_by(this_process()))


def test_the_identity_is_the_same_each_time() -> None:
    assert this_process() == this_process()
    assert this_process().pid == os.getpid()


@pytest.mark.parametrize("state", sorted(LIVE | ENDED))
def test_only_a_live_state_without_its_process_is_lost(state: State) -> None:
    lost = liveness.is_lost(trained_by(identity_of_the_dead(), state))
    assert lost == (state in LIVE)
    assert lost == (state not in ENDED)


def test_a_reused_pid_is_another_process() -> None:
    started = this_process().pid_started
    assert started is not None
    reused = dataclasses.replace(this_process(), pid_started=started - 60)
    assert liveness.is_lost(trained_by(reused))


def test_a_killed_process_that_nobody_has_reaped_is_lost() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"]) as process:
        run = trained_by(
            dataclasses.replace(this_process(), pid=process.pid, pid_started=None)
        )
        assert not liveness.is_lost(run)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert liveness.is_lost(run)


@pytest.mark.parametrize("field", ["host", "boot_id", "pid_namespace"])
def test_nothing_is_certain_about_another_machine(field: str) -> None:
    dead = identity_of_the_dead()
    assert liveness.is_lost(trained_by(dead))
    elsewhere = msgspec.structs.replace(trained_by(dead), **{field: "another"})
    assert not liveness.is_lost(elsewhere)


def test_without_a_pid_nothing_is_certain() -> None:
    assert not liveness.is_lost(status(State.STARTING))


def test_a_heartbeat_that_stands_still_is_silent_by_our_own_clock() -> None:
    clock = [100.0]
    watch = HeartbeatWatch(lambda: clock[0])
    first = trained_by(this_process())
    beat = records.now()

    def shown(seconds: float, heartbeat_age_seconds: float) -> str:
        clock[0] += seconds
        moment = beat - timedelta(seconds=heartbeat_age_seconds)
        run = msgspec.structs.replace(first, heartbeat=moment)
        return liveness.shown_state(run, watch.silent_seconds(run))

    assert shown(0, 3600) == "running", "an old heartbeat may be another clock"
    assert shown(9.9, 3600) == "running"
    assert shown(0.1, 3600) == "silent"
    assert shown(0, 7200) == "running", "a clock that was put back beats as well"
    assert shown(10, 7200) == "silent"


def test_ended_and_lost_runs_are_never_silent() -> None:
    ended = trained_by(identity_of_the_dead(), State.FINISHED)
    assert liveness.shown_state(ended, silent_seconds=99) == "finished"
    lost = trained_by(identity_of_the_dead())
    assert liveness.shown_state(lost, silent_seconds=99) == "lost"
