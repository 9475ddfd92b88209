"""Twelve curves in one chart: told apart by letters, patterns and inks; bands."""

import numpy as np
import pytest
from rich.color import Color, ColorSystem

from cnn_tui.ui.charts.axes import Axis
from cnn_tui.ui.charts.cells import Cells, Ink
from cnn_tui.ui.charts.chart import LineChart
from cnn_tui.ui.charts.data import Band, ChartData, Curve
from cnn_tui.ui.charts.drawing import draw, lay_out
from cnn_tui.ui.charts.markers import MARKERS, MarkerName
from cnn_tui.ui.charts.scene import Scene, y_axis
from cnn_tui.ui.comparison import ROLES

X = np.arange(0.0, 101.0)


def drawn(data: ChartData, marker: MarkerName = "ascii", log: bool = False) -> Cells:
    x_axis = Axis(low=0, high=100, kind="count")
    y = y_axis(data, x_axis, None, "log" if log else "linear")
    scene = Scene(data=data, x_axis=x_axis, y_axis=y, marker_name=marker)
    return draw(scene, lay_out(scene, 80, 20), 80, 20)


def text(cells: Cells) -> list[str]:
    return ["".join(part for part, _ in cells.runs(y)) for y in range(cells.height)]


def level(letter: str, y: float, *, dashed: bool = False) -> Curve:
    return Curve(letter, X, X * 0 + y, letter=letter, is_dashed=dashed)


def test_twelve_curves_end_in_their_letters() -> None:
    curves = tuple(level(letter, ord(letter)) for letter in "ABCDEFGHIJKL")
    lines = text(drawn(ChartData(curves=curves)))
    for letter in "ABCDEFGHIJKL":
        assert any(letter in line[-3:] for line in lines[1:])


def test_letters_of_equal_curves_stand_beside_each_other() -> None:
    lines = text(drawn(ChartData(curves=tuple(level(each, 1) for each in "ABC"))))
    assert any(line.endswith("CBA") for line in lines[1:])


def test_an_end_beyond_the_part_in_view_is_at_its_edge() -> None:
    curve = Curve("A", X * 5, X * 0 + 1, letter="A")
    assert any(line.endswith("A") for line in text(drawn(ChartData(curves=(curve,)))))


def test_a_curve_without_a_value_has_no_letter() -> None:
    nothing = Curve("A", X, X * np.nan, letter="A")
    lines = text(drawn(ChartData(curves=(nothing, level("B", 1)))))
    assert not any("A" in line for line in lines[1:])


@pytest.mark.parametrize("marker", ["braille", "dot", "ascii"])
def test_a_dashed_curve_has_gaps(marker: MarkerName) -> None:
    def cells_with_ink(dashed: bool) -> int:
        data = ChartData(curves=(level("A", 1, dashed=dashed),))
        return int((drawn(data, marker).inks == Ink.FIRST).sum())

    assert cells_with_ink(True) < 0.7 * cells_with_ink(False)


def test_dark_inks_differ_in_sixteen_colours() -> None:
    colours = ["#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442"]
    assert all(colour in LineChart.DEFAULT_CSS for colour in colours)
    coarse = {Color.parse(it).downgrade(ColorSystem.STANDARD).number for it in colours}
    assert len(coarse) == len(ROLES) - 1  # the last one is the foreground


@pytest.mark.parametrize("marker", ["braille", "dot", "ascii"])
def test_a_band_is_shaded_from_edge_to_edge(marker: MarkerName) -> None:
    band = Band(low=level("A", 0), high=level("A", 10))
    data = ChartData(curves=(level("A", 5),), bands=(band,))
    lines = text(drawn(data, marker))
    shaded = [line.count(MARKERS[marker].shade) for line in lines]
    assert sum(number > 60 for number in shaded) >= 15
    assert (drawn(data, marker).inks == Ink.RAW_FIRST).any()


def test_a_band_that_goes_below_zero_ends_at_the_edge_of_a_logarithmic_axis() -> None:
    band = Band(low=level("A", -1), high=level("A", 10))
    data = ChartData(curves=(level("A", 1),), bands=(band,))
    lines = text(drawn(data, log=True))
    assert sum(line.count(":") > 60 for line in lines) >= 8
