"""``cnn-tui train --seeds N --background``: the queue trains them."""

import json
import subprocess
import sys

from cnn_tui.jobs import is_at_work, pause_queue, read_queue
from tests.cli.commands import SMALL, preset
from tests.jobs.workers import Workers


def test_seeds_in_the_background_are_jobs_for_a_worker(workers: Workers) -> None:
    runs = workers.runs
    pause_queue(runs)  # what workers make of jobs is tested beside this
    words = ["train", str(preset(runs, SMALL, "small")), "--set", "seed=3"]
    words += ["--seeds", "3", "--background", "--json", "--runs-dir", str(runs)]
    told = subprocess.check_output([sys.executable, "-m", "cnn_tui", *words])
    waiting = read_queue(runs)
    assert [job.run_id for job in waiting] == json.loads(told)["queued"]
    assert {job.job.name for job in waiting if job.job} == {"small"}
    configs = [job.job.config for job in waiting if job.job]
    assert [config["training"]["seed"] for config in configs] == [3, 4, 5]
    assert is_at_work(runs)
