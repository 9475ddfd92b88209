"""``F`` tries values side by side, and goes on with the one that is chosen."""

from pathlib import Path

from textual.widgets import Input, Label

from cnn_tui.runs.layout import State
from cnn_tui.runs.lineage import read_lineage
from cnn_tui.runs.status import read_status
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.race import AskRace, RaceScreen
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.metric_chart import MetricChart
from tests.ui.conftest import dashboard, opened, until


def state(run: Path) -> State:
    """Returns the state of a run."""
    status = read_status(run)
    assert status is not None
    return status.state


async def test_a_race_is_followed_and_the_chosen_run_goes_on(
    finished_run: Path,
) -> None:
    async with opened(finished_run) as (app, pilot):
        dashboard(app).query(MetricChart)[0].cursor = 20.0
        await pilot.press("F")
        await until(pilot, lambda: isinstance(app.screen, AskRace))
        over, updates = app.screen.query(Input)
        over.value, updates.value = "lr=x1", "5"
        await pilot.pause()
        problem = app.screen.query_one(".problem", Label)
        assert "must be KEY=VALUE,VALUE" in str(problem.render())
        over.value = "lr=x1,0.2,x"
        await pilot.pause()
        assert "lr: must be a number, not 'x'" in str(problem.render())
        over.value = "lr=x1,0.2"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, RaceScreen))
        race = app.screen
        assert isinstance(race, RaceScreen)
        await until(pilot, lambda: race.has_ended)
        lines = race.query_one("#verdict", Lines).plain.splitlines()
        assert [line[2:11] for line in lines] == ["unchanged", "lr=0.2   "]
        assert sum(line.startswith("› ") for line in lines) == 1
        curves = race.query_one(MetricChart)._data.curves
        assert [curve.series for curve in curves] == ["unchanged", "lr=0.2"]
        assert all(curve.x.tolist() == [21, 22, 23, 24, 25] for curve in curves)
        await pilot.press("up" if lines[1].startswith("› ") else "left")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        screen = dashboard(app)
        await until(pilot, lambda: screen_of(app).run.path != finished_run)
        screen = dashboard(app)
        await until(pilot, lambda: screen.run.state == State.FINISHED)
        lineage = read_lineage(screen.run.path)
        assert lineage is not None
        assert (lineage.step, lineage.changed) == (20, {})
        [other] = [
            run
            for run in finished_run.parent.iterdir()
            if run not in (finished_run, screen.run.path)
        ]
        assert state(other) == State.STOPPED
        await until(pilot, lambda: not app.backend.is_busy)


def screen_of(app: object) -> DashboardScreen:
    """Returns the dashboard on top."""
    screen = app.screen  # type: ignore[attr-defined]
    assert isinstance(screen, DashboardScreen)
    return screen
