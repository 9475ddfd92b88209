"""Jobs of the queue that several processes train together."""

import os
import signal
from pathlib import Path

import psutil
import pytest

from cnn_tui.jobs import add_job, is_at_work, read_queue
from cnn_tui.jobs.devices import parse_devices, take_device
from cnn_tui.runs import mailbox
from cnn_tui.runs.layout import State
from tests.cli.commands import SMALL, invoke, preset, refusal
from tests.faults.nursery import events, status, wait_until
from tests.faults.outcome import rows
from tests.jobs.making import make_job
from tests.jobs.workers import Workers, assert_all_went_well, kill, output_of


def wait_until_further(run: Path, done: int = 0) -> int:
    """Waits for a checkpoint after update ``done`` of a run; returns who leads it."""

    def has_got_further() -> bool:
        if not (run / "status.json").exists():
            return False
        return (status(run).last_checkpoint_step or 0) > done

    wait_until(has_got_further)
    return int(status(run).pid or 0)


def test_a_job_has_the_devices_that_it_needs(workers: Workers, tmp_path: Path) -> None:
    small = preset(tmp_path, SMALL, "small")
    add = ("queue", "add", small, "--no-start", "--runs-dir", workers.runs)
    assert "each must have 1, 2, 4, 8" in refusal(
        *add, "--devices", 2, "--set", "training.shards=6"
    )
    assert invoke(*add, "--devices", 2).exit_code == 0
    assert invoke(*add).exit_code == 0
    several, alone = [job.run_id for job in read_queue(workers.runs)]
    said = output_of(workers.start("cpu:2"))
    small.unlink()
    assert_all_went_well(workers.runs, [several, alone], steps=20)
    assert f"{several} trains on cpu-1, cpu-2" in said
    assert [status(workers.runs / it).processes for it in (several, alone)] == [2, 1]


@pytest.mark.torture
def test_kills_of_worker_launcher_and_processes_lose_nothing(workers: Workers) -> None:
    runs = workers.runs
    job = make_job(iterations=10**6, checkpoint_every=20)
    run = runs / add_job(runs, job.model_copy(update={"devices": 2}))
    first = workers.start("cpu:2")
    leader = wait_until_further(run)
    [follower] = [
        it
        for it in workers.trainings()
        if it.pid != leader and it.ppid() == psutil.Process(leader).ppid()
    ]
    kill(follower)
    wait_until(lambda: events(run, "resumed"))
    leader = wait_until_further(run, status(run).last_checkpoint_step or 0)
    assert events(run, "interrupted")
    first.kill()
    first.wait()
    for device in parse_devices("cpu:2"):
        assert take_device(runs, device) is None  # what started the processes has it
    os.kill(psutil.Process(leader).ppid(), signal.SIGKILL)
    wait_until(lambda: len(events(run, "interrupted")) == 2)
    second = workers.start("cpu:2")
    wait_until(lambda: is_at_work(runs) and len(events(run, "resumed")) == 2)
    wait_until_further(run, status(run).last_checkpoint_step or 0)
    mailbox.send(run, "stop")
    output_of(second)
    assert status(run).state is State.STOPPED
    updates = [row["step"] for row in rows(run) if "train/loss" in row]
    done = [1, *range(10, status(run).step + 1, 10)]  # so long a run has one in ten
    assert updates[: len(done)] == done
    assert [path.name for path in runs.glob("[!.]*")] == [run.name]
