"""A run that has ended goes on from its dashboard, and says which keys do that."""

from pathlib import Path

import msgspec
import pytest
from msgspec import UNSET

from cnn_tui.cli.headless import resume_headless
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.resume import Changes
from cnn_tui.engine.start import NewRun, start_run
from cnn_tui.errors import InputError, Remedy
from cnn_tui.runs import mailbox
from cnn_tui.runs.events import Stepped
from cnn_tui.runs.layout import STATUS, State
from cnn_tui.runs.records import Status
from cnn_tui.runs.rows import metrics_rows
from cnn_tui.runs.status import read_status
from cnn_tui.ui.actions import STEERING, Action, printed
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.dialogs import AskText, Choose
from cnn_tui.ui.screens.runs import RunsScreen
from cnn_tui.ui.widgets.notices import Notices
from tests.ui.conftest import (
    ENDLESS,
    dashboard,
    opened,
    screen_text,
    tiny_config,
    training,
    until,
)

PLANNED = 60


def status(run: Path) -> Status:
    found = read_status(run)
    assert found is not None
    return found


def notices(app: CnnTuiApp) -> str:
    return dashboard(app).query_one(Notices).plain


def dashboards(app: CnnTuiApp) -> list[DashboardScreen]:
    """Returns the dashboards that are open, on top or below a question."""
    return [s for s in app.screen_stack if isinstance(s, DashboardScreen)]


def lose(run: Path) -> None:
    """Makes a run one whose process has died without a word."""
    lost = msgspec.structs.replace(status(run), state=State.RUNNING, pid_started=0.0)
    (run / STATUS).write_bytes(msgspec.json.encode(lost))


@pytest.fixture
def cosine_run(tmp_path: Path) -> Path:
    """A finished run whose learning rate has come to its end."""
    created: list[Path] = []
    wanted = NewRun(
        config=tiny_config("iterations=20", "schedule=cosine", "lr=0.02"),
        name="cosine",
        preset=None,
        runs_folder=tmp_path / "cosine",
    )
    start_run(wanted, Interrupts(), on_created=created.append)
    return created[0]


@pytest.fixture
def half_a_cosine_run(tmp_path: Path) -> Path:
    """A run that was stopped long before its learning rate comes to its end."""
    created: list[Path] = []

    def begin(run: Path) -> None:
        created.append(run)
        mailbox.send(run, "step", count=10)

    def stop_there(record: object) -> None:
        if isinstance(record, Stepped):
            mailbox.send(created[0], "stop")

    wanted = NewRun(
        config=tiny_config("iterations=60", "schedule=cosine", "lr=0.02"),
        name="half",
        preset=None,
        runs_folder=tmp_path / "half",
    )
    start_run(wanted, Interrupts(), listener=stop_there, on_created=begin)
    return created[0]


@pytest.mark.parametrize("key", ["m", "R"])
async def test_a_finished_run_is_asked_how_much_longer(
    finished_run: Path, key: str
) -> None:
    async with opened(finished_run) as (app, pilot):
        await pilot.press(key)
        assert "60 of 60 iterations are done" in screen_text(app)
        await pilot.press(*"+40", "enter")
        await until(pilot, lambda: status(finished_run).step == PLANNED + 40)
        await until(pilot, lambda: not app.backend.is_busy)
        await until(pilot, lambda: "finished at step 100" in notices(app))
        assert "100/100" in screen_text(app)
    assert status(finished_run).total_steps == PLANNED + 40


async def test_who_thinks_better_of_it_changes_nothing(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        await pilot.press("m", "escape")
        assert dashboard(app)
        assert not app.backend.is_busy
    assert status(finished_run).total_steps == PLANNED


async def test_a_stopped_run_goes_on_without_a_question_or_for_longer(
    tmp_path: Path, calm_training: None
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        run = dashboard(app).run.path
        for key, total_steps in (("R", 1_000_000), ("m", 1_000_500)):
            await pilot.press("x", "x")
            await until(pilot, lambda: not app.backend.is_busy)
            dashboard(app).poll()
            await pilot.press(key)
            if key == "m":
                await pilot.press(*"500", "enter")
            await until(pilot, lambda: status(run).state is State.RUNNING)
            await until(pilot, lambda: dashboard(app).run.is_live)
            assert status(run).total_steps == total_steps


async def test_a_lost_run_is_brought_to_its_end(finished_run: Path) -> None:
    lose(finished_run)
    async with opened(finished_run) as (app, pilot):
        assert dashboard(app).run.state == "lost"
        await pilot.press("R")
        await until(pilot, lambda: status(finished_run).state is State.FINISHED)
        await until(pilot, lambda: not app.backend.is_busy)


async def test_the_list_asks_a_finished_run_too(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        await pilot.press("r")
        await until(pilot, lambda: "finished" in screen_text(app))
        await pilot.press("R")
        assert isinstance(app.screen, AskText)
        await pilot.press("escape")
        assert isinstance(app.screen, RunsScreen)


async def test_a_schedule_that_is_over_needs_a_learning_rate(cosine_run: Path) -> None:
    async with opened(cosine_run) as (app, pilot):
        await pilot.press("m", *"30", "enter")
        assert "cosine schedule ends at 20" in screen_text(app)
        await pilot.press(*"-1", "enter")
        assert "must be" in screen_text(app)
        await pilot.press("ctrl+u", *"0.005", "enter")
        await until(pilot, lambda: status(cosine_run).step == 50)
        await until(pilot, lambda: not app.backend.is_busy)
    assert status(cosine_run).lr == 0.005


async def test_a_typed_rate_holds_past_the_end_of_the_schedule(
    half_a_cosine_run: Path,
) -> None:
    run = half_a_cosine_run
    assert status(run).state is State.STOPPED
    begun = status(run).step
    async with opened(run) as (app, pilot):
        await pilot.press("m", *"30", "enter")
        assert "cosine schedule ends at 60" in screen_text(app)
        await pilot.press("ctrl+u", *"0.005", "enter")
        await until(pilot, lambda: status(run).state is State.FINISHED)
        await until(pilot, lambda: not app.backend.is_busy)
        dashboard(app).poll()
        await pilot.press("m", *"10", "enter")  # it is not asked for again
        await until(pilot, lambda: status(run).step == 100)
        await until(pilot, lambda: not app.backend.is_busy)
    trained = [row for row in metrics_rows(run) if row.train_loss is not UNSET]
    rates = {row.step: row.lr for row in trained}
    assert {rates[step] for step in range(begun + 1, 101)} == {0.005}


@pytest.mark.filterwarnings("ignore:subprocess .* is still running")
async def test_where_one_run_trains_another_goes_on_in_the_background(
    tmp_path: Path, finished_run: Path, calm_training: None
) -> None:
    async with training(tmp_path / "other", *ENDLESS) as (app, pilot):
        app.open_run(finished_run)
        await until(pilot, lambda: dashboard(app).run.path == finished_run)
        await pilot.press("m", *"40", "enter")
        assert isinstance(app.screen, Choose)
        await pilot.press("b")
        await until(pilot, lambda: status(finished_run).step == PLANNED + 40)
        await until(pilot, lambda: status(finished_run).state is State.FINISHED)


async def test_a_key_that_is_pressed_twice_resumes_once(
    tmp_path: Path, calm_training: None
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        run = dashboard(app).run.path
        await pilot.press("x", "x")
        await until(pilot, lambda: not app.backend.is_busy)
        dashboard(app).poll()
        dashboard(app).action_resume_run()
        dashboard(app).action_resume_run()
        await until(pilot, lambda: status(run).state is State.RUNNING)
        assert dashboard(app).run.path == run


@pytest.mark.parametrize(
    "action",
    [action for action in STEERING if action.name != "extend"],
    ids=lambda action: action.name,
)
async def test_a_key_that_steers_says_why_it_does_not(
    finished_run: Path, action: Action
) -> None:
    async with opened(finished_run, size=(60, 18)) as (app, pilot):
        await pilot.press(action.keys)
        assert notices(app).startswith("finished at step 60")
        key = printed(action.keys)
        why = f"{key} needs a run that trains, this one is finished: R resumes it"
        assert why in notices(app)
        await pilot.press("s")
        assert why not in notices(app)


async def test_what_comes_too_late_is_said_to_be(
    tmp_path: Path, calm_training: None
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await pilot.press("m")
        assert isinstance(app.screen, AskText)
        mailbox.send(dashboards(app)[0].run.path, "stop")
        await until(pilot, lambda: not app.backend.is_busy)
        await pilot.press(*"500", "enter")
        await until(pilot, lambda: "stopped: R resumes it" in notices(app))
        assert "500 more iterations needs a run that trains" in notices(app)


async def test_what_was_said_of_an_ended_run_goes_when_it_trains_again(
    tmp_path: Path, calm_training: None
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await pilot.press("x", "x")
        await until(pilot, lambda: not app.backend.is_busy)
        dashboard(app).poll()
        await pilot.press("k")
        assert "k needs a run that trains" in notices(app)
        dashboard(app).action_resume_run()
        await until(pilot, lambda: dashboard(app).run.is_live)
        await until(pilot, lambda: "needs a run" not in notices(app))


async def test_a_run_that_cannot_be_read_offers_nothing(tmp_path: Path) -> None:
    (tmp_path / "unreadable").mkdir()
    async with opened(tmp_path / "unreadable") as (app, pilot):
        await pilot.press("space")
        assert "space needs a run that trains, this one is" in notices(app)
        assert "resumes it" not in notices(app)


@pytest.mark.parametrize(
    ("more", "remedy"), [(0, Remedy.MORE_ITERATIONS), (9, Remedy.ANOTHER_RATE)]
)
def test_a_refusal_names_no_option_but_its_remedy_does(
    cosine_run: Path, more: int, remedy: Remedy
) -> None:
    with pytest.raises(InputError) as refused:
        resume_headless(
            cosine_run, Changes(more_iterations=more), data_dir=None, as_json=True
        )
    assert "--" not in str(refused.value)
    assert refused.value.remedy is remedy
