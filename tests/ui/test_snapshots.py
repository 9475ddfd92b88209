"""Pictures of every screen, to be looked at when one changes."""

import dataclasses
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from textual.pilot import Pilot

from cnn_tui.host import hardware, nvml
from cnn_tui.host.process import this_process
from cnn_tui.presets import files
from cnn_tui.runs import records
from cnn_tui.runs.layout import STATUS, State
from cnn_tui.runs.records import Best
from cnn_tui.ui.app import CnnTuiApp
from tests import textual_version
from tests.ui.conftest import screen_text, until
from tests.ui.picture_runs import NOW, picture_status, write_picture_run

SIZES = [(160, 45), (80, 24)]
RUNS = Path("runs")

pytestmark = pytest.mark.skipif(
    bool(textual_version.difference()), reason=str(textual_version.difference())
)


class SnapCompare(Protocol):
    """The fixture of pytest-textual-snapshot."""

    def __call__(
        self,
        app: CnnTuiApp,
        *,
        terminal_size: tuple[int, int],
        run_before: Callable[[Pilot[int]], Awaitable[None]],
    ) -> bool: ...


@pytest.fixture(autouse=True)
def _same_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fixes the time, the folder, the machine and the presets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(records, "now", lambda: NOW)
    monkeypatch.setattr(nvml, "gpus", list)
    monkeypatch.setattr(hardware, "cpu_count", lambda: 16)
    folder = tmp_path / "builtin"
    folder.mkdir()
    for name in ("model-a", "model-c", "logistic"):
        shutil.copy(files.builtin_folder() / f"{name}.yaml", folder)
    monkeypatch.setattr(files, "builtin_folder", lambda: folder)
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "broken.yaml").write_text("title: Broken\nmodle: {}\n")


def showing(*texts: str, press: tuple[str, ...] = ()) -> Callable[..., Awaitable[None]]:
    """Returns what waits for texts on the screen, pressing keys after the first."""

    async def wait(pilot: Pilot[int]) -> None:
        first, *more = texts
        await until(pilot, lambda: first in screen_text(pilot.app))
        await pilot.press(*press)
        await until(pilot, lambda: all(text in screen_text(pilot.app) for text in more))
        await pilot.pause()

    return wait


def identity() -> dict[str, Any]:
    """Returns what makes a run one of this living process."""
    return dataclasses.asdict(this_process())


@pytest.mark.parametrize("size", SIZES)
def test_new_run(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    ready = showing("multiply-adds", "Model C: max", press=("down",))
    app = CnnTuiApp(runs_folder=RUNS)
    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES)
def test_data_of_a_new_run(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    ready = showing("multiply-adds", "images of update 1", press=("4",))
    app = CnnTuiApp(runs_folder=RUNS, pictures="grey")
    assert snap_compare(app, terminal_size=size, run_before=ready)


@pytest.mark.parametrize("size", SIZES)
def test_dashboard(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    run = write_picture_run(RUNS, step=1240, state=State.RUNNING, **identity())
    app = CnnTuiApp(runs_folder=RUNS, open_run=run)
    assert snap_compare(app, terminal_size=size, run_before=showing("1,240/3,000"))


@pytest.mark.parametrize("size", SIZES)
def test_failed_run(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    fields: dict[str, Any] = {
        "reason": "non_finite",
        "best": None,
        "lr": 0.05,
        "overrides": {},
    }
    run = write_picture_run(RUNS, step=211, state=State.FAILED, **fields)
    app = CnnTuiApp(runs_folder=RUNS, open_run=run)
    assert snap_compare(app, terminal_size=size, run_before=showing("failed at step"))


@pytest.mark.parametrize("size", SIZES)
def test_runs(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    write_picture_run(RUNS, step=1240, state=State.RUNNING, **identity())
    for number, (name, preset, state, hours, reason) in enumerate(
        [
            ("model-c", "model-c", State.FINISHED, 2, None),
            ("slower", "deeper", State.STOPPED, 26, None),
            ("my-net", "my-[red]net", State.FAILED, 27, "non_finite"),
            ("model-b", "model-b", State.INTERRUPTED, 80, "SIGTERM"),
        ]
    ):
        run = RUNS / f"20261121-18000{number}-{name}"
        fields = {
            "name": name,
            "preset": preset,
            "started_at": NOW - timedelta(hours=hours),
            "best": None if reason else Best(step=500 * number, accuracy=0.96),
            "reason": reason,
        }
        run.mkdir()
        status = picture_status(run.name, step=900, state=state, **fields)
        (run / STATUS).write_bytes(msgspec.json.encode(status))
    (RUNS / "damaged").mkdir()
    ready = showing("multiply-adds", "sorted by started", "differs", press=("r",))
    app = CnnTuiApp(runs_folder=RUNS)
    assert snap_compare(app, terminal_size=size, run_before=ready)


def test_help(snap_compare: SnapCompare) -> None:
    ready = showing(
        "multiply-adds", "Go to the hyperparameters", press=("question_mark",)
    )
    app = CnnTuiApp(runs_folder=RUNS)
    assert snap_compare(app, terminal_size=(80, 24), run_before=ready)
