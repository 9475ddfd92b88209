"""Runs in one chart: what is drawn of them, at both sizes, and what they differ in."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from textual.pilot import Pilot

from cnn_tui.runs.comparison import status_of
from cnn_tui.runs.reader import RunReader
from cnn_tui.text import percent
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.charts import MarkerChoice
from cnn_tui.ui.compare_requested import CompareRequested
from cnn_tui.ui.screens.compare import CompareScreen
from cnn_tui.ui.screens.runs import RunsScreen
from cnn_tui.ui.widgets.difference_table import DifferenceTable
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.metric_chart import MetricChart
from tests.ui.conftest import ENDLESS, WIDE, screen_text, training, until

SMALL = (80, 24)
SIZES = pytest.mark.parametrize("size", [WIDE, SMALL])


@asynccontextmanager
async def listed(
    folder: Path, size: tuple[int, int] = WIDE, marker: MarkerChoice = "auto"
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int]]]:
    """Opens the list of runs."""
    app = CnnTuiApp(runs_folder=folder, marker=marker)
    async with app.run_test(size=size) as pilot:
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen))
        await until(pilot, lambda: "sorted by" in screen_text(app))
        yield app, pilot


@asynccontextmanager
async def compared(
    runs: list[Path], size: tuple[int, int] = WIDE, marker: MarkerChoice = "auto"
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int]]]:
    """Marks all runs of the list by keys, and opens the comparison: the last is A."""
    async with listed(runs[0].parent, size, marker) as (app, pilot):
        await pilot.press(*["space"] * len(runs), "c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: "✓" in legend(app) or "+" in legend(app))
        yield app, pilot


def legend(app: CnnTuiApp) -> str:
    return app.screen.query_one("#legend", Lines).plain


def title(app: CnnTuiApp) -> str:
    return app.screen.query_one("#title", Lines).plain


def chart(app: CnnTuiApp, metric: str) -> MetricChart:
    return app.screen.query_one(f"#{metric}", MetricChart)


def last_accuracy(run: Path) -> str:
    reader = RunReader(run)
    while reader.poll() or not reader.complete:
        pass
    return percent(float(reader.tests["accuracy"][-1]))


async def test_too_few_marks_are_told(compared_runs: list[Path]) -> None:
    async with listed(compared_runs[0].parent) as (app, pilot):
        await pilot.press("space", "c")
        await until(pilot, lambda: app._notifications)
        (told,) = app._notifications
        assert told.message == "mark 2 to 12 runs with space, not 1"
        assert isinstance(app.screen, RunsScreen)


@SIZES
async def test_each_run_has_a_letter_its_name_and_its_values(
    compared_runs: list[Path], size: tuple[int, int]
) -> None:
    async with compared(compared_runs, size) as (app, pilot):
        await until(pilot, lambda: last_accuracy(compared_runs[0]) in legend(app))
        for letter, run in zip("ABCD", reversed(compared_runs), strict=True):
            entry = legend(app).replace("\n", " ").split(f"{letter}━")[1]
            words = entry.split()
            assert words[1] == run.name[16:]
            assert f"{words[3]} %" == last_accuracy(run)


async def test_runs_are_told_apart_without_colours_and_fine_glyphs(
    compared_runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with compared(compared_runs, marker="ascii") as (app, pilot):
        await until(pilot, lambda: last_accuracy(compared_runs[0]) in legend(app))
        text = screen_text(app)
        loss = text.partition("Accuracy")[0].partition("Loss")[2]
        plotted = [line[:85] for line in loss.splitlines() if "|" in line[6:12]]
        assert "".join(plotted).isascii()
        for letter in "ABCD":
            assert sum(letter in line for line in plotted) > 1


async def test_one_cursor_reads_out_all_runs(compared_runs: list[Path]) -> None:
    async with compared(compared_runs) as (app, pilot):
        await until(pilot, lambda: last_accuracy(compared_runs[0]) in legend(app))
        await pilot.press("home")
        await until(pilot, lambda: "values at step" in title(app))
        assert chart(app, "loss").cursor == chart(app, "accuracy").cursor
        assert legend(app).count("–") == 4
        await pilot.press("escape")
        await until(pilot, lambda: "newest values" in title(app))


async def test_seeds_become_a_mean_with_a_band(compared_runs: list[Path]) -> None:
    async with compared(compared_runs) as (app, pilot):
        await until(pilot, lambda: last_accuracy(compared_runs[0]) in legend(app))
        screen = app.screen
        assert isinstance(screen, CompareScreen)
        await pilot.press("b")
        await until(pilot, lambda: "mean and min–max" in title(app))
        data = chart(app, "accuracy")._data
        assert [curve.series for curve in data.curves] == [
            "deeper",
            "fast",
            "mean of C D",
        ]
        seeds = [last_accuracy(run) for run in compared_runs[:2]]
        values = sorted(float(text.removesuffix(" %")) / 100 for text in seeds)
        (band,) = data.bands
        ends = [float(edge.y[-1]) for edge in (band.low, band.high)]
        assert ends == pytest.approx(values, abs=1e-4)
        assert data.curves[2].y[-1] == pytest.approx(np.mean(values), abs=1e-4)
        assert "░" in screen_text(app)
        await pilot.press("b")
        await until(pilot, lambda: "± sd" in title(app))
        await pilot.press("b")
        await until(pilot, lambda: "seeds" not in title(app))
        assert "░" not in screen_text(app)


@SIZES
async def test_it_is_said_whether_one_is_better(
    compared_runs: list[Path], size: tuple[int, int]
) -> None:
    async with compared(compared_runs, size) as (app, pilot):
        await pilot.press("shift+tab")
        pane = app.screen.query_one("#seeds", Lines)
        await until(pilot, lambda: "2 seeds" in screen_text(app))
        assert pane.has_focus
        said = pane.plain.splitlines()
        statuses = [status_of(run) for run in compared_runs[:2]]
        mean = np.mean([it.test_accuracy for it in statuses if it])
        [group] = [line for line in said if line.startswith("C D ")]
        assert f"{percent(float(mean))} ± " in group
        assert sum("one seed tells nothing of the spread" in line for line in said) == 2


async def test_over_images_runs_end_where_they_have_seen_them(
    compared_runs: list[Path],
) -> None:
    async with compared(compared_runs) as (app, pilot):
        await until(pilot, lambda: last_accuracy(compared_runs[0]) in legend(app))
        await pilot.press("a", "a", "a")
        await until(pilot, lambda: "by images" in chart(app, "loss").modes)
        ends = {curve.x[-1] for curve in chart(app, "loss")._data.curves}
        assert ends == {40 * 100}


async def test_each_chart_draws_what_is_chosen_for_it(
    compared_runs: list[Path],
) -> None:
    async with compared(compared_runs) as (app, pilot):
        await pilot.press("e", "e")
        await until(pilot, lambda: chart(app, "loss").modes.startswith("test"))
        curves = chart(app, "loss")._data.curves
        assert [len(curve.x) for curve in curves] == [4] * 4
        assert chart(app, "accuracy").modes.startswith("test")
        await pilot.press("tab", "e")
        await until(pilot, lambda: "train · EMA" in chart(app, "accuracy").modes)


@SIZES
async def test_the_table_tells_differences_alone(
    compared_runs: list[Path], size: tuple[int, int]
) -> None:
    async with compared(compared_runs, size) as (app, pilot):
        await pilot.press("tab", "tab")
        table = app.screen.query_one(DifferenceTable)
        await until(pilot, lambda: table.has_focus and "seed" in screen_text(app))
        lines = [strip.text for strip in map(table.render_line, range(20))]
        assert lines[0].split() == ["A", "B", "C", "D"]
        by_key = {line.split()[0]: line.split()[1:] for line in lines if line.strip()}
        assert by_key["optimizer.lr"][1] == "0.2"
        assert by_key["seed"] == ["0", "0", "1", "0"]
        assert "batch_size" not in by_key
        assert "test loss" in "\n".join(lines)
        assert "●" in "\n".join(lines)


async def test_a_table_wider_than_the_screen_scrolls_below_its_head(
    compared_runs: list[Path],
) -> None:
    async with compared(compared_runs, (50, 14)) as (app, pilot):
        await pilot.press("tab", "tab")
        table = app.screen.query_one(DifferenceTable)
        await until(pilot, lambda: table.max_scroll_x and table.max_scroll_y)
        key = table.render_line(3).text[:10]
        await pilot.press(*["right"] * 50)
        await until(pilot, lambda: table.scroll_x == table.max_scroll_x)
        assert table.render_line(0).text.split()[-1] == "D"
        assert table.render_line(3).text[:10] == key
        await pilot.press(*["down"] * 50)
        await until(pilot, lambda: table.scroll_y == table.max_scroll_y)
        assert table.render_line(0).text.split()[-1] == "D"


async def test_a_live_run_is_followed(
    compared_runs: list[Path], tmp_path: Path, calm_training: None
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        live = app.backend.training
        assert live is not None
        app.post_message(CompareRequested((live, compared_runs[0])))
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))

        def last_step() -> float:
            curves = chart(app, "loss")._data.curves
            return float(curves[0].x[-1]) if curves and curves[0].x.size else 0.0

        await until(pilot, lambda: last_step() > 0)
        seen = last_step()
        await until(pilot, lambda: last_step() > seen)
        assert "running" in screen_text(app)


async def test_a_run_that_is_damaged_stays_an_empty_column(
    compared_runs: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "[red]broken"
    broken.mkdir()
    app = CnnTuiApp(runs_folder=tmp_path)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        app.post_message(CompareRequested((broken, compared_runs[0])))
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: "seed-0" in legend(app))
        assert "[red]broken" in legend(app)
        await pilot.press("a", "a", "a")
        await until(pilot, lambda: "images of A are not known" in title(app))


async def test_a_marked_run_that_is_gone_is_not_compared(
    compared_runs: list[Path], tmp_path: Path
) -> None:
    for run in compared_runs[:3]:
        shutil.copytree(run, tmp_path / run.name)
    async with listed(tmp_path) as (app, pilot):
        await pilot.press("space", "space", "space")
        shutil.rmtree(tmp_path / compared_runs[1].name)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await until(pilot, lambda: "seed-0" in legend(app))
        assert "seed-1" not in legend(app)
