"""The list of runs: live, past and damaged ones, few or ten thousand."""

import dataclasses
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from cnn_tui.host.process import this_process
from cnn_tui.runs import records
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.layout import STATUS, State
from cnn_tui.runs.records import Best, Status
from cnn_tui.ui import run_table
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.glyphs import GLYPHS
from cnn_tui.ui.screens.new_run import NewRunScreen
from cnn_tui.ui.screens.runs import RunsScreen
from cnn_tui.ui.widgets.run_list import RunList
from tests.ui.conftest import dashboard, screen_text, until

SLEEPER = [sys.executable, "-c", "input()"]


def write_status(run: Path, **fields: object) -> None:
    """Writes a run directory that has nothing but a status."""
    run.mkdir(parents=True, exist_ok=True)
    status = Status(
        **{"state": State.FINISHED, "started_at": records.now(), **fields}  # type: ignore[arg-type]
    )
    (run / STATUS).write_bytes(msgspec.json.encode(status))


@asynccontextmanager
async def listed(folder: Path) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int]]]:
    """Opens the list of runs and waits until it is read."""
    app = CnnTuiApp(runs_folder=folder)
    async with app.run_test(size=(140, 30)) as pilot:
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
        assert "3 in" in screen_text(app)


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
            assert sorted(states) == ["running", "stopped", "waiting_for_"]
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

    def count_row(*arguments: object) -> object:
        nonlocal made
        made += 1
        return row(*arguments)  # type: ignore[arg-type]

    row = run_table.row
    monkeypatch.setattr("cnn_tui.ui.widgets.run_list.row", count_row)
    status = Status(state=State.FINISHED, started_at=records.now(), preset="a")
    runs = [RunSummary(path=Path(f"run-{n}"), status=status) for n in range(10_000)]
    async with _Lists().run_test(size=(100, 30)) as pilot:
        widget = pilot.app.query_one(RunList)
        widget.focus()
        widget.show_runs(runs)
        await pilot.pause()
        assert made < 100
        await pilot.press("end")
        assert widget.selected == 9_999
        assert widget.scroll_offset.y == 9_970
        await pilot.press("pageup", "up", "home", "down")
        assert widget.selected == 1
        assert made < 300
