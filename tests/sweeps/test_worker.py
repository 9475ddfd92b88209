"""A real worker, whose trainings are processes, takes a sweep to its end."""

import subprocess
import sys
from pathlib import Path

import pytest

from cnn_tui.sweeps.control import begin
from cnn_tui.sweeps.overview import SweepReader
from tests.sweeps.studies import plan
from tests.sweeps.working import last_accuracy


def test_a_worker_takes_a_grid_to_its_end(tmp_path: Path) -> None:
    wanted = plan("lr=0.1,0.2", "momentum=0,0.9", sampler="grid", trials=None)
    sweep = begin(wanted, "grid", tmp_path / "runs")
    words = ["work", "--devices", "cpu:2", "--idle", "0", "--runs-dir"]
    told = subprocess.run(
        [sys.executable, "-m", "cnn_tui", *words, str(tmp_path / "runs")],
        capture_output=True,
        text=True,
    )
    found = SweepReader(sweep).read()
    assert found.state == "finished", told.stdout + told.stderr
    assert {tuple(trial.values.values()) for trial in found.trials} == {
        (0.1, 0),
        (0.1, 0.9),
        (0.2, 0),
        (0.2, 0.9),
    }
    for trial in found.trials:
        [run] = trial.runs
        assert trial.value == pytest.approx(last_accuracy(tmp_path / "runs" / run))
