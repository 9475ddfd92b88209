"""Runs of other programs on the screens: watched, and steered where they poll."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn_tui import RunLog
from cnn_tui.foreign.importing import import_source
from cnn_tui.foreign.sources import find_sources
from cnn_tui.runs.layout import State
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.dialogs import ChangeValues
from cnn_tui.ui.widgets.notices import Notices
from tests.ui.conftest import dashboard, opened, screen_text, until


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    """A run that was imported from a CSV file."""
    source = tmp_path / "mine.csv"
    rows = (f"{step},{1 / step},{step / 20}\n" for step in range(1, 11))
    source.write_text("step,train_loss,val_acc\n" + "".join(rows))
    [found] = find_sources(source)
    return import_source(found, tmp_path / "runs", wanted={}, name=None).run


class Loop:
    """A training that takes its time; ``polls`` says whether it asks for orders."""

    def __init__(self, folder: Path, *, polls: bool) -> None:
        self.lr, self.may_end, self.polls = 0.1, threading.Event(), polls
        values = {"lr": 0.1, "[b]width": 8}
        self.log = RunLog("net", total_steps=10**6, values=values, runs=folder)
        self.thread = threading.Thread(target=self.train)

    def train(self) -> None:
        with self.log as log:
            for step in range(1, 10**6):
                log.train(step, loss=1 / step, accuracy=0.5, lr=self.lr)
                for _, value in log.orders() if self.polls else ():
                    self.lr = value
                if log.is_stopping or self.may_end.wait(0.05):
                    return


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def running(folder: Path, *, polls: bool) -> Iterator[Loop]:
    loop = Loop(folder, polls=polls)
    loop.thread.start()
    yield loop
    loop.may_end.set()
    loop.thread.join()


@pytest.fixture
def loop(folder: Path) -> Iterator[Loop]:
    """One that can be steered."""
    yield from running(folder, polls=True)


@pytest.fixture
def deaf_loop(folder: Path) -> Iterator[Loop]:
    """One that never asks for orders."""
    yield from running(folder, polls=False)


def told(app: CnnTuiApp) -> str:
    """Returns what notices and notifications say, however they are wrapped."""
    said = [found.message for found in app._notifications]
    if isinstance(app.screen, DashboardScreen):
        said.append(app.screen.query_one(Notices).plain)
    return " ".join(said)


def state(app: CnnTuiApp) -> str:
    return dashboard(app).run.state


async def test_a_training_of_another_program_is_watched_paused_and_changed(
    loop: Loop,
) -> None:
    async with opened(loop.log.path) as (app, pilot):
        await until(pilot, lambda: len(dashboard(app).run.reader.train) > 2)
        await until(pilot, lambda: dashboard(app).run.obeys("pause"))
        await until(pilot, lambda: "space pause" in screen_text(app))
        assert "[b]width" in screen_text(app)
        await pilot.press("space")
        await until(pilot, lambda: state(app) == State.PAUSED)
        await pilot.press("u")
        assert isinstance(app.screen, ChangeValues)
        await pilot.press(*"x", "enter")
        assert "must be a number" in screen_text(app)
        await pilot.press("end", *["backspace"] * 6, *"0.02", "enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await until(pilot, lambda: loop.lr == 0.02)
        await until(pilot, lambda: "lr 0.1 → 0.02" in screen_text(app))
        await pilot.press("space")
        await until(pilot, lambda: state(app) == State.RUNNING)
        await pilot.press("x", "x")
        await until(pilot, lambda: state(app) == State.STOPPED)


async def test_keys_that_nobody_listens_to_say_so(loop: Loop, folder: Path) -> None:
    async with opened(loop.log.path) as (app, pilot):
        await until(pilot, lambda: dashboard(app).run.obeys("pause"))
        await until(pilot, lambda: "space pause" in screen_text(app))
        await pilot.press("k")
        said = dashboard(app).query_one(Notices).plain
        assert "k does nothing: this trainer listens to pause, resume, stop" in said


async def test_a_trainer_that_never_asks_cannot_be_steered(deaf_loop: Loop) -> None:
    async with opened(deaf_loop.log.path) as (app, pilot):
        await until(pilot, lambda: len(dashboard(app).run.reader.train) > 2)
        await pilot.press("x")
        assert isinstance(app.screen, DashboardScreen)
        said = dashboard(app).query_one(Notices).plain
        assert "x does nothing: this trainer listens to nothing" in said


@pytest.mark.parametrize("key", ["v", "c", "h", "t", "L", "f", "R", "m", "space", "u"])
async def test_what_needs_a_network_is_a_sentence_on_an_imported_run(
    imported: Path, key: str
) -> None:
    async with opened(imported) as (app, pilot):
        shown = screen_text(app)
        assert "imported from csv" in shown
        assert "damaged" not in shown
        assert "R resume" not in shown
        await pilot.press(key)
        assert isinstance(app.screen, DashboardScreen)
        await until(pilot, lambda: "another program" in told(app))


async def test_an_imported_run_is_one_of_the_list(imported: Path) -> None:
    app = CnnTuiApp(runs_folder=imported.parent)
    async with app.run_test(size=(140, 30)) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: "imported" in screen_text(app))
        await until(pilot, lambda: "written by another program" in screen_text(app))
        for key in ("v", "R"):
            await pilot.press(key)
            await asyncio.sleep(0)
        await until(pilot, lambda: "there is no network" in told(app))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
