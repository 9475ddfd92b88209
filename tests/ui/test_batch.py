"""From inside a network to an update of the past, and to a sheet to draw on."""

from pathlib import Path

import numpy as np
import pytest
from textual.widgets import Input

from cnn_tui.runs.rows import metrics_rows
from cnn_tui.text import significant
from cnn_tui.ui.screens.batch import BatchScreen
from cnn_tui.ui.screens.draw import DrawScreen
from cnn_tui.ui.screens.network import NetworkScreen
from tests.look.conftest import run as run
from tests.ui.conftest import screen_text, until
from tests.ui.test_network import inside, looking


async def test_an_update_is_made_again_and_its_pictures_and_weights_are_looked_at(
    run: Path,
) -> None:
    losses = [
        row.train_loss
        for row in metrics_rows(run)
        if row.step == 33 and isinstance(row.train_loss, float)
    ]
    async with looking(run, (80, 24)) as (app, pilot):
        await pilot.press("g")
        await until(pilot, lambda: isinstance(app.focused, Input))
        field = app.screen.query_one(Input)
        field.value = "41"
        await pilot.press("enter")
        await until(pilot, lambda: "must be from 1 to 40" in screen_text(app))
        field.value = "33"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, BatchScreen))
        mean = f"mean {significant(losses[0], 4)}"
        await until(pilot, lambda: mean in screen_text(app))
        assert "Update 33 · 100 pictures" in screen_text(app)
        assert "again from step 20" in screen_text(app)
        assert "differ" not in screen_text(app)
        screen = app.screen
        assert isinstance(screen, BatchScreen)
        found = screen._replayed
        worst = int(found.losses.argmax())
        assert f"loss {significant(float(found.losses[worst]), 4)}" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, NetworkScreen))
        await until(pilot, lambda: "weights of step 33" in screen_text(app))

        def is_shown() -> bool:
            scene = inside(app).scene
            return scene is not None and np.array_equal(
                scene.seen.image, found.images[worst]
            )

        await until(pilot, is_shown)


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_a_sheet_is_opened_from_inside_and_left_again(
    run: Path, size: tuple[int, int]
) -> None:
    async with looking(run, size) as (app, pilot):
        await pilot.press("d")
        await until(pilot, lambda: isinstance(app.screen, DrawScreen))
        await until(pilot, lambda: "at step 40" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, NetworkScreen))
        await until(pilot, lambda: "weights of step 40" in screen_text(app))
