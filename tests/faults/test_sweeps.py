"""A sweep with kills at random moments: nothing is lost, and nothing done twice."""

import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import mean

import psutil
import pytest

from cnn_tui.runs.config import read_config
from cnn_tui.runs.layout import State, run_names
from cnn_tui.sweeps.control import begin
from cnn_tui.sweeps.files import ENDED
from cnn_tui.sweeps.overview import SweepReader
from tests.engine.running import rows, status
from tests.faults.nursery import processes_on
from tests.sweeps.studies import plan
from tests.sweeps.working import last_accuracy

TRIALS, SEEDS, STEPS = 12, 2, 400
KILLS, FEWEST_KILLS = 15, 5
"""A fast machine is through with the sweep before there were all of them."""


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """A folder of runs; what is left at work on it is ended."""
    yield tmp_path / "runs"
    for process in processes_on(tmp_path / "runs"):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def start_worker(runs: Path) -> subprocess.Popen[bytes]:
    """Starts a worker with two devices, which ends when there is nothing to do."""
    words = ["work", "--devices", "cpu:2", "--idle", "0", "--runs-dir", str(runs)]
    return subprocess.Popen(
        [sys.executable, "-m", "cnn_tui", *words],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill_some(runs: Path, chance: random.Random, killed: Counter[str]) -> None:
    """Kills the worker, a training, or all, at this instant.

    A run is killed twice at most: one that dies three times without getting any further
    is set aside by the queue.
    """
    found = [it for it in processes_on(runs) if killed[_run_of(it)] < 2]
    everything = chance.random() < 0.3
    for process in found if everything else chance.sample(found, min(1, len(found))):
        with suppress(psutil.NoSuchProcess):
            killed[_run_of(process)] += 1
            process.kill()


def _run_of(process: psutil.Process) -> str:
    """Returns the run that a process trains; a worker is none."""
    words = " ".join(process.info["cmdline"])
    found = re.search(r"tortured-t\d+-s\d", words)
    return found[0] if found else str(process.pid)


@pytest.mark.torture
@pytest.mark.timeout(900)
def test_a_sweep_under_kills_at_random_moments(runs: Path) -> None:
    chance, killed = random.Random(0), Counter[str]()
    wanted = plan(
        "lr=0.01..0.3:log",
        "batch_size=32..64",
        trials=TRIALS,
        seeds=SEEDS,
        length={"iterations": STEPS, "evaluate_every": 100, "checkpoint_every": 50},
    )
    sweep = begin(wanted, "tortured", runs)
    while not sweep.has(ENDED):
        worker = start_worker(runs)
        while worker.poll() is None:
            if killed.total() < KILLS:
                with suppress(subprocess.TimeoutExpired):
                    worker.wait(chance.uniform(0.5, 4))
                kill_some(runs, chance, killed)
            else:
                worker.wait()
    assert killed.total() >= FEWEST_KILLS

    found = SweepReader(sweep).read()
    assert [(it.state, it.reason) for it in found.trials] == [("complete", "")] * TRIALS
    named = [run for trial in found.trials for run in trial.runs]
    assert sorted(named) == run_names(runs)
    configs = [read_config(runs / run) for run in named]
    assert Counter(
        (config.study.trial, config.training.seed) for config in configs if config.study
    ) == Counter((trial, seed) for trial in range(TRIALS) for seed in range(SEEDS))
    for trial in found.trials:
        paths = [runs / run for run in trial.runs]
        assert trial.value == pytest.approx(mean(map(last_accuracy, paths)))
        for path in paths:
            assert status(path)["state"] == State.FINISHED
            steps = sorted({row["step"] for row in rows(path)})
            assert steps == list(range(1, STEPS + 1))
