"""The list of runs: live, past and damaged ones, few or ten thousand."""

import dataclasses
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from cnn_tui.host.process import this_process
from cnn_tui.runs import records
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.columns import COLUMNS
from cnn_tui.runs.events import Evaluated
from cnn_tui.runs.known import Known
from cnn_tui.runs.layout import EVENTS, STATUS, State
from cnn_tui.runs.records import Best, Status, encode_line
from cnn_tui.runs.status import read_status
from cnn_tui.ui import run_table
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.run_table import Layout
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.screens.runs import RunsScreen
from cnn_tui.ui.widgets.preview_pane import PreviewPane
from cnn_tui.ui.widgets.run_list import RunList
from tests.ui.conftest import dashboard, screen_text, until

SLEEPER = [sys.executable, "-c", "input()"]


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Remembers nothing of how other tests liked the list."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


def write_status(run: Path, **fields: object) -> None:
    """Writes a run directory that has nothing but a status."""
    run.mkdir(parents=True, exist_ok=True)
    status = Status(
        **{"state": State.FINISHED, "started_at": records.now(), **fields}  # type: ignore[arg-type]
    )
    (run / STATUS).write_bytes(msgspec.json.encode(status))


@asynccontextmanager
async def listed(
    folder: Path, size: tuple[int, int] = (140, 30)
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int]]]:
    """Opens the list of runs and waits until it is read."""
    app = CnnTuiApp(runs_folder=folder)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, NewRunScreen))
        await pilot.press("r")
        await until(pilot, lambda: "sorted by" in screen_text(app))
        yield app, pilot


def rows(app: CnnTuiApp) -> list[str]:
    """Returns the lines of the list that show a run."""
    runs = app.screen.query_one(RunList)
    lines = (runs.render_line(y).text.rstrip() for y in range(runs.size.height))
    return [line for line in lines if line]


async def test_runs_are_listed_with_what_matters(tmp_path: Path) -> None:
    started = records.now() - timedelta(hours=2)
    write_status(
        tmp_path / "a",
        preset="model-a",
        step=3000,
        total_steps=3000,
        best=Best(step=2500, accuracy=0.9651),
        lr=0.01,
        training_seconds=76,
        started_at=started,
    )
    write_status(tmp_path / "b", preset="b", state=State.FAILED, reason="[red]no[/red]")
    (tmp_path / "c").mkdir()
    async with listed(tmp_path) as (app, _pilot):
        failed, finished, damaged = rows(app)
        for part in (
            "✓ finished",
            "model-a",
            "3,000/3,000",
            "96.51 %",
            "2,500",
            "0.01",
            "2 h ago",
            "1:16",
        ):
            assert part in finished
        assert failed.startswith("✗ failed")
        assert failed.endswith("[red]no[/red]")
        assert "c  it has no status.json" in damaged
        assert "Runs · 3 · 0 live" in screen_text(app)


async def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for day, name in (("22", "mine"), ("22", "mine-2"), ("21", "else")):
        run = tmp_path / f"202611{day}-091502-{name}"
        write_status(run, name=name.removesuffix("-2"), preset="model-a")
    write_status(tmp_path / "copied", name="mine", preset="model-a")
    async with listed(tmp_path) as (app, _pilot):
        names = {" ".join(row.split()[2:-8]) for row in rows(app)}
        assert names == {"mine 091502", "mine 091502-2", "else", "copied"}


async def test_the_selected_run_is_shown_in_short(finished_run: Path) -> None:
    write_status(finished_run.parent / "other", name="other", preset="model-a")
    async with listed(finished_run.parent) as (app, pilot):
        preview = app.screen.query_one(PreviewPane)
        await pilot.press("home")
        await until(pilot, lambda: "nothing happened yet" in preview.plain)
        await pilot.press("down")
        await until(pilot, lambda: "train_images 500" in preview.plain)
        assert str(preview.border_title) == finished_run.name
        loss, accuracy, last, differs = preview.plain.splitlines()
        assert re.match(r"loss +█[▁-█]+▁  2\.\d+ → 1\.\d+$", loss)
        assert re.match(r"accuracy +▁.█  \d+\.\d\d % → \d+\.\d\d %$", accuracy)
        assert "at step 60: finished" in last
        assert "iterations 60 (preset 3,000)" in differs
        shutil.rmtree(finished_run)
        shutil.rmtree(finished_run.parent / "other")
        await until(pilot, lambda: preview.plain == "")


async def test_the_look_at_a_live_run_follows_it_and_rests_when_nothing_happens(
    finished_run: Path,
) -> None:
    async with listed(finished_run.parent) as (app, pilot):
        preview = app.screen.query_one(PreviewPane)
        await until(pilot, lambda: "at step 60: finished" in preview.plain)
        status = read_status(finished_run)
        assert status
        live = msgspec.structs.replace(status, state=State.RUNNING, step=61)
        (finished_run / STATUS).write_bytes(msgspec.json.encode(live))
        with (finished_run / EVENTS).open("ab") as file:
            file.write(encode_line(Evaluated(at=records.now(), step=61)))
        screen = app.screen
        assert isinstance(screen, RunsScreen)
        await pilot.press("escape", "r")
        preview = app.screen.query_one(PreviewPane)
        await until(pilot, lambda: "at step 61: evaluated" in preview.plain)


@pytest.mark.parametrize(("size", "rows"), [((80, 24), 3), ((60, 18), 0)])
async def test_a_small_terminal_has_a_shorter_look(
    finished_run: Path, size: tuple[int, int], rows: int
) -> None:
    async with listed(finished_run.parent, size) as (app, pilot):
        preview = app.screen.query_one(PreviewPane)
        await until(pilot, lambda: "train_images 500" in preview.plain)
        assert preview.size.height == rows
        shown = screen_text(app)
        assert "logistic" in shown and "60/60" in shown
        assert ("differs" in shown) == (rows > 0)


async def test_filter_and_sorting(tmp_path: Path) -> None:
    for number, name in enumerate(("model-b", "model-a", "deeper")):
        best = Best(step=1, accuracy=0.9 - number / 10)
        write_status(tmp_path / name, preset=name, best=best)
    async with listed(tmp_path) as (app, pilot):
        names = ["deeper", "model-a", "model-b"]
        await pilot.press("o")
        assert [row.split()[2] for row in rows(app)] == ["model-b", "model-a", "deeper"]
        await pilot.press("o")
        assert [row.split()[2] for row in rows(app)] == names
        await pilot.press("slash", *"q mod")  # q is text here
        assert rows(app) == []
        await pilot.press("home", "delete", "delete")
        assert [row.split()[2] for row in rows(app)] == names[1:]
        await pilot.press("escape")
        assert len(rows(app)) == 3
        await pilot.press("escape")
        assert isinstance(app.screen, NewRunScreen)


async def test_live_runs_change_in_the_list_and_new_ones_appear(tmp_path: Path) -> None:
    write_status(tmp_path / "a", preset="a", state=State.RUNNING, step=1, total_steps=9)
    async with listed(tmp_path) as (app, pilot):
        assert "1/9" in rows(app)[0]
        assert "1 live" in screen_text(app)
        write_status(
            tmp_path / "a", preset="a", state=State.RUNNING, step=2, total_steps=9
        )
        await until(pilot, lambda: "2/9" in rows(app)[0])
        write_status(tmp_path / "b", preset="b")
        await until(pilot, lambda: len(rows(app)) == 2)
        shutil.rmtree(tmp_path / "a")
        await until(pilot, lambda: len(rows(app)) == 1)


async def test_what_becomes_of_runs_elsewhere_is_seen_in_the_list(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(SLEEPER, stdin=subprocess.PIPE) as process:
        identity = dataclasses.replace(
            this_process(), pid=process.pid, pid_started=None
        )
        write_status(
            tmp_path / "a", state=State.RUNNING, **dataclasses.asdict(identity)
        )
        write_status(tmp_path / "b", state=State.STOPPED)
        later = records.now() + timedelta(hours=1)
        write_status(tmp_path / "c", state=State("waiting_for_room"), started_at=later)
        async with listed(tmp_path) as (app, pilot):
            assert "1 live" in screen_text(app)
            states = [line.split()[1] for line in rows(app)]
            assert sorted(states) == ["running", "stopped", "waiting_fo…"]
            write_status(tmp_path / "b", state=State.RUNNING)
            process.kill()
            await until(pilot, lambda: any("? lost" in row for row in rows(app)))
            await until(pilot, lambda: any("● running" in row for row in rows(app)))
            assert "1 live" in screen_text(app)
            await pilot.press("home", "enter")
            await until(pilot, lambda: "waiting_for_room" in screen_text(app))


async def test_enter_opens_a_run_and_escape_comes_back(
    finished_run: Path,
) -> None:
    async with listed(finished_run.parent) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, RunsScreen))
        assert dashboard(app).run.path == finished_run
        await pilot.press("r")
        assert isinstance(app.screen, RunsScreen)
        await pilot.press("enter", "escape")
        assert isinstance(app.screen, RunsScreen)


async def test_damaged_runs_can_be_opened_too(tmp_path: Path) -> None:
    (tmp_path / "damaged").mkdir()
    async with listed(tmp_path) as (app, pilot):
        await pilot.press("enter")
        await until(pilot, lambda: "has no status.json" in screen_text(app))


async def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    folder.write_text("not a folder")
    async with listed(folder) as (app, _pilot):
        assert "the runs folder cannot be read" in screen_text(app)


class _Lists(App[None]):
    """Ten thousand runs."""

    def compose(self) -> ComposeResult:
        yield RunList(GLYPHS["braille"])


async def test_ten_thousand_runs_cost_as_much_as_those_on_the_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = 0

    def count_row(*arguments: Any, **named: Any) -> object:
        nonlocal made
        made += 1
        return row(*arguments, **named)

    row = run_table.row
    monkeypatch.setattr("cnn_tui.ui.widgets.run_list.row", count_row)
    status = Status(state=State.FINISHED, started_at=records.now(), preset="a")
    runs = [RunSummary(path=Path(f"run-{n}"), status=status) for n in range(10_000)]
    async with _Lists().run_test(size=(100, 30)) as pilot:
        widget = pilot.app.query_one(RunList)
        widget.focus()
        known = Known(Path("runs"))
        widget.show_rows(runs, Layout(columns=list(COLUMNS.values()), known=known))
        await pilot.pause()
        assert made < 100
        await pilot.press("end")
        assert widget.selected == 9_999
        assert widget.scroll_offset.y == 9_970
        await pilot.press("pageup", "up", "home", "down")
        assert widget.selected == 1
        assert made < 300
