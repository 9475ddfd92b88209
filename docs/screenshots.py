"""Makes the pictures of the README: trains model C on MNIST, and looks at the screens.

Run it from the top folder: .venv/bin/python docs/screenshots.py
"""

import asyncio
import contextlib
import tempfile
from pathlib import Path

from textual.pilot import Pilot

from cnn_tui.runs.layout import State
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dashboard import DashboardScreen

FOLDER = Path(__file__).parent.absolute()
SIZE = (150, 42)
PICTURE_AT_STEP = 2600
POLL_SECONDS = 0.5
LOOK_SECONDS = 4.0
"""Until a question about the network is answered, and more."""


async def main() -> None:
    """Takes a picture of the form, of the dashboard near the end, and from inside."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        app = CnnTuiApp(runs_folder=Path("runs"), marker="braille", pictures="true")
        async with app.run_test(size=SIZE) as pilot:
            await pilot.press("down", "down")
            await pilot.pause(POLL_SECONDS)
            app.save_screenshot("new-run.svg", str(FOLDER))
            await pilot.press("enter")
            await _train(pilot, app)
            await pilot.press("l")
            await pilot.pause(POLL_SECONDS)
            app.save_screenshot("dashboard.svg", str(FOLDER))
            await pilot.press("x", "x")
            while app.backend.is_busy:
                await pilot.pause(POLL_SECONDS)
            await _look_inside(pilot, app)


async def _look_inside(pilot: Pilot[int], app: CnnTuiApp) -> None:
    """Takes a picture of a layer's maps, and of how one value comes about."""
    await pilot.press("v")
    await pilot.pause(LOOK_SECONDS)
    await pilot.press("down", "down", "down")
    await pilot.pause(LOOK_SECONDS)
    app.save_screenshot("inside.svg", str(FOLDER))
    await pilot.press("enter", *["down"] * 3, *["right"] * 3, "enter")
    await pilot.pause(LOOK_SECONDS)
    await pilot.press("s")
    await pilot.pause(LOOK_SECONDS)
    app.save_screenshot("value.svg", str(FOLDER))


async def _train(pilot: Pilot[int], app: CnnTuiApp) -> None:
    """Waits for the picture's moment, with a lower learning rate for the last part."""
    edited = False
    while True:
        await pilot.pause(POLL_SECONDS)
        screen = app.screen
        if not isinstance(screen, DashboardScreen) or screen.run.status is None:
            continue
        status = screen.run.status
        if status.state is State.RUNNING and status.step >= 2000 and not edited:
            edited = True
            await pilot.press("u", *"0.01", "enter")
        if status.step >= PICTURE_AT_STEP:
            return


if __name__ == "__main__":
    asyncio.run(main())
