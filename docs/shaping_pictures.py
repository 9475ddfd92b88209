"""Makes the pictures of shaping.md: from model A to another net, by keys alone.

Run it from the top folder: .venv/bin/python docs/shaping_pictures.py. It trains the net
in the large terminal, which takes some minutes.
"""

import asyncio
import contextlib
import os
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from cnn_tui.ui.app import CnnTuiApp

FOLDER = Path(__file__).parent.absolute()
SIZES = {"wide": (160, 45), "small": (80, 24)}
PAUSE_SECONDS = 0.7
LOAD_SECONDS = 6.0
"""Until the pictures are there, and more."""
SWEEP_SECONDS = 30.0
MEASURE_SECONDS = 40.0

DEEPER = ("T", "enter")
BATCH_NORM = ("T", *["down"] * 5, "enter")
RATE = ("3", *["tab"] * 8, *"0.1", "tab", *"0.9")
ONE_CYCLE = (*["tab"] * 6, "right", "right", "right")


async def main() -> None:
    """Takes all pictures, in both sizes of a terminal."""
    for name, size in SIZES.items():
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            os.environ["XDG_STATE_HOME"] = folder  # what was used last is not known
            app = CnnTuiApp(runs_folder=Path("runs"), marker="braille", pictures="true")
            async with app.run_test(size=size) as pilot:
                await _shape(pilot, app, name)
                if name == "wide":
                    await _train(pilot, app)


async def _shape(pilot: Pilot[int], app: CnnTuiApp, name: str) -> None:
    await pilot.pause(LOAD_SECONDS)
    await _press(pilot, "2", "down")
    await _press(pilot, *DEEPER[:-1])
    _take(app, f"shape-deeper-{name}")
    await _press(pilot, *DEEPER[-1:], *BATCH_NORM)
    _take(app, f"shape-net-{name}")
    await _press(pilot, "4")
    await pilot.pause(LOAD_SECONDS)
    await _press(pilot, "2", *["down"] * 6, "enter")
    await pilot.pause(PAUSE_SECONDS)
    _take(app, f"shape-layer-{name}")
    await _press(pilot, "escape", "l")
    await pilot.pause(SWEEP_SECONDS)
    _take(app, f"shape-rates-{name}")
    await _press(pilot, "escape", "t")
    await pilot.pause(MEASURE_SECONDS)
    _take(app, f"shape-speed-{name}")
    await _press(pilot, "escape", *RATE, *ONE_CYCLE)


async def _train(pilot: Pilot[int], app: CnnTuiApp) -> None:
    await _press(pilot, "ctrl+s")
    await pilot.pause(LOAD_SECONDS)
    while app.backend.is_busy:
        await pilot.pause(PAUSE_SECONDS)
    await pilot.pause(LOAD_SECONDS)
    _take(app, "shape-trained-wide")


async def _press(pilot: Pilot[int], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause(PAUSE_SECONDS)


def _take(app: CnnTuiApp, name: str) -> None:
    app.save_screenshot(f"{name}.svg", str(FOLDER))


if __name__ == "__main__":
    asyncio.run(main())
