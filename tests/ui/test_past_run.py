"""A run that has ended, or is damaged, in the dashboard."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from textual.geometry import Region, Size
from textual.widget import Widget

from cnn_tui.runs import records
from cnn_tui.runs.events import Failed, Stepped
from cnn_tui.runs.layout import CONFIG, DEVICE, EVENTS, METRICS, STATUS
from cnn_tui.runs.records import DeviceRow, encode_line
from cnn_tui.runs.status import read_status
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.widgets.device_pane import DevicePane
from cnn_tui.ui.widgets.event_log import EventLog
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.metric_chart import MetricChart
from cnn_tui.ui.widgets.notices import Notices
from cnn_tui.ui.widgets.pane_tabs import PaneTabs
from cnn_tui.ui.widgets.panes import Panes
from cnn_tui.ui.widgets.run_pane import RunPane
from cnn_tui.ui.widgets.status_line import StatusLine
from tests.ui.conftest import dashboard, opened, screen_text, until
from tests.ui.picture_runs import STARTED

MARKUP = "[@click=app.quit]x[/] [red]y[/red] \x1b[31mz\x1b[0m"
SHOWN = r"[@click=app.quit]x[/] [red]y[/red] \x1b[31mz\x1b[0m"


async def test_every_pane_shows_its_part_of_the_run(finished_run: Path) -> None:
    async with opened(finished_run) as (app, _pilot):
        screen = dashboard(app)
        status = screen.query_one(StatusLine).plain
        assert "✓ finished" in status
        assert "60/60 100 %" in status
        assert "finished at step 60" in screen.query_one(Notices).plain
        assert "evaluated" in screen.query_one(EventLog).plain
        assert (
            "GPU" in screen.query_one(DevicePane).plain or not screen.run.reader.device
        )
        assert screen.query_one("#loss", MetricChart).border_title == (
            "Loss · EMA 0.9 · by step"
        )
        first = screen.query_one(RunPane).plain.splitlines()
        differing = [line for line in first if line.startswith("›")]
        assert differing == first[: len(differing)]
        names = {line.split()[1] for line in differing}
        assert {"lr", "iterations", "train_images"} <= names
        assert "momentum" not in names


async def test_keys_change_how_the_curves_are_drawn(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        loss, accuracy = dashboard(app).query(MetricChart)
        await pilot.press("s", "l", "a")
        assert loss.border_title == "Loss · EMA 0.97 · log y · by epoch"
        assert accuracy.border_title == "Accuracy · EMA 0.97 · log error · by epoch"
        await pilot.press("s", "s", "a", "a")
        assert loss.border_title == "Loss · not smoothed · log y · by step"


async def test_the_log_key_is_for_the_chart_that_is_looked_at(
    finished_run: Path,
) -> None:
    async with opened(finished_run) as (app, pilot):
        loss, accuracy = dashboard(app).query(MetricChart)
        assert (loss.log_y, accuracy.log_y) == (False, True)
        await pilot.press("tab", "l")
        assert (loss.log_y, accuracy.log_y) == (False, False)
        await pilot.press("tab", "l")  # no chart has the focus
        assert (loss.log_y, accuracy.log_y) == (True, False)


async def test_a_small_screen_says_how_its_chart_is_drawn(finished_run: Path) -> None:
    async with opened(finished_run, size=(80, 24)) as (app, pilot):
        modes = dashboard(app).query_one(PaneTabs)
        assert modes.note == "EMA 0.9 · by step"
        await pilot.press("tab", "s")
        assert modes.note == "EMA 0.97 · log error · by step"
        [tabs] = [line for line in screen_text(app).splitlines() if "Events" in line]
        assert tabs.endswith(modes.note)
        await pilot.press("tab")
        assert not modes.note


async def test_the_footer_shows_how_to_zoom_where_a_chart_has_the_focus(
    finished_run: Path,
) -> None:
    def footer(app: CnnTuiApp) -> str:
        return screen_text(app).splitlines()[-1]

    async with opened(finished_run) as (app, pilot):
        await until(pilot, lambda: "+ zoom in  - zoom out  0 all of x" in footer(app))
        await pilot.press("tab", "tab")
        await until(pilot, lambda: "zoom in" not in footer(app))


async def test_marks_are_explained_above_the_chart(finished_run: Path) -> None:
    async with opened(finished_run, size=(80, 24)) as (app, pilot):
        await pilot.press("tab")
        await until(pilot, lambda: "● best so far" in screen_text(app))


async def test_the_cursor_reads_out_both_charts(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        loss, accuracy = dashboard(app).query(MetricChart)
        await pilot.press("home", "right")
        assert loss.cursor is not None
        assert loss.cursor == accuracy.cursor
        assert screen_text(app).count("step 2 ") == 2
        await pilot.press("plus")
        assert loss.view
        await pilot.press("escape", "escape")  # the cursor, then the part in view
        assert loss.cursor is None
        assert loss.view is None


async def test_one_pane_takes_the_screen_and_gives_it_back(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        screen = dashboard(app)
        loss, accuracy = screen.query(MetricChart)
        width = loss.size.width
        await pilot.press("z")
        assert loss.size.width > 150
        assert not accuracy.display or not accuracy.size.width
        await pilot.press("tab")
        assert accuracy.size.width > 150
        await pilot.press("escape")
        assert loss.size.width == width
        assert app.screen is screen


async def test_sides_fold_but_never_both(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        screen = dashboard(app)
        loss, device = screen.query_one("#loss"), screen.query_one(DevicePane)
        await pilot.press("right_square_bracket")
        assert not device.is_on_screen
        assert loss.size.width > 150
        await pilot.press("left_square_bracket")
        assert device.is_on_screen
        assert not loss.is_on_screen
        assert screen.focused is device
        await pilot.press("left_square_bracket")
        assert loss.is_on_screen


async def test_tab_goes_round_all_panes(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        panes = dashboard(app).query_one(Panes).panes
        seen = []
        for _ in panes:
            seen.append(app.focused)
            await pilot.press("tab")
        assert seen == panes
        assert app.focused is panes[0]
        await pilot.press("shift+tab")
        assert app.focused is panes[-1]


async def test_a_small_terminal_shows_one_pane_and_names_the_others(
    finished_run: Path,
) -> None:
    async with opened(finished_run, size=(80, 24)) as (app, pilot):
        for name, pane in zip(
            ("Loss", "Accuracy", "Device", "Run", "Events"),
            dashboard(app).query_one(Panes).panes,
            strict=True,
        ):
            lines = screen_text(app).splitlines()
            assert f"[{name}]" in screen_text(app)
            assert pane.is_on_screen
            assert all(len(line) <= 80 for line in lines)
            assert lines[-1].rstrip().endswith("? help")
            await pilot.press("tab")


async def test_no_size_is_too_small_and_none_comes_too_fast(finished_run: Path) -> None:
    sizes = [(20, 5), (1, 1), (200, 60), (80, 24), (100, 30), (7, 40), (160, 3)]
    async with opened(finished_run) as (app, pilot):
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            assert app.size == Size(width, height)
        await pilot.resize_terminal(160, 45)
        dashboard(app).poll()
        await pilot.pause()
        assert "[Loss]" not in screen_text(app)
        assert "✓ finished" in screen_text(app)


async def test_text_from_files_is_shown_literally(finished_run: Path) -> None:
    status = read_status(finished_run)
    assert status
    status = msgspec.structs.replace(status, name=MARKUP, preset=None, reason=MARKUP)
    (finished_run / STATUS).write_bytes(msgspec.json.encode(status))
    event = {"at": records.now(), "step": 60, "event": MARKUP, "reason": MARKUP}
    with (finished_run / EVENTS).open("ab") as file:
        file.write(encode_line(event))
    renamed = finished_run.with_name("[bold]run")
    finished_run.rename(renamed)
    async with opened(renamed) as (app, _pilot):
        screen = dashboard(app)
        assert SHOWN in screen.query_one(StatusLine).plain
        assert SHOWN in screen.query_one(Notices).plain
        assert screen.query_one(EventLog).plain.count(SHOWN) == 2
        assert "Run · [bold]run" in screen_text(app)


def _no_status(run: Path) -> str:
    (run / STATUS).unlink()
    return "has no status.json"


def _garbage_in_status(run: Path) -> str:
    (run / STATUS).write_bytes(b"\xff\x00{")
    return "status.json is damaged"


def _another_format(run: Path) -> str:
    (run / STATUS).write_text('{"format": 99}')
    return "has format 99"


def _damaged_config(run: Path) -> str:
    (run / CONFIG).write_text("format: 1\nmodel: [unfinished\n")
    return "config.yaml"


def _no_config(run: Path) -> str:
    (run / CONFIG).unlink()
    return "config.yaml cannot be read"


def _damaged_lines(run: Path) -> str:
    for name in (METRICS, EVENTS, DEVICE):
        with (run / name).open("ab") as file:
            file.write(b"not json\n[1, 2]\n")
    return "6 damaged lines were left out"


def _pipe_for_rows(run: Path) -> str:
    (run / METRICS).unlink()
    os.mkfifo(run / METRICS)
    return "metrics.jsonl is no regular file"


def _torn_end(run: Path) -> str:
    for name in (METRICS, EVENTS, DEVICE):
        path = run / name
        path.write_bytes(path.read_bytes()[:-5])
    return "finished at step 60"


@pytest.mark.parametrize(
    "damage",
    [
        _no_status,
        _garbage_in_status,
        _another_format,
        _damaged_config,
        _no_config,
        _damaged_lines,
        _pipe_for_rows,
        _torn_end,
    ],
)
async def test_a_damaged_run_is_shown_as_far_as_it_can_be_read(
    finished_run: Path, damage: Callable[[Path], str]
) -> None:
    sentence = damage(finished_run)
    async with opened(finished_run) as (app, pilot):
        await pilot.press("z", "s", "a", "z", "question_mark", "escape")
        assert sentence in dashboard(app).query_one(Notices).plain
        # Nothing can be steered, and every other key still answers.
        await pilot.press("r")
        assert "Runs" in screen_text(app)


async def test_a_run_may_vanish_while_it_is_watched(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        shutil.rmtree(finished_run)
        dashboard(app).poll()
        await pilot.pause()
        assert "is gone" in dashboard(app).query_one(Notices).plain
        assert "evaluated" in dashboard(app).query_one(EventLog).plain


async def test_nothing_is_redrawn_where_nothing_changed(
    finished_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh = Widget.refresh
    refreshed: list[Widget] = []

    def note(widget: Widget, *regions: Region, **options: bool) -> Widget:
        refreshed.append(widget)
        return refresh(widget, *regions, **options)

    async with opened(finished_run) as (app, pilot):
        dashboard(app).poll()
        await pilot.pause()
        monkeypatch.setattr(Widget, "refresh", note)
        for _ in range(3):
            dashboard(app).poll()
            await pilot.pause()
        assert refreshed == []
        await pilot.press("s")
        assert refreshed != []


async def test_the_log_stays_at_the_end_unless_somebody_reads_above(
    finished_run: Path,
) -> None:
    def add_events(number: int) -> None:
        with (finished_run / EVENTS).open("ab") as file:
            for step in range(number):
                file.write(encode_line(Stepped(at=records.now(), step=step)))

    add_events(100)
    async with opened(finished_run) as (app, pilot):
        log = dashboard(app).query_one(EventLog)
        assert log.scroll_offset.y == log.max_scroll_y > 0
        add_events(10)
        dashboard(app).poll()
        assert log.scroll_offset.y == log.max_scroll_y
        log.focus()
        await pilot.press("home")
        add_events(10)
        dashboard(app).poll()
        await pilot.pause()
        assert log.scroll_offset.y == 0


async def test_events_that_are_too_long_go_on_in_the_next_row(
    finished_run: Path,
) -> None:
    reason = "a reason of many words that no pane beside the charts is wide enough for"
    with (finished_run / EVENTS).open("ab") as file:
        event = Failed(at=records.now(), step=60, reason=reason)
        file.write(encode_line(event))
    async with opened(finished_run, size=(100, 40)) as (app, pilot):
        log = dashboard(app).query_one(EventLog)
        assert log.scroll_offset.y == log.max_scroll_y
        rows = [log.render_line(row).text for row in range(log.size.height)]
        assert reason in " ".join(" ".join(row[20:] for row in rows).split())
        rows_when_narrow = log.virtual_size.height
        await pilot.resize_terminal(160, 45)
        await until(pilot, lambda: log.virtual_size.height < rows_when_narrow)


async def test_how_a_run_ended_is_said_whole(finished_run: Path) -> None:
    async with opened(finished_run, size=(60, 18)) as (app, pilot):
        notices = dashboard(app).query_one(Notices)
        assert notices.size.height > 1
        rows = [notices.render_line(row).text for row in range(notices.size.height)]
        assert finished_run.name in "".join(row.strip() for row in rows)
        await pilot.resize_terminal(250, 45)
        assert notices.size.height == 1


async def test_the_machine_of_a_run_that_has_ended_is_one_of_the_past(
    finished_run: Path,
) -> None:
    row = DeviceRow(at=STARTED, cpu_percent=41.0)
    (finished_run / DEVICE).write_bytes(encode_line(row))
    async with opened(finished_run) as (app, _pilot):
        shown = dashboard(app).query_one(DevicePane).plain
        assert shown.startswith("last seen 2026-11-22 09:15:02")
        assert "41 %" in shown


async def test_the_mouse_reaches_panes_tabs_and_keys(finished_run: Path) -> None:
    async with opened(finished_run) as (app, pilot):
        await pilot.click(EventLog)
        assert isinstance(app.focused, EventLog)
        loss = dashboard(app).query_one("#loss", MetricChart)
        await pilot.click(loss, offset=(40, 8))
        assert loss.cursor is not None
        bar = screen_text(app).splitlines()[-1]
        await pilot.click(KeyBar, offset=(bar.index("l log"), 0))
        assert loss.log_y
        await pilot.resize_terminal(80, 24)
        tabs = next(line for line in screen_text(app).splitlines() if "[Loss]" in line)
        await pilot.click(PaneTabs, offset=(tabs.index("Run"), 0))
        assert isinstance(app.focused, RunPane)
