"""Makes the pictures of the README and of inside.md, by looking at the real program.

Run it from the top folder: .venv/bin/python docs/screenshots.py [RUNS_FOLDER]. Runs a
and c that are in that folder are looked into; else they are trained there first.
"""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from cnn_tui.runs.layout import State, find_run
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.network import NetworkScreen
from cnn_tui.ui.screens.picture import PictureScreen
from cnn_tui.ui.screens.pictures import PicturesScreen
from cnn_tui.ui.widgets.sketch import Sketch

FOLDER = Path(__file__).parent.absolute()
SIZE = (150, 42)
HALF = (150, 24)
PICTURE_AT_STEP = 2600
POLL_SECONDS = 0.5
LOOK_SECONDS = 6.0
"""Until a question about the network is answered, and more."""
REPLAY_SECONDS = 60.0
"""Until the updates from a checkpoint on are made again."""
NEIGHBOURS_SECONDS = 40.0
"""Until all training pictures have been through the network."""
SETTINGS = ("iterations=3000", "evaluate_every=500", "checkpoint_every=500")
SEVEN = [(0.28, 0.2), (0.72, 0.2), (0.45, 0.85)]


async def main(runs: Path) -> None:
    """Takes all pictures; ``runs`` gets the runs A and C."""
    await _dashboards()
    for name in ("a", "c"):
        if not any(runs.glob(f"*-{name}")):
            _train_for(runs, name)
    await _filters(runs)
    await _edges(runs)
    await _mistake(runs)
    await _drawn_seven(runs)
    await _replayed_step(runs)


async def _dashboards() -> None:
    """Takes a picture of the form, and of the dashboard near the end of a run."""
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


def _train_for(runs: Path, name: str) -> None:
    settings = [word for text in SETTINGS for word in ("--set", text)]
    command = [sys.executable, "-m", "cnn_tui", "train", f"model-{name}", *settings]
    subprocess.run([*command, "--name", name, "--runs-dir", runs], check=True)


@contextlib.asynccontextmanager
async def _inside(
    runs: Path, name: str, key: str = "v", size: tuple[int, int] = SIZE
) -> AsyncIterator["Tour"]:
    """Opens a run, and presses a key that looks into it."""
    run = find_run(next(runs.glob(f"*-{name}")).name, runs)
    app = CnnTuiApp(runs_folder=runs, open_run=run, marker="braille", pictures="true")
    async with app.run_test(size=size) as pilot:
        tour = Tour(pilot, app)
        await pilot.pause(LOOK_SECONDS)
        await tour.press(key)
        yield tour


class Tour:
    """Presses keys, waits for what they bring, and takes pictures."""

    def __init__(self, pilot: Pilot[int], app: CnnTuiApp) -> None:
        """Looks at ``app``."""
        self.pilot = pilot
        self.app = app

    @property
    def step(self) -> int:
        """Whose weights are looked at, inside a network."""
        screen = self.app.screen
        assert isinstance(screen, NetworkScreen)
        assert screen.scene is not None
        return screen.scene.seen.step

    async def press(self, *keys: str, seconds: float = LOOK_SECONDS) -> None:
        """Presses keys, and waits."""
        await self.pilot.press(*keys)
        await self.pilot.pause(seconds)

    async def open(
        self, key: str, kind: type[Screen[None]], seconds: float = LOOK_SECONDS
    ) -> None:
        """Presses a key, and waits for a screen, and then for what it asks."""
        await self.press(key, seconds=POLL_SECONDS)
        while not isinstance(self.app.screen, kind):
            await self.pilot.pause(POLL_SECONDS)
        await self.pilot.pause(seconds)

    async def answer(self, key: str, text: str, seconds: float = LOOK_SECONDS) -> None:
        """Presses a key that asks for a text, and types it."""
        await self.press(key, seconds=POLL_SECONDS)
        self.app.screen.query_one(Input).value = text
        await self.press("enter", seconds=seconds)

    def take(self, name: str) -> None:
        """Takes a picture."""
        self.app.save_screenshot(f"{name}.svg", str(FOLDER))


async def _filters(runs: Path) -> None:
    """Takes pictures of model A: a layer with maps, and its filters as they emerge."""
    async with _inside(runs, "a") as tour:
        await tour.press("down", "down", "down")
        tour.take("inside")
    async with _inside(runs, "a", size=HALF) as tour:
        await tour.press("tab")
        tour.take("filters-3000")
        for step in (500, 0):
            while tour.step > step:
                await tour.press("less_than_sign", seconds=2)
            tour.take(f"filters-{step}")


async def _edges(runs: Path) -> None:
    """Takes pictures of values: in the middle, and at an edge with both paddings."""
    async with _inside(runs, "a") as tour:
        await tour.press("down", "down", "down", "enter")
        await tour.press(*["down"] * 3, *["right"] * 3, "enter")
        await tour.press("s")
        tour.take("value")
    for name, padding in [("a", "same"), ("c", "valid")]:
        async with _inside(runs, name) as tour:
            await tour.press("enter", seconds=1)
            await tour.press("enter")
            await tour.press("a")
            tour.take(f"edge-{padding}")


async def _mistake(runs: Path) -> None:
    """Takes pictures of what model C confuses, and where it looked."""
    async with _inside(runs, "c", "c") as tour:
        await tour.open("enter", PicturesScreen)
        await tour.open("enter", PictureScreen, seconds=NEIGHBOURS_SECONDS)
        tour.take("mistake")
        await tour.open("v", NetworkScreen)
        await tour.press("o")
        tour.take("mistake-where")


async def _drawn_seven(runs: Path) -> None:
    """Takes a picture of a digit that is drawn with the mouse."""
    async with _inside(runs, "c") as tour:
        await tour.press("d")
        width, height = tour.app.screen.query_one(Sketch).size
        points = [(int(x * width), int(y * height)) for x, y in SEVEN]
        await tour.pilot.mouse_down(Sketch, offset=points[0])
        for point in points[1:]:
            await tour.pilot.hover(Sketch, offset=point)
        await tour.pilot.mouse_up(Sketch, offset=points[-1])
        await tour.press()
        tour.take("drawn")


async def _replayed_step(runs: Path) -> None:
    """Takes a picture of the pictures of one update, with the loss of each."""
    async with _inside(runs, "a") as tour:
        await tour.answer("g", "1234", seconds=REPLAY_SECONDS)
        tour.take("replayed")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(main(Path(sys.argv[1]).absolute()))
    else:
        with tempfile.TemporaryDirectory() as folder:
            asyncio.run(main(Path(folder)))
