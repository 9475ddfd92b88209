"""A viewer: whatever is pressed, nothing changes, and a sentence says so."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from cnn_tui.host.process import this_process
from cnn_tui.jobs import add_job
from cnn_tui.runs import records
from cnn_tui.runs.layout import STATUS, State
from cnn_tui.runs.status import read_status
from tests.jobs.making import make_job
from tests.sweeps.studies import told as make_study
from tests.ui.viewer_keys import CASES, FINISHED, LIVE, REFUSAL, SILENT

REPOSITORY = Path(__file__).parents[2]


def make_runs(folder: Path, recorded: Path) -> None:
    """Makes a run that has ended, one that is live, two that wait, and a sweep."""
    for name in (FINISHED, LIVE):
        shutil.copytree(recorded, folder / name)
    status = read_status(recorded)
    assert status is not None
    live = {"state": State.RUNNING, "step": 50, "started_at": records.now()}
    trainer = dataclasses.asdict(this_process())
    status = msgspec.structs.replace(status, **live, **trainer)
    (folder / LIVE / STATUS).write_bytes(msgspec.json.encode(status))
    for name in "ab":
        add_job(folder, make_job(name))
    make_study(folder, finished=1)


@pytest.mark.parametrize("place", CASES)
def test_a_viewer_changes_nothing_and_says_so(
    place: str, recorded_run: Path, tmp_path: Path
) -> None:
    make_runs(tmp_path / "runs", recorded_run)
    kinds = ("STATE", "CACHE", "CONFIG")
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in kinds}
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.viewer_keys", str(tmp_path), place],
        cwd=tmp_path,
        env={**os.environ, **own, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.keys() == CASES[place].keys()
    for case, came in found.items():
        assert came["is_same"], case
        assert (REFUSAL in came["said"]) == (case not in SILENT), case
