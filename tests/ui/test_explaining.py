"""The page of a layer: what is drawn, and how it is opened and left."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnn_tui.layers import LAYER_TYPES
from cnn_tui.pictures.colours import NEGATIVE, POSITIVE
from cnn_tui.shaping.explained import stages_of
from cnn_tui.shaping.outline import outline
from cnn_tui.ui.explaining import lines, sheets
from cnn_tui.ui.explorer.maps import Sheet, laid_out
from cnn_tui.ui.screens.explain import ExplainScreen
from tests.notation.test_code import EVERYTHING
from tests.ui.new_run_host import WIDE, new_run, select, until, write_preset

END: list[Any] = ["flatten", {"linear": {"out_features": "classes"}}]
_READOUT = "{out_features: classes}"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each test presets and a memory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for kind in ("CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind.lower()))


def drawn(*layers: Any, size: int = 8) -> list[list[Sheet]]:
    """Returns the pictures of each layer of a net."""
    stages = stages_of(outline([*layers, *END], (1, size, size), 10))
    return [list(sheets(stage, stages, None)) for stage in stages]


def places(sheet: Sheet, colour: tuple[int, ...]) -> list[tuple[int, int]]:
    """Returns the (row, column) of the pixels of a colour."""
    found = np.argwhere((sheet.pixels[..., :3] == colour).all(-1))
    return [(int(y), int(x)) for y, x in found]


def test_a_window_is_drawn_with_its_stride_dilation_and_padding() -> None:
    conv = {"kernel_size": 2, "stride": 3, "dilation": 2, "padding": 1}
    _, given, made = drawn({"conv2d": {"out_channels": 4, **conv}})[0]
    assert given.pixels.shape[:2] == (10, 10)
    assert places(given, POSITIVE) == [(0, 0), (0, 2), (2, 0), (2, 2)]
    assert places(given, NEGATIVE) == [(0, 3), (0, 5), (2, 3), (2, 5)]
    assert given.caption == "input 8×8, hatched: padding"
    assert (given.pixels[0, 4] != given.pixels[4, 4]).any()
    assert made.pixels.shape[:2] == (3, 3)
    assert places(made, POSITIVE) == [(0, 0)] and places(made, NEGATIVE) == [(0, 1)]


def test_what_the_middle_of_the_output_sees_is_outlined_on_the_image() -> None:
    pool = {"max_pool2d": {"kernel_size": 2}}
    seen = [of[0] for of in drawn(pool, pool, "relu", size=12)]
    assert [sheet.caption for sheet in seen] == [
        *("image: sees 2×2", "image: sees 4×4", "image: sees 4×4"),
        *("image: sees 4×4", "image: sees 12×12"),
    ]
    assert seen[1].outlined is not None
    assert (seen[1].outlined.top, seen[1].outlined.left) == (4, 4)


def test_a_loaded_picture_is_shown_if_it_has_the_size() -> None:
    stages = stages_of(outline(END, (1, 8, 8), 10))
    image = np.full((8, 8, 3), 77, np.uint8)
    picture = next(sheets(stages[0], stages, image))
    assert picture.caption == "picture: sees 1×1"
    assert (picture.pixels[..., :3] == 77).all()
    assert next(sheets(stages[0], stages, image[:4])).caption.startswith("image")


def test_every_type_of_layer_has_a_page_in_any_room() -> None:
    stages = stages_of(outline(EVERYTHING, (1, 28, 28), 10))
    assert {stage.layer.type for stage in stages} == set(LAYER_TYPES)
    for stage in stages:
        assert lines(stage)
        for height, width in ((8, 78), (70, 158)):
            pixels, _ = laid_out(list(sheets(stage, stages, None)), height, width)
            assert pixels.shape[0] <= height and pixels.shape[1] <= width


def test_what_a_small_picture_is_called_is_not_cut() -> None:
    stages = stages_of(outline(EVERYTHING, (1, 28, 28), 10))
    conv = next(stage for stage in stages if stage.layer.type == "conv2d")
    _, captions = laid_out(list(sheets(conv, stages, None)), 10, 58)
    assert re.match(r"image: sees \d+×\d+  input \d+×\d+", captions)


def test_a_gigantic_padding_is_drawn_in_part() -> None:
    huge = {"conv2d": {"out_channels": 1, "kernel_size": 1, "padding": 9999}}
    given = drawn(huge, {"adaptive_avg_pool2d": {"output_size": 1}})[0][1]
    assert max(given.pixels.shape) <= 512


@pytest.mark.parametrize("size", [(80, 24), WIDE])
async def test_enter_explains_a_layer_and_escape_goes_back_to_the_last(
    size: tuple[int, int],
) -> None:
    async with new_run(size) as (app, pilot):
        await select(app, pilot, "model-a")
        await pilot.press("2", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExplainScreen))
        await until(pilot, lambda: "Layer 1 of 8: conv2d" in app.text)
        assert "⌊(W − K + 2P)/S⌋ + 1 = ⌊(28 − 5 + 2·2)/1⌋ + 1 = 28" in app.text
        assert "5·5 × 1 × 16 + 16 = 416" in app.text
        await pilot.press("full_stop", "down", "right")
        await until(pilot, lambda: "Layer 4 of 8" in app.text)
        assert "image: sees 14×14" in app.text
        await pilot.press("comma", "escape")
        await until(pilot, lambda: app.screen is app.new_run)
        await until(pilot, lambda: "3 max_pool2d 2×2: ⌊" in app.text)


async def test_a_picture_that_the_data_pane_has_shown_is_on_the_page() -> None:
    async with new_run() as (app, pilot):
        await select(app, pilot, "model-a")
        await pilot.press("4")
        await until(pilot, lambda: "images of update 1" in app.text)
        await pilot.press("2", "enter")
        await until(pilot, lambda: "picture: sees 5×5" in app.text)


async def test_a_layer_that_no_picture_gets_through_says_so() -> None:
    text = "conv2d: {out_channels: 4, kernel_size: 5}"
    write_preset("mine", f"model: {{layers: [{text}, flatten, linear: {_READOUT}]}}")
    async with new_run((80, 24)) as (app, pilot):
        await select(app, pilot, "mine")
        await pilot.press("2", "e", "end", *["backspace"], "9", "9", "enter")
        await until(pilot, lambda: "✗" in app.layers[1])
        await pilot.press("enter")
        await until(pilot, lambda: "layer 1 cannot be explained" in app.sentence)
