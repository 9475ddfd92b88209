"""Keys that come in one write, as over a slow line, reach what they are meant for."""

import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual._xterm_parser import XTermParser
from textual.pilot import Pilot
from textual.widgets import Input

from cnn_tui.presets.files import preset_path
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.widgets.choice import Choice
from cnn_tui.ui.widgets.field import Field
from cnn_tui.ui.widgets.metric_chart import MetricChart
from cnn_tui.ui.widgets.preset_list import Presets
from tests.terminal import KEYS
from tests.ui.conftest import (
    ENDLESS,
    WIDE,
    dashboard,
    opened,
    screen_text,
    training,
    until,
)

SMALL = """\
dataset: {name: mnist, train_images: 500}
model: {layers: [flatten, {linear: {out_features: classes}}]}
training: {iterations: 1000000, batch_size: 100, threads: 1}
"""
UNDO = "\x15"
"""Ctrl+U, which empties a field."""


def type_at_once(app: CnnTuiApp, *keys: str) -> None:
    """Lets a terminal send all keys before the first of them is handled."""
    driver, parser = app._driver, XTermParser()
    assert driver is not None
    for event in parser.feed("".join(KEYS.get(key, key) for key in keys)):
        driver.process_message(event)


@pytest.fixture(params=["at rest", pytest.param("busy", marks=pytest.mark.torture)])
def machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """Is at rest, or has a thread that takes the interpreter whenever it can."""
    stop = threading.Event()

    def burn() -> None:
        while not stop.is_set():
            sum(range(10_000))

    thread = threading.Thread(target=burn)
    if request.param == "busy":
        thread.start()
    yield
    stop.set()
    if thread.ident is not None:
        thread.join()


def now(app: CnnTuiApp) -> Status:
    """Returns what the dashboard knows of its run; it has to be on top by then."""
    [screen] = [s for s in app.screen_stack if isinstance(s, DashboardScreen)]
    assert screen.run.status is not None
    return screen.run.status


def field(app: CnnTuiApp, name: str) -> str:
    """Returns the text in a field of the form."""
    [screen] = [s for s in app.screen_stack if isinstance(s, NewRunScreen)]
    [found] = [f for f in screen.query(Field) if f.key.endswith(f".{name}")]
    editor = found.query("Input, Choice").first()
    assert isinstance(editor, Input | Choice)
    return editor.value


@asynccontextmanager
async def chooser(folder: Path) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int]]]:
    """Opens the new-run screen and waits until everything is read."""
    app = CnnTuiApp(runs_folder=folder / "runs")
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: "parameters" in screen_text(app))
        yield app, pilot


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each test presets and a memory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.mark.usefixtures("machine", "calm_training")
class TestALiveRun:
    async def test_more_iterations(self, tmp_path: Path) -> None:
        async with training(tmp_path, *ENDLESS) as (app, pilot):
            type_at_once(app, "m500", "enter")
            await until(pilot, lambda: now(app).total_steps != 1_000_000)
            assert now(app).total_steps == 1_000_500

    async def test_a_number_of_batches(self, tmp_path: Path) -> None:
        async with training(tmp_path, *ENDLESS) as (app, pilot):
            type_at_once(app, "space")
            await until(pilot, lambda: now(app).state == State.PAUSED)
            paused_at = now(app).step
            type_at_once(app, "b25", "enter")
            await until(pilot, lambda: now(app).step > paused_at)
            await until(pilot, lambda: now(app).state == State.PAUSED)
            assert now(app).step == paused_at + 25

    async def test_values_with_tabs_between_the_fields(self, tmp_path: Path) -> None:
        async with training(tmp_path, *ENDLESS) as (app, pilot):
            keys = ("u", UNDO, "0.02", "tab", UNDO, "0.5", "down", "tab", "700")
            type_at_once(app, *keys, "enter")
            await until(pilot, lambda: len(now(app).overrides) == 3)
            assert now(app).overrides == {
                "lr": 0.02,
                "momentum": 0.5,
                "evaluate_every": 700,
            }

    async def test_the_question_before_it_stops(self, tmp_path: Path) -> None:
        async with training(tmp_path, *ENDLESS) as (app, pilot):
            type_at_once(app, "xx")
            await until(pilot, lambda: now(app).state == State.STOPPED)

    async def test_the_question_before_it_is_left(self, tmp_path: Path) -> None:
        async with training(tmp_path, *ENDLESS) as (app, pilot):
            run = dashboard(app).run.path
            type_at_once(app, "qs")
            await until(pilot, lambda: app._exit)
            status = read_status(run)
            assert status and status.state is State.STOPPED


@pytest.mark.usefixtures("machine")
class TestThePanes:
    async def test_the_chart_that_has_come_to_the_front(
        self, finished_run: Path
    ) -> None:
        async with opened(finished_run) as (app, pilot):
            loss, accuracy = dashboard(app).query(MetricChart)
            type_at_once(app, "z", "tab", "tab", "shift+tab", "+")
            await until(pilot, lambda: accuracy.view or loss.view)
            assert accuracy.view
            assert app.focused is accuracy

    async def test_help_and_back(self, finished_run: Path) -> None:
        async with opened(finished_run) as (app, pilot):
            type_at_once(app, "?ql")
            loss = dashboard(app).query_one("#loss", MetricChart)
            await until(pilot, lambda: loss.log_y)
            assert not app._exit

    async def test_the_palette(self, finished_run: Path) -> None:
        async with opened(finished_run) as (app, pilot):
            type_at_once(app, "ctrl+p", "logarithmic", "enter", "s")
            loss = dashboard(app).query_one("#loss", MetricChart)
            await until(pilot, lambda: "0.97" in str(loss.border_title))
            assert loss.log_y

    async def test_the_themes(self, finished_run: Path) -> None:
        async with opened(finished_run) as (app, pilot):
            type_at_once(app, "\x14", "nord", "enter")
            await until(pilot, lambda: app.theme == "nord")


@pytest.mark.usefixtures("machine")
class TestANewRun:
    async def test_numbers_into_their_fields(self, tmp_path: Path) -> None:
        async with chooser(tmp_path) as (app, pilot):
            type_at_once(app, "3150", "tab", "tab", "64", "tab", "50", "enter", "40s")
            await until(pilot, lambda: field(app, "checkpoint_every") == "40s")
            assert field(app, "iterations") == "150"
            assert field(app, "batch_size") == "64"
            assert field(app, "evaluate_every") == "50"

    async def test_choices_between_fields(self, tmp_path: Path) -> None:
        async with chooser(tmp_path) as (app, pilot):
            type_at_once(app, "3", *["tab"] * 7, "right", "tab", "0.5")
            await until(pilot, lambda: field(app, "optimizer.lr") == "0.5")
            assert field(app, "optimizer.name") != "sgd"

    async def test_the_filter_and_the_list(self, tmp_path: Path) -> None:
        for name in ("mine", "other"):
            preset_path(name).parent.mkdir(parents=True, exist_ok=True)
            preset_path(name).write_text(SMALL)
        async with chooser(tmp_path) as (app, pilot):
            type_at_once(app, "/mine", "enter", "3", "77")
            await until(pilot, lambda: field(app, "iterations") == "77")
            assert app.screen.query_one(Presets).option_count == 2  # and a title

    async def test_the_name_of_a_preset(self, tmp_path: Path) -> None:
        async with chooser(tmp_path) as (app, pilot):
            type_at_once(app, "wname", "enter", "3", "77")
            await until(pilot, lambda: field(app, "iterations") == "77")
            assert preset_path("name").is_file()
            await pilot.press("escape")
            await until(pilot, lambda: isinstance(app.focused, Presets))
            type_at_once(app, "wname", "enter", "r", "3", "78")
            await until(pilot, lambda: field(app, "iterations") == "78")
            assert "77" in preset_path("name").read_text()

    async def test_what_is_typed_before_anything_is_read(self, tmp_path: Path) -> None:
        app = CnnTuiApp(runs_folder=tmp_path / "runs")
        async with app.run_test(size=WIDE) as pilot:
            type_at_once(app, "down", "3", "42", "tab", "tab", "24")
            await until(pilot, lambda: "parameters" in screen_text(app))
            await until(pilot, lambda: field(app, "batch_size") == "24")
            assert field(app, "iterations") == "42"


@pytest.mark.usefixtures("machine")
class TestTheListOfRuns:
    async def test_the_run_on_top(self, finished_run: Path) -> None:
        app = CnnTuiApp(runs_folder=finished_run.parent)
        async with app.run_test(size=WIDE) as pilot:
            type_at_once(app, "r", "enter", "l")
            await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
            loss = dashboard(app).query_one("#loss", MetricChart)
            await until(pilot, lambda: loss.log_y)

    async def test_the_filter(self, finished_run: Path) -> None:
        shutil.copytree(finished_run, finished_run.with_name("zzz"))
        app = CnnTuiApp(runs_folder=finished_run.parent)
        async with app.run_test(size=WIDE) as pilot:
            type_at_once(app, "r/zzz", "enter", "enter")
            await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
            assert dashboard(app).run.path.name == "zzz"

    async def test_back_to_a_new_run(self, finished_run: Path) -> None:
        async with opened(finished_run) as (app, pilot):
            type_at_once(app, "rn3", "42")
            await until(pilot, lambda: "parameters" in screen_text(app))
            await until(pilot, lambda: field(app, "iterations") == "42")
