"""Makes the pictures of many-runs.md: from 200 runs to one in a file, by keys alone.

Run it in an empty folder, which is what its pictures show of paths:
cd $(mktemp -d) && PROJECT/.venv/bin/python PROJECT/docs/many_runs_pictures.py
Four runs train on MNIST; the others are named formula-… and never trained: RunLog
writes their rows by the formula of ``_formula_accuracy``. Where a folder ``runs`` is
there already, it is taken as it is.
"""

import asyncio
import itertools
import math
import os
import subprocess
import sys
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Label

from cnn_tui import RunLog
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.compare import CompareScreen
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.exporting import Exporting

FOLDER = Path(__file__).parent.absolute()
SIZE = (160, 45)
PAUSE_SECONDS = 0.7
LOAD_SECONDS = 4.0
"""Until what is asked for has been read and drawn, and more."""
POLL_SECONDS = 0.5
UPDATES, TEST_EVERY = 300, 50
FORK_AT = 250
TRAINED = (
    ("model-a", "lr=0.01", "momentum=0.9"),
    ("model-a", "lr=0.05", "momentum=0.9"),
    ("model-c", "lr=0.05", "momentum=0.9"),
    ("model-b", "lr=0.05", "momentum=0.9"),
)
RATES = tuple(10 ** (-3 + place / 10) for place in range(28))
SEEDS = range(7)
BEST_THREE = ("slash", *"best>95%", "enter", "o", "home")
COMPARED = (*["space"] * 3, "c")
FORKED = ("up", "up", "up", "f")
CHANGED = (*"lr=0.01 iterations=+100", "up", *str(FORK_AT))
EXPORTS = {"onnx": "a", "html": "j"}
RUNS = Path("runs")


async def main() -> None:
    """Takes all pictures; makes the runs first where there is no folder of them."""
    os.environ["XDG_STATE_HOME"] = str(Path.cwd())  # how the list was is not known
    if not RUNS.exists():
        _make()
    app = CnnTuiApp(runs_folder=RUNS, marker="braille", pictures="true")
    async with app.run_test(size=SIZE) as pilot:
        await _find_and_compare(pilot, app)
        await _fork(pilot, app)
        await _export(pilot, app)
    _import_elsewhere()
    await _look_elsewhere()


def _make() -> None:
    for rate, seed in itertools.product(RATES, SEEDS):
        _write(rate, seed)
    for preset, *settings in TRAINED:
        _train(preset, settings)


def _write(rate: float, seed: int) -> None:
    with RunLog(
        f"formula-{rate:.3g}-{seed}",
        total_steps=UPDATES,
        values={"lr": rate, "seed": seed},
        dataset="formula",
        runs=RUNS,
    ) as log:
        for step in range(TEST_EVERY, UPDATES + 1, TEST_EVERY):
            accuracy = _formula_accuracy(step, rate, seed)
            log.train(step, loss=-math.log(accuracy), accuracy=accuracy, lr=rate)
            log.test(step, loss=-math.log(accuracy), accuracy=accuracy)


def _formula_accuracy(step: int, rate: float, seed: int) -> float:
    """Returns 0.1 + 0.8·exp(−(log₁₀(rate/0.05))²)·(1 − exp(−step/100)) + seed/1000."""
    height = math.exp(-(math.log10(rate / 0.05) ** 2))
    return 0.1 + 0.8 * height * (1 - math.exp(-step / 100)) + seed / 1000


def _train(preset: str, settings: list[str]) -> None:
    lengths = (f"iterations={UPDATES}", f"evaluate_every={TEST_EVERY}")
    chosen = [f"--set={setting}" for setting in (*settings, *lengths)]
    words = (sys.executable, "-m", "cnn_tui", "train", preset, *chosen)
    subprocess.run((*words, "--runs-dir", str(RUNS)), check=True)


async def _find_and_compare(pilot: Pilot[int], app: CnnTuiApp) -> None:
    await _press(pilot, "r")
    await pilot.pause(LOAD_SECONDS)
    _take(app, "many-list")
    await _press(pilot, *BEST_THREE)
    _take(app, "many-best")
    await _press(pilot, *COMPARED)
    while not isinstance(app.screen, CompareScreen):
        await pilot.pause(POLL_SECONDS)
    await pilot.pause(LOAD_SECONDS)
    _take(app, "many-compared")
    await _press(pilot, "escape")


async def _fork(pilot: Pilot[int], app: CnnTuiApp) -> None:
    await _press(pilot, *FORKED, *CHANGED)
    _take(app, "many-fork-asked")
    await _press(pilot, "enter")
    while not isinstance(app.screen, DashboardScreen) or app.backend.is_busy:
        await pilot.pause(POLL_SECONDS)
    await pilot.pause(LOAD_SECONDS)
    _take(app, "many-forked")


async def _export(pilot: Pilot[int], app: CnnTuiApp) -> None:
    for kind, key in EXPORTS.items():
        await _press(pilot, "X", key, "enter")
        while not _has_written(app):
            await pilot.pause(POLL_SECONDS)
        _take(app, f"many-{kind}")
        await _press(pilot, "escape")
    await _press(pilot, "X", "d", "enter")
    while not _has_written(app):
        await pilot.pause(POLL_SECONDS)


def _has_written(app: CnnTuiApp) -> bool:
    if not isinstance(app.screen, Exporting):
        return False
    return "bytes" in str(app.screen.query_one("#said", Label).render())


def _import_elsewhere() -> None:
    (rows,) = Path().glob("*.csv")
    words = (sys.executable, "-m", "cnn_tui", "import", str(rows))
    subprocess.run((*words, "--runs-dir", "elsewhere"), check=True)


async def _look_elsewhere() -> None:
    app = CnnTuiApp(runs_folder=Path("elsewhere"), marker="braille", pictures="true")
    async with app.run_test(size=SIZE) as pilot:
        await _press(pilot, "r")
        await pilot.pause(LOAD_SECONDS)
        await _press(pilot, "enter")
        await pilot.pause(LOAD_SECONDS)
        _take(app, "many-imported")


async def _press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause(PAUSE_SECONDS if len(key) > 1 or key.isupper() else 0)


def _take(app: CnnTuiApp, name: str) -> None:
    app.save_screenshot(f"{name}.svg", str(FOLDER))


if __name__ == "__main__":
    asyncio.run(main())
