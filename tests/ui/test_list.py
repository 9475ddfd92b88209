"""What people do in the list of runs: filters, columns, groups, notes, the trash."""

import shutil
from pathlib import Path

import pytest

from cnn_tui.runs.annotations import annotate, read_annotations
from cnn_tui.runs.arrange import Group
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Best
from cnn_tui.runs.trash import thrown_away
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.list_settings import (
    ListSettings,
    list_settings_path,
    read_list_settings,
)
from cnn_tui.ui.run_table import GroupRow, group_line
from cnn_tui.ui.widgets.run_list import RunList
from tests.cli.commands import invoke
from tests.runs.test_query import CONFIG_A, CONFIG_B, FOREIGN, make_run
from tests.ui.conftest import screen_text, until
from tests.ui.test_runs_screen import listed, rows


@pytest.fixture(autouse=True)
def _own_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two runs that differ in their seed, one in more, and one of another program."""
    folder = tmp_path / "runs"
    for number, accuracy in ((1, 0.97), (2, 0.99)):
        config = CONFIG_A.replace("seed: 3", f"seed: {number}")
        make_run(
            folder,
            f"seed-{number}",
            config,
            preset="model-a",
            best=Best(step=1, accuracy=accuracy),
            hours_ago=number,
        )
    make_run(folder, "other", CONFIG_B, preset="model-a", hours_ago=3)
    make_run(folder, "theirs", FOREIGN, hours_ago=4)
    return folder


def selected_name(app: CnnTuiApp) -> str | None:
    """Returns the id of the run that keys are meant for."""
    run = app.screen.query_one(RunList).current
    return run.id if run else None


def names(lines: list[str]) -> list[str]:
    """Returns the names in rows that show runs."""
    return [line.split()[2] for line in lines]


async def test_a_filter_goes_through_configs_and_keeps_the_last_that_is_valid(
    folder: Path,
) -> None:
    async with listed(folder, (80, 24)) as (app, pilot):
        await pilot.press("slash", *"lr>0.01")
        await until(pilot, lambda: len(rows(app)) == 3)
        assert names(rows(app)) == ["seed-1", "seed-2", "theirs"]
        await pilot.press(*" best")
        assert rows(app) == []
        await pilot.press(*">")
        assert names(rows(app)) == []
        [line] = [x for x in screen_text(app).splitlines() if "a value is missing" in x]
        assert line.index("^") == 1 + len("lr>0.01 best>")
        await pilot.press(*"98%")
        assert names(rows(app)) == ["seed-2"]
        assert "a value is missing" not in screen_text(app)


async def test_a_key_of_another_program_is_known_once_its_config_is_read(
    folder: Path,
) -> None:
    async with listed(folder) as (app, pilot):
        await pilot.press("slash", *"hidden>100")
        await until(pilot, lambda: names(rows(app)) == ["theirs"])
        assert "unknown" not in screen_text(app)


async def test_columns_and_order_are_chosen_and_remembered(folder: Path) -> None:
    async with listed(folder) as (app, pilot):
        await pilot.press("C", "end", "ctrl+u", *"lr nothing")
        await until(pilot, lambda: '"nothing" is unknown' in screen_text(app))
        await pilot.press("ctrl+u", *"lr seed best", "enter")
        await until(pilot, lambda: "0.0500" in rows(app)[0])
        await pilot.press("o", "O")
        assert names(rows(app)) == ["seed-1", "seed-2", "other", "theirs"]
        assert "sorted by best, the other way round" in screen_text(app)
    async with listed(folder) as (app, pilot):
        await until(pilot, lambda: "0.0500" in rows(app)[0])
        shown = " ".join(rows(app)[0].split())
        assert shown == "✓ finished seed-1 0.0500 1 97.00 %"


async def test_runs_that_differ_in_their_seed_are_a_group_with_its_mean(
    folder: Path,
) -> None:
    async with listed(folder, (80, 24)) as (app, pilot):
        for _ in range(4):
            await pilot.press("g")
        await until(pilot, lambda: len(rows(app)) == 7)
        assert "2 runs  best 98.00 % ± 1.41 %" in rows(app)[0]
        assert rows(app)[0].startswith("- model-a, as seed-1")
        await pilot.press("home", "enter")
        assert rows(app)[0].startswith("+ model-a, as seed-1")
        assert names(rows(app)[2:3]) == ["other"]
        await pilot.press("G")
        assert len(rows(app)) == 7
        await pilot.press("G")
        assert [row[0] for row in rows(app)] == ["+", "+", "+"]


async def test_forks_are_a_group_with_the_run_that_they_began_with(
    finished_run: Path,
) -> None:
    runs = finished_run.parent
    shutil.copytree(finished_run, runs / "other")
    [child] = forks(f"{finished_run}@50", runs)
    forks(f"{child}@55", runs)
    title = f"- from {finished_run.name}  "
    async with listed(runs) as (app, pilot):
        await pilot.press(*"ggggg")
        await until(pilot, lambda: any(title in row for row in rows(app)))
        groups = {row.split(" best")[0].rstrip() for row in rows(app) if row[0] == "-"}
        assert groups == {f"{title}3 runs", "- from other  1 run"}
        await pilot.press("slash", *"lineage.step>50")
        await until(pilot, lambda: len(rows(app)) == 2)
        assert rows(app)[0].startswith(f"{title}1 run")
        await pilot.press("escape")
        shutil.rmtree(finished_run)
        await until(pilot, lambda: len(rows(app)) == 5)
        assert any(row.startswith(f"{title}2 runs") for row in rows(app))


def forks(moment: str, runs: Path) -> list[Path]:
    """Forks a run and trains the fork to its end; returns it."""
    before = set(runs.iterdir())
    assert invoke("fork", moment, "--runs-dir", runs).exit_code == 0
    return [path for path in set(runs.iterdir()) - before if path.name[0] != "."]


def test_a_mean_says_of_how_many_it_is_where_some_have_no_accuracy() -> None:
    runs = [RunSummary(path=Path(name)) for name in "abc"]
    group = Group(title="a", runs=runs, mean_accuracy=0.98, measured=2, deviation=0.01)
    line = group_line(GroupRow(group=group, is_folded=True)).plain
    assert line.endswith("3 runs  best 98.00 % ± 1.00 % of 2")


async def test_what_people_write_is_kept_with_the_run(folder: Path) -> None:
    async with listed(folder, (180, 24)) as (app, pilot):
        await pilot.press("down", "N", *"with flip", "enter")
        await until(pilot, lambda: "with flip" in rows(app)[1])
        await pilot.press("t", *"bad,tag")
        await until(pilot, lambda: "a tag has letters" in screen_text(app))
        await pilot.press("ctrl+u", *"paper v2", "enter")
        await until(pilot, lambda: "#paper #v2 · with flip" in rows(app)[1])
        await pilot.press("p")
        await until(pilot, lambda: names(rows(app))[0] == "*")
        assert "* seed-2" in rows(app)[0]
    written, _ = read_annotations(folder / "seed-2")
    assert (written.note, written.tags, written.pinned) == (
        "with flip",
        ("paper", "v2"),
        True,
    )


async def test_a_note_of_a_live_run_from_elsewhere_appears(folder: Path) -> None:
    live = make_run(folder, "live", state=State.RUNNING, hours_ago=0)
    async with listed(folder, (180, 24)) as (app, pilot):
        annotate(live, note="[b]mine[/b]\x1b[2J")
        await until(pilot, lambda: "[b]mine[/b]\\x1b[2J" in rows(app)[0])
        await pilot.press("home", "D")
        await until(pilot, lambda: app._notifications)
        [said] = [found.message for found in app._notifications]
        assert said == "live is running: stop it first"
        assert live.is_dir()


async def test_a_run_is_deleted_and_taken_back(folder: Path) -> None:
    async with listed(folder) as (app, pilot):
        await pilot.press("D")
        await until(pilot, lambda: names(rows(app))[0] == "seed-2")
        assert thrown_away(folder) == ["seed-1"]
        await pilot.press("end", "u")
        await until(pilot, lambda: names(rows(app))[0] == "seed-1")
        await until(pilot, lambda: selected_name(app) == "seed-1")
        assert thrown_away(folder) == []
        # Toasts overlap: that it is in the trash must not be the last word.
        *_, said = [found.message for found in app._notifications]
        assert said == "seed-1 is back from the trash"


@pytest.mark.parametrize(
    "stored", [b"", b"[]", b'{"columns": 3}', b"\xff", b"[" * 9999]
)
def test_what_is_damaged_is_forgotten(stored: bytes) -> None:
    list_settings_path().parent.mkdir(parents=True)
    list_settings_path().write_bytes(stored)
    assert read_list_settings() == ListSettings()
