"""The screen of a sweep, on studies that Optuna wrote."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from cnn_tui.sweeps.files import JOURNAL, SweepFolder
from cnn_tui.sweeps.study import read_study
from cnn_tui.text import percent
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.dialogs import AskText, Choose
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.screens.runs import RunsScreen
from cnn_tui.ui.screens.sweep import SweepScreen
from cnn_tui.ui.widgets.run_list import RunList
from cnn_tui.ui.widgets.trial_table import TrialTable
from tests.sweeps.studies import make_trial, told
from tests.ui.conftest import WIDE, dashboard, screen_text, until

SMALL = (80, 24)
SIZES = pytest.mark.parametrize("size", [WIDE, SMALL])


@asynccontextmanager
async def shown(
    sweep: SweepFolder, size: tuple[int, int] = WIDE
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int], SweepScreen]]:
    """Opens a sweep, and waits until it is read."""
    app = CnnTuiApp(runs_folder=sweep.runs_folder, open_sweep=sweep.name)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, SweepScreen))
        screen = app.screen
        assert isinstance(screen, SweepScreen)
        await until(pilot, lambda: screen.found)
        await pilot.pause()
        yield app, pilot, screen


def best_value(sweep: SweepFolder) -> str:
    study = read_study(sweep)
    assert study is not None
    return percent(study.best_value)


@SIZES
async def test_all_that_was_found_is_shown(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    sweep = told(tmp_path, finished=12)
    async with shown(sweep, size) as (app, pilot, _screen):
        await until(pilot, lambda: "lr" in screen_text(app))
        text = screen_text(app)
        assert "15 of 17 trials" in text
        assert f"best {best_value(sweep)}" in text
        first, *_ = (line for line in text.splitlines() if "✓" in line)
        assert best_value(sweep) in first
        assert "\x1b" not in text
        if size == WIDE:
            assert "from 12 finished trials" in text
            assert "best so far" in text
        for _ in range(2):
            await pilot.press("tab")
        await until(pilot, lambda: "best so far" in screen_text(app))


async def test_it_is_live_and_slices_go_through_all_parameters(tmp_path: Path) -> None:
    sweep = told(tmp_path, finished=3)
    async with shown(sweep) as (app, pilot, screen):
        await until(
            pilot,
            lambda: "told from 10 finished trials on, there are 3" in screen_text(app),
        )
        await pilot.press("down")
        table = screen.query_one(TrialTable)
        selected = table.number
        study = read_study(sweep)
        assert study is not None
        study.tell(5, 0.999)
        screen.look()
        await until(pilot, lambda: screen.found and len(screen.found.finished) == 4)
        assert screen.found and screen.found.best
        assert screen.found.best.number == 5
        assert table.number == selected
        for name in ("optimizer", "batch_size", "lr"):
            await pilot.press("p")
            await until(pilot, lambda name=name: f"by {name}" in screen_text(app))  # type: ignore[misc]


async def test_it_is_stopped_extended_and_its_best_taken_into_the_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []  # without a process that would train for a while
    monkeypatch.setattr("cnn_tui.ui.screens.sweep.ensure_worker", begun.append)
    async with shown(told(tmp_path, finished=3)) as (app, pilot, screen):
        await pilot.press("x")
        await until(pilot, lambda: screen.found and screen.found.is_stopped)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, AskText))
        app.screen.query_one(Input).value = "7"
        await pilot.press("enter")
        await until(pilot, lambda: screen.found and screen.found.plan.trials == 15)
        assert screen.found and screen.found.best and not screen.found.is_stopped
        await until(pilot, lambda: begun == [tmp_path])
        lr = screen.found.best.values["training.optimizer.lr"]
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        form = app.screen
        assert isinstance(form, NewRunScreen)
        await until(pilot, lambda: form.draft and form.draft.preset.name == "wide-best")
        assert form.draft
        chosen = form.draft.preset.config
        assert (chosen.training.optimizer.lr, chosen.study) == (lr, None)


def is_shown(app: CnnTuiApp, name: str) -> bool:
    screen = app.screen
    return isinstance(screen, SweepScreen) and screen.sweep.name == name


async def test_one_of_several_is_chosen_or_that_of_the_run(tmp_path: Path) -> None:
    told(tmp_path, finished=1, name="one")
    told(tmp_path, finished=1, name="two")
    app = CnnTuiApp(runs_folder=tmp_path)
    async with app.run_test(size=SMALL) as pilot:
        await pilot.press("r", "S")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("1")
        await until(pilot, lambda: is_shown(app, "two"))
        run = make_trial(tmp_path, 0, 0.9, study="one")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until(pilot, lambda: app.screen.query_one(RunList).current)
        await pilot.press("S")
        await until(pilot, lambda: is_shown(app, "one"))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        assert dashboard(app).run.path == run
        await pilot.press("S")
        await until(pilot, lambda: is_shown(app, "one"))


async def test_a_damaged_journal_is_a_sentence(tmp_path: Path) -> None:
    sweep = told(tmp_path, finished=1)
    journal = sweep.path / JOURNAL
    journal.write_text("[1, 2\n" + journal.read_text())
    app = CnnTuiApp(runs_folder=tmp_path, open_sweep=sweep.name)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: "is damaged" in screen_text(app))
