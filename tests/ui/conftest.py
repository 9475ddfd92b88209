"""The application on real runs: some recorded once, some trained while it watches."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import torch
from textual.app import App
from textual.pilot import Pilot

from cnn_tui.config import RunConfig, parse_settings
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.start import NewRun, start_run
from cnn_tui.engine.trainer import Trainer
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs import mailbox
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.new_run import NewRunScreen

PATIENCE_SECONDS = 60.0
WIDE = (160, 45)

ENDLESS = ("iterations=1000000", "checkpoint_every=1000000")


def tiny_config(*settings: str) -> RunConfig:
    """Returns a softmax regression on 500 images, which trains in no time."""
    small = ["train_images=500", "evaluate_every=1000000", "threads=1"]
    preset = read_preset(find_preset("logistic"))
    return preset.with_settings(parse_settings([*small, *settings]))


async def until(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    """Lets the application go on until something holds; fails if it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never came true on {pilot.app.screen}"
        await asyncio.sleep(0.01)
        await pilot.pause()


def dashboard(app: CnnTuiApp) -> DashboardScreen:
    """Returns the dashboard, which has to be on top."""
    assert isinstance(app.screen, DashboardScreen)
    return app.screen


def screen_text(app: App[int]) -> str:
    """Returns what is on the screen, as text."""
    lines = app.screen._compositor.render_strips()
    return "\n".join(line.text.rstrip() for line in lines)


@asynccontextmanager
async def training(
    folder: Path, *settings: str, size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int]]]:
    """Starts a run in the application; it is stopped in the end, whatever happens."""
    app = CnnTuiApp(runs_folder=folder)
    async with app.run_test(size=size) as pilot:
        app.post_message(
            NewRunScreen.StartRequested(
                config=tiny_config(*settings), preset="logistic", name="logistic"
            )
        )
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await until(pilot, lambda: dashboard(app).run.reader.events)
        try:
            yield app, pilot
        finally:
            if app.backend.training:
                mailbox.send(app.backend.training, "stop")
            while app.backend.is_busy:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def opened(
    run: Path, size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int]]]:
    """Opens a run in the application and waits until all of it is read."""
    app = CnnTuiApp(runs_folder=run.parent, open_run=run)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        dashboard(app).poll()
        await pilot.pause()
        yield app, pilot


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small tensors only lose time to more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def calm_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the processor to the screen, as an accelerator would.

    The pilot waits after each key until the process was idle for 20 ms.
    """
    update = Trainer.update

    def update_calmly(trainer: Trainer) -> bool:
        time.sleep(0.06)
        return update(trainer)

    monkeypatch.setattr(Trainer, "update", update_calmly)


@pytest.fixture(scope="session")
def recorded_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of 60 updates; do not change it."""
    created: list[Path] = []
    request = NewRun(
        config=tiny_config("iterations=60", "evaluate_every=20", "lr=0.02"),
        name="logistic",
        preset="logistic",
        runs_folder=tmp_path_factory.mktemp("recorded"),
    )
    start_run(request, Interrupts(), on_created=created.append)
    return created[0]


@pytest.fixture
def finished_run(recorded_run: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, in a folder of its own; it may be damaged."""
    copy = tmp_path / "runs" / recorded_run.name
    shutil.copytree(recorded_run, copy)
    return copy
