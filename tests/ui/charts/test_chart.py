"""The chart widget: it shows its data, sends only changes, and obeys its keys."""

import math

import numpy as np
import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip

from cnn_tui.ui.charts import ChartData, Curve, LineChart, Mark
from cnn_tui.ui.charts.chart_slice import ChartSlice

STEPS = np.arange(1.0, 3001.0)
LOSS = 2.3 * np.exp(-STEPS / 800) + 0.1 * np.sin(STEPS)


def data_until(step: int, **changes: object) -> ChartData:
    shown = slice(0, step)
    curves = (
        Curve("train", STEPS[shown], LOSS[shown], style="raw"),
        Curve("EMA", STEPS[shown], 2.3 * np.exp(-STEPS[shown] / 800)),
    )
    return ChartData(curves=curves, x_limits=(0, 3000))


class ChartApp(App[None]):
    """One chart in a border, and what it tells."""

    CSS = """
    LineChart { border: round $primary; }
    LineChart:focus { background: $primary 30%; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.told: list[LineChart.CursorMoved] = []

    def compose(self) -> ComposeResult:
        yield LineChart()

    def on_line_chart_cursor_moved(self, message: LineChart.CursorMoved) -> None:
        self.told.append(message)

    @property
    def chart(self) -> LineChart:
        return self.query_one(LineChart)


def painted(chart: LineChart) -> list[Strip]:
    """Returns the rows as Textual paints them, with what it has cached."""
    rows = range(chart.content_size.height)
    parts = [
        part.render_lines(Region(0, 0, *part.size)) for part in chart.query(ChartSlice)
    ]
    return [Strip.join([part[row] for part in parts]).simplify() for row in rows]


def text_of(chart: LineChart) -> list[str]:
    return [strip.text for strip in painted(chart)]


def repainted(chart: LineChart) -> list[Strip]:
    """Returns the rows as Textual paints them with nothing cached."""
    for part in chart.query(ChartSlice):
        part.refresh()
    return painted(chart)


async def test_it_shows_its_data() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        assert any("no values yet" in line for line in text_of(app.chart))
        app.chart.set_data(data_until(1500))
        await pilot.pause()
        drawn = text_of(app.chart)
        assert drawn[0].endswith("╌ train  ━ EMA")
        assert "3,000" in drawn[-1]
        assert not any("no values yet" in line for line in drawn)


async def test_after_many_changes_it_looks_as_if_drawn_afresh() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        for step in (1, 2, 10, 500, 510, 520, 1500, 2999, 1200):
            app.chart.set_data(data_until(step))
            await pilot.pause()
            assert painted(app.chart) == repainted(app.chart)
        app.chart.cursor = 700.0
        await pilot.pause()
        assert painted(app.chart) == repainted(app.chart)
        app.chart.cursor = None
        await pilot.pause()
        assert painted(app.chart) == repainted(app.chart)


async def test_only_cells_that_changed_are_refreshed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = ChartApp()
    async with app.run_test(size=(100, 24)) as pilot:
        app.chart.set_data(data_until(1500))
        await pilot.pause()
        regions: list[Region] = []
        monkeypatch.setattr(
            ChartSlice, "refresh", lambda _, *dirty: regions.extend(dirty)
        )
        app.chart.set_data(data_until(1500))
        assert regions == []
        app.chart.set_data(data_until(1530))
        assert 0 < sum(region.area for region in regions) < 30
        regions.clear()
        app.chart.log_y = True
        assert sum(region.area for region in regions) > 300


async def test_a_resize_storm_ends_in_a_chart_that_fits() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.set_data(data_until(1200))
        sizes = [(200, 60), (5, 3), (2, 2), (61, 15), (1, 1), (62, 14), (61, 14)]
        for width, height in sizes:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            assert all(len(line) == max(0, width - 2) for line in text_of(app.chart))
            assert painted(app.chart) == repainted(app.chart)


@pytest.mark.parametrize("size", [(3, 3), (2, 2), (7, 5), (40, 11), (202, 62)])
async def test_it_fits_any_terminal(size: tuple[int, int]) -> None:
    app = ChartApp()
    async with app.run_test(size=size) as pilot:
        app.chart.set_data(data_until(1200))
        await pilot.pause()
        assert all(len(line) == size[0] - 2 for line in text_of(app.chart))


async def test_log_y_leaves_out_zero_negative_and_non_finite_values() -> None:
    y = np.array([1.0, 0.0, -1.0, math.nan, math.inf, 0.1])
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.set_data(ChartData(curves=(Curve("a", np.arange(6.0), y),)))
        app.chart.log_y = True
        await pilot.pause()
        ticks = [
            line.split("┤")[0].strip() for line in text_of(app.chart) if "┤" in line
        ]
        assert ticks == ["1", "0.5", "0.2", "0.1"]
        app.chart.log_y = False
        await pilot.pause()
        assert any("-1.0┤" in line for line in text_of(app.chart))


async def test_other_themes_and_focus_recolour_every_cell() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.set_data(data_until(1200))
        await pilot.pause()
        dark = colours(app.chart)
        app.theme = "textual-light"
        await pilot.pause()
        assert not dark & colours(app.chart)
        blurred = colours(app.chart)
        app.chart.can_focus = True
        app.chart.focus()
        await pilot.pause()
        assert not blurred & colours(app.chart)


def colours(chart: LineChart) -> set[object]:
    strips = painted(chart)
    return {
        (piece.style and piece.style.bgcolor) for strip in strips for piece in strip
    }


async def test_without_colour_curves_differ_by_brightness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.set_data(data_until(1200))
        await pilot.pause()
        legend = painted(app.chart)[0]
        signs = [piece for piece in legend if piece.text.strip() in {"╌", "━"}]
        greys = [piece.style.color for piece in signs if piece.style]
        assert len(set(greys)) == 2
        triplets = [grey.get_truecolor() for grey in greys if grey]
        assert all(red == green == blue for red, green, blue in triplets)


async def test_the_cursor_moves_by_columns_and_tells_where_it_is() -> None:
    app = ChartApp()
    async with app.run_test(size=(68, 14)) as pilot:
        chart = app.chart
        chart.set_data(data_until(1200))
        await pilot.pause()
        chart.move_cursor(-1)
        assert chart.cursor == 1200
        chart.move_cursor(-1)
        chart.move_cursor(-10)
        assert chart.cursor == pytest.approx(1200 - 11 * 3000 / 58, abs=1)
        chart.move_cursor_to_start()
        assert chart.cursor == 1
        chart.move_cursor(-10)
        assert chart.cursor == 0
        chart.move_cursor_to_end()
        await pilot.pause()
        assert "step 1,200  ╌ train " in text_of(chart)[0]
        chart.cursor = None
        await pilot.pause()
        assert [app.told[0].x, app.told[-1].x] == [1200, None]
        assert app.told[0].control is chart


async def test_a_chart_without_values_has_no_cursor_to_move() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)):
        app.chart.move_cursor(1)
        app.chart.move_cursor_to_start()
        assert app.chart.cursor is None


async def test_zoom_goes_to_the_cursor_and_the_view_follows_it() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        chart = app.chart
        chart.set_data(data_until(3000))
        await pilot.pause()
        chart.zoom(0.5)
        assert chart.view == (750, 2250)
        chart.pan(-0.5)
        assert chart.view == (0, 1500)
        chart.cursor = 300.0
        chart.zoom(0.1)
        assert chart.view == (270, 420)
        chart.move_cursor_to_end()
        assert chart.view == (2850, 3000)
        await pilot.pause()
        assert "3,000" in text_of(chart)[-1]
        chart.zoom(1000)
        assert chart.view is None
        chart.zoom(0.5)
        chart.reset_view()
        assert chart.view is None


async def test_zoom_fits_the_y_axis_to_what_is_in_view() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        app.chart.set_data(data_until(3000))
        app.chart.view = (2500.0, 3000.0)
        await pilot.pause()
        ticks = [
            line.split("┤")[0].strip() for line in text_of(app.chart) if "┤" in line
        ]
        assert float(ticks[0]) < 0.3


async def test_another_meaning_of_x_resets_view_and_cursor() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        chart = app.chart
        chart.set_data(data_until(3000))
        chart.zoom(0.5)
        chart.move_cursor_to_end()
        curve = Curve("EMA", STEPS / 100, LOSS)
        by_time = ChartData(curves=(curve,), x_label="time", x_kind="duration")
        chart.set_data(by_time)
        await pilot.pause()
        assert (chart.view, chart.cursor) == (None, None)
        assert text_of(chart)[-1].split() == [
            "0:00",
            "0:05",
            "0:10",
            "0:15",
            "0:20",
            "0:25",
            "0:30",
        ]


async def test_a_shorter_axis_keeps_the_view_inside() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)):
        chart = app.chart
        chart.set_data(data_until(3000))
        chart.view = (2000.0, 3000.0)
        chart.set_data(ChartData(curves=data_until(400).curves, x_limits=(0, 400)))
        assert chart.view is None


async def test_the_mouse_carries_the_cursor_and_a_click_leaves_it() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        chart = app.chart
        chart.set_data(data_until(3000))
        await pilot.pause()
        await pilot.hover(LineChart, offset=(8, 5))
        assert chart.cursor == 0
        await pilot.hover(LineChart, offset=(58, 5))
        assert chart.cursor == 3000
        await pilot.hover(LineChart, offset=(3, 5))
        assert chart.cursor == 3000
        await pilot.click(LineChart, offset=(8, 5))
        assert chart.cursor == 0


async def test_a_cursor_that_the_mouse_brought_goes_with_it() -> None:
    class TwoCharts(ChartApp):
        def compose(self) -> ComposeResult:
            yield LineChart(id="first")
            yield LineChart(id="second")

    app = TwoCharts()
    async with app.run_test(size=(60, 28)) as pilot:
        first = app.query_one("#first", LineChart)
        first.set_data(data_until(3000))
        await pilot.pause()
        await pilot.hover("#first", offset=(20, 5))
        await pilot.hover("#first", offset=(40, 5))
        assert first.cursor is not None
        await pilot.hover("#second", offset=(20, 5))
        assert first.cursor is None


async def test_marks_that_appear_while_it_runs_are_drawn() -> None:
    app = ChartApp()
    async with app.run_test(size=(60, 14)) as pilot:
        data = data_until(1200)
        app.chart.set_data(data)
        await pilot.pause()
        mark = Mark(x=1000, glyph="▲", text="lr 0.05→0.02", labelled=True)
        app.chart.set_data(
            ChartData(curves=data.curves, marks=(mark,), x_limits=data.x_limits)
        )
        await pilot.pause()
        assert text_of(app.chart)[-1].strip() == "▲ lr 0.05→0.02"
