"""``f`` goes on from an update of a run as a new one, drawn over its parent."""

import json
from pathlib import Path

import msgspec
import numpy as np
from textual.widgets import Input, Label

from cnn_tui.runs.layout import STATUS, State
from cnn_tui.runs.status import read_status
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.past_curves import PastCurves
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.forking import AskFork
from cnn_tui.ui.screens.runs import RunsScreen
from cnn_tui.ui.widgets.metric_chart import MetricChart
from tests.ui.conftest import dashboard, opened, screen_text, until


def others(run: Path) -> list[Path]:
    """Returns the runs beside one."""
    return [it for it in run.parent.iterdir() if it != run and it.name[0] != "."]


async def test_the_cursor_says_where_and_the_child_is_drawn_over_its_parent(
    finished_run: Path,
) -> None:
    async with opened(finished_run) as (app, pilot):
        chart = dashboard(app).query(MetricChart)[0]
        chart.cursor = 30.0
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, AskFork))
        step, values = app.screen.query(Input)
        assert (step.value, values.has_focus) == ("30", True)
        values.value = "lr=0.2 iterations=50"
        await pilot.press("enter")
        await until(pilot, lambda: dashboard_of_another(app, finished_run))
        screen = dashboard(app)
        await until(pilot, lambda: screen.run.state == State.FINISHED)
        [child] = others(finished_run)
        config = (child / "config.yaml").read_text()
        assert f"parent: {finished_run.name}\n  step: 30\n" in config
        assert screen.run.reader.train["step"].tolist() == list(range(31, 51))
        await until(pilot, lambda: not app.backend.is_busy)
        screen.poll()
        curves = screen.query_one("#loss", MetricChart)._data.curves
        parent = next(curve for curve in curves if curve.series == "parent")
        assert (parent.x[0], parent.x[-1]) == (1, 60)
        assert (parent.style, parent.role) == ("raw", "fourth")
        assert "parent" in screen_text(app)


def dashboard_of_another(app: CnnTuiApp, run: Path) -> bool:
    screen = app.screen
    return isinstance(screen, DashboardScreen) and screen.run.path != run


async def test_what_cannot_be_is_said_while_it_is_typed(finished_run: Path) -> None:
    app = CnnTuiApp(runs_folder=finished_run.parent)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("r")
        await until(
            pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen.is_ready
        )
        await pilot.press("f")
        await until(pilot, lambda: isinstance(app.screen, AskFork))
        step, values = app.screen.query(Input)
        problem = app.screen.query_one(".problem", Label)

        async def said(at: str, text: str) -> str:
            step.value, values.value = at, text
            await pilot.pause()
            return str(problem.render()) if problem.display else ""

        assert step.value == "60"
        assert values.content_size.width > len("lr=0.01 batch_size=64 iterations=+1000")
        assert "add iterations=+1000" in await said("60", "lr=0.1")
        assert await said("60", "lr=0.1 iterations=+10") == ""
        assert "must be from 0 to 60" in await said("61", "")
        assert "cannot be changed in a fork" in await said("30", "optimizer=adam")
        assert "unknown key" in await said("30", "lrr=3")
        assert "quotation mark" in await said("30", 'title="a')
        await pilot.press("enter")  # is not taken
        assert isinstance(app.screen, AskFork)
        await pilot.press("escape")
        assert others(finished_run) == []


def test_the_past_of_a_fork_of_a_fork_ends_where_it_was_left(
    finished_run: Path,
) -> None:
    middle = fork_by_hand(finished_run, "middle", 20, range(21, 61))
    youngest = fork_by_hand(middle, "youngest", 40, range(41, 51))
    past = PastCurves(youngest)
    while not past.is_complete:
        past.follow(0.0, 1.0, np.inf)
    assert past.version > 0
    train, test = past.curves("loss", "step")
    assert train.x.tolist() == [*range(1, 21), *range(21, 61)]
    assert test.x.tolist() == [20]
    assert list(PastCurves(finished_run).curves("loss", "step")) == []


def fork_by_hand(parent: Path, name: str, step: int, rows: range) -> Path:
    """Makes a run that says that it went on from another one, and has rows."""
    run = parent.parent / name
    run.mkdir()
    text = (parent / "config.yaml").read_text().partition("lineage:")[0]
    (run / "config.yaml").write_text(
        f"{text}lineage:\n  parent: {parent.name}\n  step: {step}\n"
    )
    lines = [
        {"step": n, "epoch": n / 10, "time": n, "train/loss": 1.0, "lr": 0.1}
        for n in rows
    ]
    (run / "metrics.jsonl").write_text("".join(json.dumps(it) + "\n" for it in lines))
    status = read_status(parent)
    assert status is not None
    (run / STATUS).write_bytes(msgspec.json.encode(status))
    return run
