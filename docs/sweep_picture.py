"""Makes the picture of sweeps.md: of a sweep that is made first, unless it is there.

Run it from the top folder: .venv/bin/python docs/sweep_picture.py [RUNS_FOLDER].
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.sweep import SweepScreen

PICTURE = Path(__file__).parent / "sweep.svg"
SIZE = (150, 42)
NAME = "lesson"
SWEEP = ("model-c", "--over=lr=0.01..0.3:log", "--over=batch_size=32,100")
EFFORT = ("--trials=12", "--seeds=1", "--set=iterations=100", "--set=evaluate_every=50")
POLL_SECONDS = 0.2
CHARTS_SECONDS = 3.0
"""Until Optuna is imported and has told what matters."""


def main() -> None:
    """Makes the sweep, and the picture of its screen."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(sys.argv[1] if len(sys.argv) > 1 else folder)
        if not (runs / ".sweeps" / NAME).exists():
            cnn_tui(runs, "sweep", *SWEEP, *EFFORT, f"--name={NAME}", "--no-start")
            cnn_tui(runs, "work", "--idle=0")
        asyncio.run(picture(runs))


def cnn_tui(runs: Path, *command: str) -> None:
    """Runs a command to its end."""
    subprocess.run(
        [sys.executable, "-m", "cnn_tui", *command, f"--runs-dir={runs}"], check=True
    )


async def picture(runs: Path) -> None:
    """Saves the screen of the sweep."""
    app = CnnTuiApp(runs_folder=runs, open_sweep=NAME)
    async with app.run_test(size=SIZE) as pilot:
        while not isinstance(app.screen, SweepScreen):
            await pilot.pause(POLL_SECONDS)
        await pilot.pause(CHARTS_SECONDS)
        PICTURE.write_text(app.export_screenshot(title="cnn-tui"), "utf-8")


if __name__ == "__main__":
    main()
