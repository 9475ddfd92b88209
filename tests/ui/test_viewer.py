"""A viewer: whatever is pressed, nothing changes, and a sentence says so."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cnn_tui.host.process import this_process
from cnn_tui.host.viewing import REFUSAL
from cnn_tui.jobs import add_job
from cnn_tui.runs import records
from cnn_tui.runs.layout import STATUS, State
from cnn_tui.runs.status import read_status
from tests.jobs.making import make_job
from tests.sweeps.studies import told as make_study
from tests.ui.viewer_keys import CASES, FINISHED, LIVE, SILENT

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


@pytest.fixture(scope="module")
def found(
    recorded_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What came of each case."""
    home = tmp_path_factory.mktemp("viewer")
    make_runs(home / "runs", recorded_run)
    kinds = ("STATE", "CACHE", "CONFIG")
    own = {f"XDG_{kind}_HOME": str(home / kind) for kind in kinds}
    done = subprocess.run(
        [sys.executable, "-m", "tests.ui.viewer_keys", str(home)],
        cwd=home,
        env={**os.environ, **own, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout)
    return results


@pytest.mark.parametrize(
    ("place", "case"), [(place, case) for place in CASES for case in CASES[place]]
)
def test_a_viewer_changes_nothing_and_says_so(
    place: str, case: str, found: dict[str, Any]
) -> None:
    assert found[place][case]["is_same"]
    assert (REFUSAL in found[place][case]["said"]) == (case not in SILENT)
