"""Workers: real processes, real trainings, real kills."""

import random
import signal
import time
from pathlib import Path

import psutil
import pytest

from cnn_tui.jobs import add_job, is_at_work, read_queue, read_refused
from cnn_tui.jobs.devices import parse_devices, take_device
from cnn_tui.runs import mailbox
from cnn_tui.runs.layout import State
from tests.faults.nursery import events, status, wait_until
from tests.faults.outcome import rows
from tests.jobs.making import make_job
from tests.jobs.workers import Workers, assert_all_went_well, kill, output_of


def trainer(workers: Workers, run: Path, done: int = 0) -> psutil.Process:
    """Returns who trains a run, once there is a checkpoint after update ``done``."""

    def has_got_further() -> bool:
        if not (run / "status.json").exists():
            return False
        return (status(run).last_checkpoint_step or 0) > done

    wait_until(has_got_further)
    [process] = workers.trainings()
    return process


def test_a_worker_ends_when_all_is_done(workers: Workers) -> None:
    runs = workers.runs
    ids = [add_job(runs, make_job(seed=seed)) for seed in range(2)]
    damaged = add_job(runs, make_job("damaged"), at_front=True)
    edited = read_queue(runs)[0].path
    edited.write_text(edited.read_text().replace("batch_size: 50", "batch_size: 501"))
    said = output_of(workers.start("cpu:2"))
    [refused] = read_refused(runs)
    assert refused.run_id == damaged
    assert "training.batch_size: must be at most the 500" in str(refused.problem)
    assert f"{damaged}: refused: " in said
    refused.path.unlink()
    assert_all_went_well(runs, ids, steps=20)
    assert not is_at_work(runs)


def test_kills_of_training_and_worker_lose_nothing(workers: Workers) -> None:
    runs = workers.runs
    run = runs / add_job(runs, make_job(iterations=10**6, checkpoint_every=20))
    first = workers.start()
    at_work = trainer(workers, run)
    mailbox.send(run, "detach")  # its locks would not go along
    wait_until(lambda: events(run, "rejected"))
    assert "already goes on in the background" in str(events(run, "rejected"))
    assert workers.trainings() == [at_work]
    kill(at_work)
    at = status(run).last_checkpoint_step or 0
    goes_on = trainer(workers, run, at)  # by the same worker
    first.kill()
    first.wait()
    [cpu] = parse_devices("cpu")
    assert take_device(runs, cpu) is None  # the training has it
    second = workers.start()
    wait_until(lambda: is_at_work(runs))
    kill(goes_on)
    at = status(run).last_checkpoint_step or 0
    trainer(workers, run, at)
    add_job(runs, make_job())
    second.send_signal(signal.SIGINT)  # no further job is begun
    mailbox.send(run, "stop")
    output_of(second)
    assert len(read_queue(runs)) == 1
    assert status(run).state is State.STOPPED
    updates = [row["step"] for row in rows(run) if "train/loss" in row]
    done = [1, *range(10, status(run).step + 1, 10)]  # so long a run has one in ten
    assert updates[: len(done)] == done
    assert [path.name for path in runs.glob("[!.]*")] == [run.name]


def test_what_dies_again_and_again_is_set_aside(workers: Workers) -> None:
    add_job(workers.runs, make_job())
    worker = workers.start()
    for _ in range(3):
        wait_until(workers.trainings)
        kill(workers.trainings()[0])
    output_of(worker)
    [refused] = read_refused(workers.runs)
    assert refused.problem == "its process ended with signal 9"


@pytest.mark.torture
def test_kills_at_any_moment_lose_nothing(workers: Workers) -> None:
    runs, steps = workers.runs, 3000
    chance = random.Random(time.time_ns())
    ids = [
        add_job(runs, make_job(seed=seed, iterations=steps, checkpoint_every=50))
        for seed in range(6)
    ]
    worker = workers.start("cpu:2")
    for _ in range(12):
        time.sleep(chance.uniform(0, 5))  # the moment is what is tested
        if chance.random() < 0.5:
            worker.kill()
            worker.wait()
        for process in workers.trainings():
            if chance.random() < 0.5:
                kill(process)
        if worker.poll() is not None:
            worker = workers.start("cpu:2")
    worker.wait()
    assert_all_went_well(runs, ids, steps)
