"""Runs that a process only writes are live to the program, until it is killed."""

import os
import signal
from pathlib import Path

from bench.program import LAYER, show_runs
from bench.scale import fake_runs
from bench.terminal import Terminal
from bench.workplace import PROGRAM, Workplace, wait_until
from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader

RUNS = 20


def test_they_are_live_until_their_process_is_killed(workplace: Workplace) -> None:
    folder = workplace.folder("fake")
    with (
        fake_runs(workplace, folder, 0, RUNS) as [pid],
        Terminal(PROGRAM, folder=folder, environment=workplace.environment) as terminal,
    ):
        wait_until(lambda: beating(folder / "runs") == RUNS, "their heartbeats")
        terminal.wait_for(LAYER)
        show_runs(terminal, RUNS)
        terminal.wait_for(f" {RUNS} · {RUNS} live".encode())
        before = terminal.received
        os.kill(pid, signal.SIGKILL)
        terminal.wait_for(f" {RUNS} · 0 live".encode(), since=before)
    runs = list_runs(folder / "runs")
    assert [run.state for run in runs] == ["lost"] * RUNS
    reader = RunReader(runs[0].path)
    reader.poll()
    steps = list(reader.train["step"])
    assert steps == list(range(1, len(steps) + 1))
    assert len(steps) >= 2
    assert len(reader.device) >= 1


def beating(folder: Path) -> int:
    """Returns how many runs say that they are live, and have made an update."""
    runs = list_runs(folder)
    return sum(
        run.state == State.RUNNING and bool(run.status.step)
        for run in runs
        if run.status
    )
