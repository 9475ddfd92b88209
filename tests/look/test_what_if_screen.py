"""Kernels tried on a picture: what is shown at once is the arithmetic, and the map."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from textual.pilot import Pilot
from torch.nn import functional

from cnn_tui.layers import Conv2d, MaxPool2d
from cnn_tui.look.what_if import KERNELS
from cnn_tui.pictures.canvas import enlarged
from cnn_tui.pictures.colours import diverging
from cnn_tui.pictures.depth import Depth
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.explorer.what_if import (
    first_choices,
    grey_of,
    options,
    outcome,
)
from cnn_tui.ui.screens.what_if import WhatIfScreen
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.picture_view import PictureView
from tests.ui.conftest import screen_text, until

PICTURE = np.random.default_rng(1).random((28, 28))
OWN = np.array([[1.0, -1.0], [0.5, 0.25]])
CONV = Conv2d(out_channels=4, kernel_size=(2, 2), padding=(1, 1))


@asynccontextmanager
async def trying(
    layer: object, own: "np.ndarray | None", size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[WhatIfScreen, Pilot[int]]]:
    """Opens the screen on a picture."""
    app = CnnTuiApp(runs_folder=Path("runs"), pictures="true")
    async with app.run_test(size=size) as pilot:
        screen = WhatIfScreen(PICTURE, layer, own, Depth.TRUE_COLOUR)
        app.push_screen(screen)
        await until(pilot, lambda: "picture" in screen_text(app))
        yield screen, pilot


def shown(screen: WhatIfScreen) -> str:
    """Returns the size and how it comes about, or why there is none."""
    return screen.query_one("#outcome", Lines).plain


def convolved(
    kernel: "np.ndarray", stride: int = 1, padding: int = 0, dilation: int = 1
) -> "np.ndarray":
    """Returns what torch makes of the picture."""
    picture, weight = (torch.tensor(a)[None, None] for a in (PICTURE, kernel))
    made = functional.conv2d(picture, weight, None, stride, padding, dilation)
    result: np.ndarray = made[0, 0].numpy()
    return result


def assert_drawn(screen: WhatIfScreen, values: "np.ndarray") -> None:
    """The right-hand picture is this map, as large as there is room for."""
    pixels = screen.query_one(PictureView).pixels
    assert pixels is not None
    height, width = values.shape
    drawn = [enlarged(diverging(values), factor) for factor in (1, 2, 3)]
    assert any(
        np.array_equal(pixels[: height * factor, -width * factor :], map_)
        for factor, map_ in enumerate(drawn, start=1)
    )


async def test_it_begins_with_the_layer_and_its_own_filter() -> None:
    async with trying(CONV, OWN) as (screen, _):
        assert shown(screen) == "29×29 · ⌊(28 − 2 + 2·1)/1⌋ + 1 = 29"
        assert_drawn(screen, convolved(OWN, padding=1))
        assert "kernel 2×2, sum 0.7500" in screen_text(screen.app)


async def test_every_choice_shows_at_once_what_it_comes_to() -> None:
    async with trying(None, None) as (screen, pilot):
        assert shown(screen) == "26×26 · ⌊(28 − 3 + 2·0)/1⌋ + 1 = 26"
        assert_drawn(screen, convolved(KERNELS["sobel-x"](3)))
        await pilot.press("right", "down", "right", "right")
        assert_drawn(screen, convolved(KERNELS["blur"](5)))
        await pilot.press("down", "right")
        assert shown(screen) == "12×12 · ⌊(28 − 5 + 2·0)/2⌋ + 1 = 12"
        await pilot.press("down", "right")
        assert "padding same needs stride 1, got stride 2" in shown(screen)
        await pilot.press("right", "right", "down", "down", "right")
        assert shown(screen) == "12×12 · ⌊(28 − (2·(5 − 1) + 1) + 2·2)/2⌋ + 1 = 12"
        expected = convolved(KERNELS["blur"](5), padding=2, stride=2, dilation=2)
        assert_drawn(screen, expected)
        await pilot.press("escape")
        assert pilot.app.screen is not screen


async def test_a_kernel_is_typed_in_and_wrong_ones_are_explained() -> None:
    async with trying(CONV, OWN) as (screen, pilot):
        await pilot.press("k", "home", "shift+end", *"1 0 x")
        await until(pilot, lambda: '"x" is no number' in screen_text(pilot.app))
        await pilot.press("backspace", *"2;0 0 0", "enter")
        await until(pilot, lambda: "typed" in screen_text(pilot.app))
        sizes = "⌊(28 − 2 + 2·1)/1⌋ + 1 = 29 · ⌊(28 − 3 + 2·1)/1⌋ + 1 = 28"
        assert shown(screen) == f"29×28 · {sizes}"
        assert_drawn(screen, convolved(np.array([[1.0, 0, 2], [0, 0, 0]]), padding=1))


async def test_pooling_is_tried_too() -> None:
    async with trying(MaxPool2d(kernel_size=(2, 2)), None, (160, 45)) as (
        screen,
        pilot,
    ):
        assert shown(screen) == "14×14 · ⌊(28 − 2 + 2·0)/2⌋ + 1 = 14"
        assert "the largest value of each window" in screen_text(pilot.app)
        await pilot.press("right")
        assert "the mean of each window" in screen_text(pilot.app)
        await pilot.press("down", "down", "down", "right")
        assert "a pooling has no padding same" in shown(screen)


def test_no_choice_is_without_an_outcome() -> None:
    """Whatever is chosen, there is a map, or a sentence that says why there is none."""
    kernels = {"own": OWN}
    chosen = first_choices(CONV, kernels)
    offered = options(kernels)
    names = offered.pop("kernel")
    for name, (key, values) in itertools.product(names, offered.items()):
        for value in values:
            choice = chosen | {"kernel": name, key: value}
            made = outcome(PICTURE, choice, kernels)
            assert made.sentence
            is_refused = name.endswith("pool") and key in ("size", "padding")
            assert made.map is not None or is_refused


@pytest.mark.parametrize("channels", [1, 3])
def test_the_brightness_of_a_picture(channels: int) -> None:
    image = np.full((channels, 4, 5), 255, np.uint8)
    assert grey_of(image) == pytest.approx(np.ones((4, 5)))
