"""``cnn-tui train --seeds N --background``: the queue trains them."""

import json
import subprocess
import sys

import pytest

from cnn_tui.jobs import is_at_work, pause_queue, read_queue
from cnn_tui.runs.queued import claimed, waiting
from tests.cli.commands import SMALL, preset, refusal
from tests.faults.nursery import status, wait_until
from tests.jobs.workers import Workers, assert_all_went_well


def test_seeds_in_the_background_are_jobs_for_a_worker(workers: Workers) -> None:
    runs = workers.runs
    pause_queue(runs)  # what workers make of jobs is tested beside this
    words = ["train", str(preset(runs, SMALL, "small")), "--set", "seed=3"]
    words += ["--seeds", "3", "--background", "--json", "--runs-dir", str(runs)]
    told = subprocess.check_output([sys.executable, "-m", "cnn_tui", *words])
    queued = read_queue(runs)
    assert [job.run_id for job in queued] == json.loads(told)["queued"]
    assert {job.job.name for job in queued if job.job} == {"small"}
    configs = [job.job.config for job in queued if job.job]
    assert [config["training"]["seed"] for config in configs] == [3, 4, 5]
    assert is_at_work(runs)


@pytest.mark.torture
def test_each_seed_is_trained_by_as_many_processes(workers: Workers) -> None:
    runs = workers.runs
    words = ["train", str(preset(runs, SMALL, "small")), "--devices=cpu:2"]
    refused = refusal(*words, "--seeds=2", "--runs-dir", runs)
    assert refused == "--devices with --seeds: add --background, for the queue"
    words += ["--seeds=2", "--background", "--json", "--runs-dir", str(runs)]
    told = subprocess.check_output([sys.executable, "-m", "cnn_tui", *words])
    (runs / "small.yaml").unlink()
    wait_until(lambda: not waiting(runs) and not claimed(runs))
    ids = json.loads(told)["queued"]
    assert_all_went_well(runs, ids, steps=20)
    assert [status(runs / run_id).processes for run_id in ids] == [2, 2]
