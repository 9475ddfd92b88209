"""The rows of the layer table line up, whatever room there is."""

from collections.abc import Sequence
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.widgets import OptionList, Static

from cnn_tui.shaping.outline import Outline, outline
from cnn_tui.ui.widgets.layer_table import LayerTable, totals

RESIDUAL: list[Any] = [
    {"conv2d": {"out_channels": 16, "kernel_size": 3, "padding": "same"}},
    {
        "residual": [
            {"conv2d": {"out_channels": 32, "kernel_size": 3, "padding": "same"}},
            "relu",
        ]
    },
    {"adaptive_avg_pool2d": {"output_size": 1}},
    "flatten",
    {"linear": {"out_features": "classes"}},
]


def table(layers: Sequence[Any]) -> Outline:
    return outline(list(layers), (1, 28, 28), 10)


class Host(App[None]):
    """Shows one table."""

    def compose(self) -> ComposeResult:
        """Yields the table."""
        yield LayerTable()

    @property
    def lines(self) -> list[str]:
        """The rows, without the headings."""
        return [str(o.prompt) for o in self.query_one(OptionList).options]


@pytest.mark.parametrize("width", [56, 80, 160])
async def test_columns_line_up_and_fit(width: int) -> None:
    app = Host()
    async with app.run_test(size=(width, 20)) as pilot:
        app.query_one(LayerTable).show(table(RESIDUAL))
        await pilot.pause()
        lines = app.lines
        assert len({len(line) for line in lines}) == 1
        assert len(lines[0]) < width
        assert lines[0].split() == ["input", "1×28×28"]
        nested = lines[3]
        assert nested.startswith("2.1") and nested.index("conv2d") > lines[1].index(
            "conv2d"
        )
        assert "82 %" in nested and nested.rstrip().endswith("5×5")
        assert ("━" in nested) == (width > 56)


async def test_the_arithmetic_is_that_of_the_highlighted_layer() -> None:
    app = Host()
    async with app.run_test(size=(100, 20)) as pilot:
        app.query_one(LayerTable).show(table(RESIDUAL))
        app.query_one(OptionList).focus()
        formula = app.query_one(".formula", Static)
        await pilot.press("down")
        assert str(formula.content) == ("2 residual: layers(x) + 1×1 convolution of x")
        await pilot.press("end")
        assert str(formula.content) == "5 linear 10: 10·32 + 10 = 330 parameters"
        await pilot.press("home")
        assert str(formula.content) == ""


async def test_a_model_without_parameters_has_no_shares() -> None:
    flat = table(["flatten", {"linear": {"out_features": "classes", "bias": False}}])
    app = Host()
    async with app.run_test(size=(8, 4)) as pilot:
        app.query_one(LayerTable).show(flat)
        await pilot.resize_terminal(80, 10)
        await pilot.pause()
        assert "100 %" in app.lines[2] and "%" not in app.lines[1]
        app.query_one(LayerTable).show(None)
        assert app.lines == []


def test_totals_are_written_for_people() -> None:
    assert totals(table(RESIDUAL).table) == "5,642 parameters · 4.13 M multiply-adds"
