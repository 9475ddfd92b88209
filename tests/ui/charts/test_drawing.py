"""A whole chart drawn into cells: readable at any size, with any glyphs."""

import math
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cnn_tui.ui.charts.axes import Axis
from cnn_tui.ui.charts.cells import Cells, Ink
from cnn_tui.ui.charts.data import ChartData, Curve, Mark
from cnn_tui.ui.charts.drawing import draw, lay_out
from cnn_tui.ui.charts.markers import MARKERS, MarkerName, choose_marker
from cnn_tui.ui.charts.scene import Scene, y_axis

STEPS = np.arange(0.0, 3001.0)
DATA = ChartData(
    curves=(
        Curve("train", STEPS, 2 - STEPS / 2000, style="raw"),
        Curve("EMA", STEPS, 2 - STEPS / 2000),
        Curve("test", STEPS[::1500], 2 - STEPS[::1500] / 2000, style="points"),
    ),
    marks=(
        Mark(x=500, glyph="▾", text="checkpoint"),
        Mark(x=1000, glyph="▲", text="lr 0.05→0.02", labelled=True),
        Mark(x=2000, glyph="×", text="NaN", role="error"),
    ),
    x_limits=(0, 3000),
)


def scene(
    data: ChartData = DATA,
    *,
    log: bool = False,
    cursor: float | None = None,
    marker: MarkerName = "braille",
) -> Scene:
    return Scene(
        data=data,
        x_axis=Axis(low=0, high=3000, kind=data.x_kind),
        y_axis=Axis(
            low=0.1 if log else 0,
            high=2,
            kind=data.y_kind,
            scale="log" if log else "linear",
        ),
        cursor=cursor,
        marker_name=marker,
    )


def cells_of(shown: Scene, width: int, height: int) -> Cells:
    return draw(shown, lay_out(shown, width, height), width, height)


def lines(shown: Scene, width: int, height: int) -> list[str]:
    cells = cells_of(shown, width, height)
    return ["".join(text for text, _ in cells.runs(y)) for y in range(height)]


def test_a_chart_has_a_legend_axes_with_round_ticks_and_named_marks() -> None:
    drawn = lines(scene(), 60, 14)
    assert drawn[0].endswith("╌ train  ━ EMA  ● test")
    assert [line[:7] for line in drawn if "┤" in line] == [
        *("   2.0┤", "   1.5┤", "   1.0┤", "   0.5┤", "   0.0┤")
    ]
    assert drawn[-3].startswith("      └┬")
    assert drawn[-2].split() == [
        "0",
        "500",
        "1,000",
        "1,500",
        "2,000",
        "2,500",
        "3,000",
    ]
    assert drawn[-1].strip() == "▲ lr 0.05→0.02"


def test_marks_lie_on_the_axis_above_their_names() -> None:
    drawn = lines(scene(), 60, 14)
    axis, names = drawn[-3], drawn[-1]
    assert (axis.index("▾"), axis.index("▲"), axis.index("×")) == (16, 24, 42)
    assert names.index("▲") == axis.index("▲")
    assert drawn[-4][axis.index("▲")] == "┊"


def test_names_that_would_overlap_leave_the_latest() -> None:
    marks = [
        Mark(x=x, glyph="▲", text=f"lr at {x}", labelled=True) for x in (900, 1000)
    ]
    data = ChartData(curves=DATA.curves, marks=tuple(marks))
    assert lines(scene(data), 60, 14)[-1].strip() == "▲ lr at 1000"


def test_a_log_axis_has_ticks_at_decades() -> None:
    drawn = lines(scene(log=True), 60, 14)
    ticks = [line.split("┤")[0].strip() for line in drawn if "┤" in line]
    assert ticks == ["2", "1", "0.5", "0.2", "0.1"]


def test_the_cursor_reads_out_every_value_and_mark() -> None:
    drawn = lines(scene(cursor=1000.0), 60, 14)
    expected = "step 1,000  ━ EMA 1.50  ● test 2.00  ▲ lr 0.05→0.02"
    assert drawn[0].strip() == expected
    assert drawn[2][drawn[-3].index("▲")] == "│"


def test_the_cursor_reads_out_gaps_and_values_to_come() -> None:
    curves = (
        Curve("a", np.array([0.0, 10.0]), np.array([1.0, math.nan])),
        Curve("b", np.array([2000.0]), np.array([1.0])),
    )
    data = ChartData(curves=curves, y_kind="percent")
    assert (
        lines(scene(data, cursor=20.0), 60, 14)[0].strip() == "step 20  ━ a NaN  ━ b –"
    )


def test_the_raw_curve_leaves_the_legend_where_it_does_not_fit() -> None:
    assert lines(scene(), 26, 14)[0].strip() == "━ EMA  ● test"
    assert lines(scene(), 16, 14)[0].strip() == "● test"


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (72, "step 1,000  ╌ train 1.50  ━ EMA 1.50  ● test 2.00  ▲ lr 0.05→0.02"),
        (71, "step 1,000  ━ EMA 1.50  ● test 2.00  ▲ lr 0.05→0.02"),
        (54, "step 1,000  ━ EMA 1.50  ● test 2.00  ▲ changed"),
        (50, "step 1,000  ━ EMA 1.50  ● test 2.00  ▲"),
        (41, "1,000  ━ 1.50  ● 2.00  ▲ changed"),
        (30, "1,000  ━ 1.50  ● 2.00"),
        (26, "1,000  ● 2.00  ▲"),
        (12, "1,000"),
    ],
)
def test_a_readout_drops_what_matters_least_and_never_cuts_a_number(
    width: int, expected: str
) -> None:
    data = replace(DATA, mark_names={"▲": "changed"})
    assert lines(scene(data, cursor=1000.0), width, 14)[0].strip() == expected


def test_marks_in_view_are_explained_as_far_as_there_is_room() -> None:
    names = {"▾": "kept", "▲": "changed", "×": "not finite"}
    data = replace(DATA, mark_names=names)
    full, short = lines(scene(data), 70, 14)[0], lines(scene(data), 45, 14)[0]
    curves = ["╌", "train", "━", "EMA", "●", "test"]
    marks = ["▾", "kept", "▲", "changed", "×", "not", "finite"]
    assert full.split() == marks + curves
    assert short.split() == marks[:2] + curves
    before = replace(data, marks=data.marks[:1])
    assert "changed" not in lines(scene(before), 60, 14)[0]
    assert "kept" not in lines(scene(data, cursor=1500.0), 60, 14)[0]


def test_a_long_name_of_a_mark_gives_way_to_a_short_one() -> None:
    mark = Mark(x=1000, glyph="×", text="loss is not finite " * 5, labelled=True)
    data = replace(DATA, marks=(mark,), mark_names={"×": "not finite"})
    assert lines(scene(data), 60, 14)[-1].strip() == "× not finite"


@pytest.mark.parametrize(
    ("accuracies", "rows_apart"),
    [((0.1, 0.5, 0.9, 0.96, 0.99), 4), ((0.96, 0.99, 1), 3)],
)
def test_accuracy_by_error_shows_what_happens_above_96_percent(
    accuracies: tuple[float, ...], rows_apart: int
) -> None:
    x = np.linspace(0, 3000, len(accuracies))
    curve = Curve("test", x, np.array(accuracies), style="points")
    data = ChartData(curves=(curve,), y_kind="percent", x_limits=(0, 3000))
    shown = scene(data)
    by_error = replace(shown, y_axis=y_axis(data, shown.x_axis, None, "error"))
    plot = [line[7:] for line in lines(by_error, 80, 18)[1:16]]
    columns = [round(place * 72 / 3000) for place in x]
    rows = [
        next(row for row, line in enumerate(plot) if line[column] == "●")
        for column in columns
    ]
    by_accuracy = dict(zip(accuracies, rows, strict=True))
    assert by_accuracy[0.96] - by_accuracy[0.99] >= rows_apart
    assert rows == sorted(set(rows), reverse=True)
    assert rows[-1] == 0  # the best of all, be it perfect, is at the top edge


def test_points_lie_above_lines_and_lines_above_raw_curves() -> None:
    cells = cells_of(scene(), 60, 14)
    plot = cells.inks[1:11, 7:]
    assert not (plot == Ink.RAW_FIRST).any()
    assert (cells.glyphs == ord("●")).sum() == 3 + 1


def test_curves_without_values_say_so() -> None:
    empty = ChartData(curves=(Curve("a", np.array([1.0]), np.array([math.nan])),))
    assert any("no values yet" in line for line in lines(scene(empty), 40, 12))
    assert not any("no values yet" in line for line in lines(scene(), 40, 12))


def test_text_is_shown_literally() -> None:
    curve = Curve("[red]a[/]\x1b[2J", np.array([1.0]), np.array([1.0]))
    mark = Mark(x=1, glyph="▲", text="[@click=quit]\u202e", labelled=True)
    drawn = lines(scene(ChartData(curves=(curve,), marks=(mark,))), 60, 14)
    assert "[red]a[/]\\x1b[2J" in drawn[0]
    assert "[@click=quit]\\x202e" in drawn[-1]


def test_without_braille_a_cell_is_one_dot() -> None:
    drawn = "".join(lines(scene(marker="dot"), 60, 14))
    assert "•" in drawn
    assert not any(0x2800 <= ord(char) < 0x2900 for char in drawn)


def test_ascii_is_ascii_everywhere() -> None:
    drawn = lines(scene(marker="ascii", cursor=1000.0), 60, 14)
    assert all(line.isascii() for line in drawn)
    assert "?" not in "".join(drawn).replace("?", "", 1)  # the unusual glyph "▾"
    assert drawn[-1].strip() == "^ lr 0.05>0.02"


@pytest.mark.parametrize("marker", MARKERS)
@pytest.mark.parametrize("width", [0, 1, 2, 3, 4, 5, 11, 12, 13, 38, 200])
@pytest.mark.parametrize("height", [0, 1, 2, 3, 4, 5, 9, 10, 60])
def test_no_size_is_too_odd(marker: MarkerName, width: int, height: int) -> None:
    for shown in (scene(marker=marker, cursor=7.0), scene(ChartData(), log=True)):
        drawn = lines(shown, width, height)
        assert [len(line) for line in drawn] == [width] * height


def test_small_charts_lose_their_labels_then_their_axes() -> None:
    assert any("2" in line for line in lines(scene(), 12, 5))
    assert any("└" in line for line in lines(scene(), 5, 3))
    assert not any("└" in line for line in lines(scene(), 3, 2))
    assert any(line.strip() for line in lines(scene(), 3, 2))


@pytest.mark.parametrize(
    ("choice", "terminal", "expected"),
    [
        ("auto", "xterm-256color", "braille"),
        ("auto", "", "braille"),
        ("auto", "linux", "dot"),
        ("auto", "vt100", "dot"),
    ],
)
def test_glyphs_are_chosen_by_terminal(
    choice: MarkerName, terminal: str, expected: str
) -> None:
    assert choose_marker("auto", terminal) == expected
    assert choose_marker("ascii", terminal) == "ascii"


@pytest.mark.parametrize("total", [7, 60, 999, 3000, 60_000])
@pytest.mark.parametrize("width", [24, 38, 58, 79, 100, 158, 200])
def test_no_label_of_a_tick_is_left_out(width: int, total: int) -> None:
    shown = replace(scene(), x_axis=Axis(low=0, high=total, kind="count"))
    labels = lines(shown, width, 9)[-1].split()
    values = [int(label.replace(",", "")) for label in labels]
    steps = {b - a for a, b in pairwise(values)}
    assert len(steps) == 1
    assert values[0] == 0
    assert values[-1] + steps.pop() > total


def test_thousands_of_marks_do_not_slow_it_down() -> None:
    marks = [
        Mark(x=x, glyph="▾", text="checkpoint") for x in np.linspace(0, 3000, 10_000)
    ]
    shown = scene(ChartData(curves=DATA.curves, marks=tuple(marks)))
    started = time.process_time()
    drawn = lines(shown, 60, 14)
    assert time.process_time() - started < 0.3  # measured: 0.02
    assert drawn[-2].count("▾") == 53
