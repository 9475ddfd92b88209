"""A choice with more values than there is room for shows the chosen one."""

import pytest
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.widgets import Static

from cnn_tui.ui.widgets.choice import Choice

VALUES = ("mnist", "fashion-mnist", "kmnist", "usps", "cifar10", "cifar100", "stl10")


class Row(App[None]):
    """A label of 10 cells and a choice, in 40."""

    CSS = "Horizontal { width: 40; height: 1; } Static { width: 10; }"

    def compose(self) -> ComposeResult:
        """Yields the row."""
        with Horizontal():
            yield Static("data set")
            yield Choice(VALUES)


@pytest.mark.parametrize("value", VALUES)
async def test_the_chosen_value_is_in_sight(value: str) -> None:
    app = Row()
    async with app.run_test(size=(60, 3)) as pilot:
        choice = app.query_one(Choice)
        choice.value = value
        await pilot.pause()
        strip = app.screen._compositor.render_strips()[0]
        assert f"‹{value}›" in strip.text[:40]
        assert ("…" in strip.text) == (value not in VALUES[:3])
