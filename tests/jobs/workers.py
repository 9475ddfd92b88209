"""Workers as processes of their own, and what they leave."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from cnn_tui.runs.queued import claimed, refused, waiting
from tests.faults.nursery import PATIENCE_SECONDS, processes_on, status
from tests.faults.outcome import rows

Worker = subprocess.Popen[str]


class Workers:
    """Starts workers on a folder of runs; nothing of them is left after the test."""

    def __init__(self, runs: Path) -> None:
        """Starts none yet."""
        self.runs = runs
        self._started: list[Worker] = []

    def start(self, devices: str = "cpu") -> Worker:
        """Starts a worker that ends when there is nothing to do."""
        words = ["work", "--devices", devices, "--idle=0", f"--runs-dir={self.runs}"]
        self._started.append(
            subprocess.Popen(
                [sys.executable, "-m", "cnn_tui", *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        )
        return self._started[-1]

    def trainings(self) -> list[psutil.Process]:
        """Returns the processes that train there."""
        found = processes_on(self.runs)
        return [it for it in found if {"train", "resume"} & set(it.info["cmdline"])]

    def close(self) -> None:
        """Kills what is still there."""
        for worker in self._started:
            worker.kill()
            worker.communicate()
        for process in processes_on(self.runs):
            kill(process)


def output_of(worker: Worker) -> str:
    """Waits for the end of a worker; returns what it said."""
    said, _ = worker.communicate(timeout=PATIENCE_SECONDS)
    assert worker.returncode == 0, said
    return said


def kill(process: psutil.Process) -> None:
    """Kills a process, and waits until nothing is left of it."""
    with suppress(psutil.NoSuchProcess):
        process.kill()
        process.wait(PATIENCE_SECONDS)


def assert_all_went_well(runs: Path, ids: list[str], steps: int) -> None:
    """Asserts that each job became one run, which finished with all of its rows."""
    assert {path.name for path in runs.glob("[!.]*")} == set(ids)
    assert [waiting(runs), claimed(runs), refused(runs)] == [[], [], []]
    for run_id in ids:
        assert status(runs / run_id).state == "finished"
        updates = [row["step"] for row in rows(runs / run_id) if "train/loss" in row]
        assert updates == list(range(1, steps + 1))
