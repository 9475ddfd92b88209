"""A run that trains in this process, steered from the dashboard."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event

import pytest
import torchvision
from textual.pilot import Pilot
from textual.widgets import Input

from cnn_tui.config import to_yaml
from cnn_tui.engine.trainer import Trainer
from cnn_tui.runs.layout import CHECKPOINTS, State
from cnn_tui.runs.status import read_status
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dialogs import AskText, ChangeValues, Choose, Wait
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.widgets.event_log import EventLog
from cnn_tui.ui.widgets.notices import Notices
from cnn_tui.ui.widgets.run_pane import RunPane
from cnn_tui.ui.widgets.status_line import StatusLine
from tests.io.serving import serving
from tests.ui.conftest import (
    ENDLESS,
    WIDE,
    dashboard,
    screen_text,
    tiny_config,
    training,
    until,
)

IMAGES = "train-images-idx3-ubyte.gz"

pytestmark = pytest.mark.usefixtures("calm_training")


def state(app: CnnTuiApp) -> str:
    return dashboard(app).run.state


def log(app: CnnTuiApp) -> str:
    return dashboard(app).query_one(EventLog).plain


def notices(app: CnnTuiApp) -> str:
    return dashboard(app).query_one(Notices).plain


def step(app: CnnTuiApp) -> int:
    status = dashboard(app).run.status
    return status.step if status else -1


async def test_pause_and_resume_are_acknowledged_at_once_and_then_answered(
    tmp_path: Path,
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await until(pilot, lambda: state(app) == State.RUNNING)
        dashboard(app).action_pause()  # the pilot would wait for the answer, too
        assert "pausing…" in dashboard(app).query_one(StatusLine).plain
        await until(pilot, lambda: state(app) == State.PAUSED)
        await until(pilot, lambda: "paused" in log(app))
        assert "pausing…" not in dashboard(app).query_one(StatusLine).plain
        assert "space resume" in screen_text(app)
        await pilot.press("space")
        await until(pilot, lambda: state(app) == State.RUNNING)
        assert "space pause" in screen_text(app)


async def test_single_batches_and_numbers_of_batches(tmp_path: Path) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await pilot.press("space")
        await until(pilot, lambda: state(app) == State.PAUSED)
        paused_at = step(app)
        await pilot.press("full_stop")
        await until(pilot, lambda: step(app) == paused_at + 1)
        await pilot.press("b")
        assert isinstance(app.screen, AskText)
        await pilot.press(*"x7", "enter")
        assert "whole number" in screen_text(app)
        await pilot.press("home", "delete", "enter")
        await until(pilot, lambda: not isinstance(app.screen, AskText))
        # What was typed stands before the number that was suggested.
        await until(pilot, lambda: step(app) > paused_at + 1)
        await until(pilot, lambda: state(app) == State.PAUSED)
        done = step(app)
        await pilot.press("e")
        await until(pilot, lambda: step(app) == (done // 5 + 1) * 5)


async def test_values_change_while_training_and_the_screen_says_so(
    tmp_path: Path,
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await pilot.press("u")
        assert isinstance(app.screen, ChangeValues)
        await pilot.press(*"-1", "enter")
        assert "must be" in screen_text(app)
        await pilot.press("home", "delete", "delete", *"0.02", "enter")
        await until(pilot, lambda: "→ 0.02" in log(app))
        status = dashboard(app).run.status
        assert status and status.overrides["lr"] == 0.02
        assert "changed at step" in screen_text(app)


async def test_evaluation_checkpoint_and_more_iterations(tmp_path: Path) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await pilot.press("E")
        await until(pilot, lambda: "evaluated" in log(app))
        await pilot.press("k")
        await until(pilot, lambda: "checkpoint saved as step-" in log(app))
        run = dashboard(app).run.path
        assert list((run / CHECKPOINTS).glob("step-*.pt"))
        await pilot.press("m", *"5", "enter")
        await until(pilot, lambda: "total_steps" in log(app))
        status = dashboard(app).run.status
        assert status and status.total_steps > 1_000_000
        new_total = f"iterations {status.total_steps:,}"
        shown = dashboard(app).query_one(RunPane).plain
        assert new_total in " ".join(shown.split())


async def test_stopping_asks_first_and_leaves_the_outcome_on_the_screen(
    tmp_path: Path,
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await pilot.press("x")
        assert isinstance(app.screen, Choose)
        await pilot.press("escape")
        assert state(app) == State.RUNNING
        await pilot.press("x", "x")
        await until(pilot, lambda: state(app) == State.STOPPED)
        dashboard(app).poll()
        await pilot.pause()
        assert "stopped at step" in dashboard(app).query_one(Notices).plain
        assert "space" not in screen_text(app).splitlines()[-1]
        await pilot.press("n")
        assert isinstance(app.screen, NewRunScreen)


async def test_a_question_is_whole_and_hears_only_the_keys_that_it_names(
    tmp_path: Path,
) -> None:
    async with training(tmp_path, *ENDLESS, size=(80, 24)) as (app, pilot):
        await pilot.press("x")
        box = [
            line.split("│")[1] for line in screen_text(app).splitlines() if "│" in line
        ]
        assert "it can go on later." in " ".join(" ".join(box).split())
        await pilot.press("enter", "y")
        assert isinstance(app.screen, Choose)
        await pilot.press("escape")
        assert state(app) == State.RUNNING


async def test_a_second_run_is_offered_the_background(tmp_path: Path) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await pilot.press("n")
        assert isinstance(app.screen, NewRunScreen)
        app.post_message(
            NewRunScreen.StartRequested(config=tiny_config(), preset=None, name="x")
        )
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await until(pilot, lambda: "training in this program" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        assert len(list(tmp_path.iterdir())) == 1


async def test_quitting_stops_and_saves_and_then_leaves(tmp_path: Path) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        run = dashboard(app).run.path
        await pilot.press("q")
        assert isinstance(app.screen, Choose)
        await pilot.press("escape")
        assert state(app) == State.RUNNING
        await pilot.press("q", "s")
        assert isinstance(app.screen, Wait)
        await until(pilot, lambda: app._exit)
    status = read_status(run)
    assert status and status.state is State.STOPPED
    assert app.return_value == 0


@pytest.mark.parametrize(
    ("policy", "expected"), [("stop", State.FAILED), ("pause", State.PAUSED)]
)
async def test_a_loss_that_is_not_finite_is_marked_and_named(
    tmp_path: Path, policy: str, expected: State
) -> None:
    settings = (*ENDLESS, "lr=3e37", f"on_non_finite={policy}")
    async with training(tmp_path, *settings) as (app, pilot):
        await until(pilot, lambda: state(app) == expected)
        await until(pilot, lambda: "not finite" in log(app))
        assert "a value is not finite" in dashboard(app).query_one(Notices).plain
        assert screen_text(app).count("not finite") >= 3  # both charts name the mark


async def test_a_loss_that_is_not_finite_is_left_by_going_back(tmp_path: Path) -> None:
    settings = (*ENDLESS, "lr=3e37", "on_non_finite=pause")
    async with training(tmp_path, *settings) as (app, pilot):
        await until(pilot, lambda: "space goes on without that update" in notices(app))
        assert "g goes back to step 0 with a lower rate" in notices(app)
        await pilot.press("g")
        assert isinstance(app.screen, AskText)
        assert "Go back to step 0" in screen_text(app)
        assert app.screen.query_one(Input).value == "3e+36"
        await pilot.press("end", "ctrl+u", *"-1", "enter")
        assert "must be greater than 0" in screen_text(app)
        await pilot.press("end", "ctrl+u", *"0.02", "enter")
        await until(pilot, lambda: state(app) == State.RUNNING and step(app) > 1)
        assert "→ 0.02" in log(app)
        assert notices(app) == ""


async def test_an_exploded_loss_stays_on_the_screen_until_something_is_done(
    tmp_path: Path,
) -> None:
    async with training(tmp_path, *ENDLESS, "lr=1000") as (app, pilot):
        await until(pilot, lambda: "the loss has exploded at step" in notices(app))
        assert "g goes back to step 0 with a lower rate" in notices(app)
        assert "u lowers the rate" in notices(app)
        dashboard(app).commands.send("lower", "set", name="lr", value=0.01)
        await until(pilot, lambda: "lr 1,000 → 0.01" in log(app))
        await until(pilot, lambda: notices(app) == "")


async def test_an_exception_in_training_is_the_end_of_the_run_not_of_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = Trainer.update

    def fail(trainer: Trainer) -> bool:
        if trainer.step == 3:
            raise RuntimeError("the [red]device[/red] is gone")
        return update(trainer)

    monkeypatch.setattr(Trainer, "update", fail)
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await until(pilot, lambda: state(app) == State.FAILED)
        shown = dashboard(app).query_one(Notices).plain
        assert "failed at step 3: RuntimeError: the [red]device[/red] is gone" in shown
        assert "train.log" in shown
        await pilot.press("n")
        assert isinstance(app.screen, NewRunScreen)


async def test_a_run_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "presets").mkdir()
    elsewhere = to_yaml(tiny_config("device=cuda:99", "title=Elsewhere"))
    (tmp_path / "presets" / "elsewhere.yaml").write_text(elsewhere)
    app = CnnTuiApp(runs_folder=tmp_path / "runs")
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: "parameters" in screen_text(app))
        await pilot.press("end")
        await until(pilot, lambda: "Elsewhere" in screen_text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "✗ there is no device cuda:99" in screen_text(app))
        assert not app.backend.is_busy
        assert isinstance(app.screen, NewRunScreen)
        assert not (tmp_path / "runs").exists()


@asynccontextmanager
async def downloading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int], Event]]:
    """Starts a run whose images stop coming until the event is set; they are wrong."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "presets").mkdir()
    fashion = to_yaml(tiny_config("dataset.name=fashion-mnist", "title=Fashion"))
    (tmp_path / "presets" / "fashion.yaml").write_text(fashion)
    app = CnnTuiApp(runs_folder=tmp_path / "runs", data_dir=tmp_path / "data")
    with serving({IMAGES: bytes(3 * 2**20)}) as site:
        monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [site.url])
        site.goes_on = Event()
        async with app.run_test(size=WIDE) as pilot:
            await until(pilot, lambda: "parameters" in screen_text(app))
            await pilot.press("end")
            await until(pilot, lambda: "Fashion" in screen_text(app))
            await pilot.press("enter")
            shown = f"downloading {IMAGES}: 2 MiB of 3 MiB"
            await until(pilot, lambda: shown in screen_text(app))
            yield app, pilot, site.goes_on


async def test_a_download_is_shown_and_so_is_why_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with downloading(tmp_path, monkeypatch) as (app, pilot, goes_on):
        goes_on.set()
        await until(pilot, lambda: "✗ Fashion-MNIST is not in" in screen_text(app))
        assert not app.backend.is_busy


async def test_who_quits_does_not_wait_for_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with downloading(tmp_path, monkeypatch) as (app, pilot, goes_on):
        await pilot.press("q", "s")
        await until(pilot, lambda: isinstance(app.screen, Wait))
        goes_on.set()
        await until(pilot, lambda: app.return_value == 0)
    [part] = (tmp_path / "data" / "FashionMNIST" / "raw").iterdir()
    assert part.name == f"{IMAGES}.part"
    assert not (tmp_path / "runs").exists()


async def test_the_run_directory_may_vanish_while_it_is_trained(tmp_path: Path) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        run = dashboard(app).run.path
        run.rename(run.with_name(".gone"))
        await until(pilot, lambda: not app.backend.is_busy)
        dashboard(app).poll()
        await pilot.pause()
        assert f"{run} is gone" in dashboard(app).query_one(Notices).plain
