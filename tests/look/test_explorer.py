"""The screen of one value prints what torch computed."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from textual.pilot import Pilot
from torch import Tensor

from cnn_tui.engine.look.source import Source
from cnn_tui.engine.look.trace import Trace, trace
from cnn_tui.layers import Conv2d
from cnn_tui.look.messages import Picture
from cnn_tui.pictures.colours import diverging, limit_of
from cnn_tui.pictures.depth import Depth
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.explorer.maps import canvas_of, sheets
from cnn_tui.ui.explorer.numbers import PLAIN, Grid, Signs, short, side_by_side
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.screens import explorer
from cnn_tui.ui.screens.explorer import ExplorerScreen
from cnn_tui.ui.screens.network import NetworkScreen
from cnn_tui.ui.screens.what_if import WhatIfScreen
from cnn_tui.ui.widgets.lines import Lines
from tests.ui.conftest import screen_text, until

SMALL, WIDE = (80, 24), (160, 45)
_NUMBER = re.compile(r"−?\d*\.?\d+(?:e−?\d+)?")


@asynccontextmanager
async def looking(
    run: Path, size: tuple[int, int], pictures: str = "true"
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int], Looking]]:
    """Opens the program, and a look into a run."""
    app = CnnTuiApp(runs_folder=run.parent, pictures=pictures)
    look = Looking(run, None)
    async with app.run_test(size=size) as pilot:
        try:
            yield app, pilot, look
        finally:
            await look.close()


async def explained(
    app: CnnTuiApp, pilot: Pilot[int], look: Looking, layer: str, *place: int
) -> ExplorerScreen:
    """Returns the screen of a value, once it is there."""
    screen = ExplorerScreen(look, layer, *place)
    app.push_screen(screen)
    await until(pilot, lambda: screen.is_ready)
    await pilot.pause()
    return screen


def text_of(screen: ExplorerScreen | WhatIfScreen, name: str) -> str:
    """Returns the lines of a part of a screen."""
    return screen.query_one(f"#{name}", Lines).plain


def printed_numbers(text: str) -> list[tuple[float, float]]:
    """Returns the numbers in a text, each with half of its last shown digit."""
    found = []
    for word in _NUMBER.findall(text):
        digits = len(word.partition("e")[0].partition(".")[2])
        found.append((float(word.replace("−", "-")), 0.5 * 10**-digits + 1e-9))
    return found


def assert_printed(text: str, expected: "np.ndarray") -> None:
    """The numbers of a text are these, to the digits that it shows."""
    found = printed_numbers(text)
    assert len(found) == expected.size, text
    for (shown, half), value in zip(found, expected.flatten().tolist(), strict=True):
        assert abs(shown - value) <= half, (shown, value)


@pytest.fixture(scope="module")
def traced(run: Path) -> tuple[Source, Trace]:
    """The first test picture of the run, through all layers."""
    source = Source(run, None)
    network = source.at("newest").network
    image, _ = source.picture(Picture())
    return source, trace(network, source.stages, image)


def weight(source: Source, path: str) -> Tensor:
    """Returns the weights of a module of the newest checkpoint."""
    found: Tensor = source.at("newest").network.model.get_submodule(path).weight  # type: ignore[assignment]
    return found.detach()


def output(traced: tuple[Source, Trace], layer: str) -> "np.ndarray":
    """Returns what a layer put out."""
    found: np.ndarray = traced[1].outputs[layer][0].numpy()
    return found


@pytest.mark.parametrize("size", [SMALL, WIDE])
async def test_a_convolution_slides_over_the_picture(
    run: Path, traced: tuple[Source, Trace], size: tuple[int, int]
) -> None:
    source, _ = traced
    image, maps = output(traced, "0")[0], output(traced, "1")
    kernel = weight(source, "0")[3, 0].numpy()
    async with looking(run, size) as (app, pilot, look):
        screen = await explained(app, pilot, look, "1", 3, 6, 8)
        await pilot.press("right", "right")
        patch = image[6:11, 10:15]
        rows = text_of(screen, "details").splitlines()[-5:]
        parts = np.concatenate([patch, kernel, patch * kernel], 1)
        assert_printed("\n".join(rows), parts)
        assert "1 conv2d 16, 5×5 · channel 4 of 16 · (6, 10)" in screen_text(app)
        assert "⌊(28 − 5 + 2·0)/1⌋ + 1 = 24" in screen_text(app)
        total, bias, value, relu, pooled = [
            line.split()[-1] for line in text_of(screen, "sums").splitlines()
        ]
        for shown, expected in (
            (total.strip("+"), (patch.astype(float) * kernel).sum()),
            (bias.strip("+"), maps[3, 6, 10] - (patch.astype(float) * kernel).sum()),
            (value, maps[3, 6, 10]),
            (relu, max(0.0, maps[3, 6, 10])),
            (pooled, max(0.0, maps[3, 6:8, 10:12].max())),
        ):
            [(number, half)] = printed_numbers(shown)
            assert abs(number - expected) <= half + 1e-6
        await visits(screen, pilot, maps)
        largest = np.unravel_index(maps[3].argmax(), maps[3].shape)
        await pilot.press("s")
        assert f"({largest[0]}, {largest[1]})" in text_of(screen, "value")
        await pilot.press("c", "pagedown", "C")
        assert "channel 5 of 16" in text_of(screen, "value")
        await pilot.press("escape")
        assert app.screen is not screen


async def visits(screen: ExplorerScreen, pilot: Pilot[int], maps: "np.ndarray") -> None:
    """Of the map, what was visited is drawn, and the rest is blank."""
    colours = diverging(maps[3], limit_of(maps))
    assert "3 of 576" in text_of(screen, "captions")
    view = screen._view
    assert view is not None
    sheet = sheets(view, shows_all=False)[-1]
    drawn = np.argwhere(sheet.pixels[..., 3] > 0)
    assert drawn.tolist() == [[6, 8], [6, 9], [6, 10]]
    assert (sheet.pixels[6, 8:11] == colours[6, 8:11]).all()
    await pilot.press("a")
    assert "· all" in text_of(screen, "captions")
    assert (sheets(view, shows_all=True)[-1].pixels == colours).all()
    await pilot.press("a")


async def test_playing_fills_the_map_and_stops_at_its_end(
    run: Path, traced: tuple[Source, Trace], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explorer, "PLAY_SECONDS", 0)
    async with looking(run, SMALL) as (app, pilot, look):
        screen = await explained(app, pilot, look, "4", 2, 5, 6)
        await pilot.press("space")
        await until(pilot, lambda: "18 of 64" in text_of(screen, "captions"))
        await pilot.press("right", "space")
        await until(pilot, lambda: "64 of 64" in text_of(screen, "captions"))
        await until(pilot, lambda: "(7, 7)" in text_of(screen, "value"))


async def test_many_input_channels_the_strongest_first(
    run: Path, traced: tuple[Source, Trace]
) -> None:
    source, _ = traced
    before, maps = output(traced, "3").astype(float), output(traced, "4")
    kernel = weight(source, "3")[2].numpy()
    totals = (before[:, 3:8, 2:7] * kernel).sum((1, 2))
    order = np.argsort(-np.abs(totals))
    async with looking(run, WIDE) as (app, pilot, look):
        screen = await explained(app, pilot, look, "4", 2, 3, 2)
        names = [line.split()[:2] for line in text_of(screen, "sums").splitlines()[:16]]
        assert names == [["in", str(channel + 1)] for channel in order]
        [(value, half)] = printed_numbers(
            text_of(screen, "sums").split("conv2d")[1].split()[0]
        )
        assert abs(value - maps[2, 3, 2]) <= half
        for _ in range(2):
            await pilot.press("right_square_bracket")
        third = order[2]
        heading, *rows = text_of(screen, "details").splitlines()[:6]
        assert f"in {third + 1} of 16 · number 3 of 16" in heading
        patch = before[third, 3:8, 2:7]
        parts = [patch, kernel[third], patch * kernel[third]]
        assert_printed("\n".join(rows), np.concatenate(parts, 1))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not screen)
        inner = app.screen
        assert isinstance(inner, ExplorerScreen)
        await until(pilot, lambda: inner.is_ready)
        assert f"channel {third + 1} of 16 · (5, 4)" in text_of(inner, "value")
        await pilot.press("escape")
        assert app.screen is screen


async def test_pooling_says_which_of_the_four_has_won(
    run: Path, traced: tuple[Source, Trace]
) -> None:
    window = output(traced, "2")[5, 8:10, 10:12]
    row, column = np.unravel_index(window.argmax(), (2, 2))
    async with looking(run, SMALL, "ascii") as (app, pilot, look):
        screen = await explained(app, pilot, look, "3", 5, 4, 5)
        heading, *rows = text_of(screen, "details").splitlines()
        assert f"row {row + 1}, column {column + 1} has won" in heading
        assert_printed("\n".join(rows), window)
        before = rows[row].split(">")[0]
        assert len(printed_numbers(before)) == column
        assert "largest of 4" in text_of(screen, "sums")


async def test_the_readout_and_softmax(run: Path, traced: tuple[Source, Trace]) -> None:
    source, found = traced
    features = output(traced, "7").astype(float)
    products = features * weight(source, "7")[7].numpy()
    scores = found.outputs["8"][0].double()
    async with looking(run, SMALL) as (app, pilot, look):
        screen = await explained(app, pilot, look, "8", 7)
        assert 'class "7"' in text_of(screen, "value")
        lines = text_of(screen, "details").splitlines()
        share = 100 * float(scores.softmax(0)[7])
        assert lines[1].endswith(f"= {share:.2f} %")
        first = lines[2][:40]
        at = int(np.abs(products).argmax())
        channel, y, x = np.unravel_index(at, (32, 4, 4))
        assert first.startswith(f"ch {channel + 1} ({y}, {x}) ")
        parts = first.split(") ")[1].replace("+", "")
        weighed = [features[at], products[at] / features[at], products[at]]
        assert_printed(parts, np.array(weighed))
        rows = text_of(screen, "sums").splitlines()
        assert rows[0].startswith(f"{(products > 0).sum()} for")
        for line, score in zip(rows[-10:], scores.tolist(), strict=True):
            name, z, power, percent, _ = line.split()
            assert z == f"{score:.2f}".replace("-", "−"), name
            assert float(power.replace(",", "")) == pytest.approx(
                np.exp(score), rel=6e-3
            )
            assert percent == f"{100 * scores.softmax(0)[int(name)]:.1f}"
        view = screen._view
        assert view is not None
        _, summed, tiles = sheets(view, shows_all=False)
        by_place = products.reshape(32, 4, 4).sum(0)
        assert (summed.pixels == diverging(by_place)).all()
        await pilot.press("down")
        assert 'class "8"' in text_of(screen, "value")
        assert tiles.can_miss


async def test_what_cannot_be_looked_at_is_a_sentence(run: Path) -> None:
    async with looking(run, SMALL) as (app, pilot, look):
        look.moment = 77
        await explained(app, pilot, look, "1", 0)
        text = "".join(line.strip() for line in screen_text(app).splitlines())
        assert "no checkpoint of step 77; the nearest is of step 40" in text
        await pilot.press("right", "w", "escape")
        assert not isinstance(app.screen, ExplorerScreen)


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_padding_is_hatched_on_its_values(mode: str) -> None:
    values = np.random.default_rng(0).normal(size=(6, 7))
    layer = Conv2d(
        out_channels=1,
        kernel_size=(3, 3),
        padding=(2, 1),
        padding_mode=mode,  # type: ignore[arg-type]
    )
    pixels, top, left = canvas_of(layer, values, 3.0)
    assert (top, left) == (2, 1)
    assert (pixels[2:8, 1:8] == diverging(values, 3.0)).all()
    torch_mode = "constant" if mode == "zeros" else mode
    filled = torch.nn.functional.pad(
        torch.from_numpy(values)[None, None], (1, 1, 2, 2), torch_mode
    )[0, 0]
    plain = diverging(filled.numpy(), 3.0)
    outside = (pixels != plain).any(2)
    rows, columns = np.indices(outside.shape)
    assert outside.any()
    assert ((rows + columns)[outside] % 2 == 0).all()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        *((0.0, "0"), (-0.114, "−.11"), (1.236, "1.24"), (-12.34, "−12")),
        *((123456.0, "1e5"), (-99999.0, "−1e5"), (-0.0001, ".000"), (0.999, ".999")),
        *((float("-inf"), "−∞"), (float("nan"), "NaN"), (0.9999, "1.00")),
    ],
)
def test_numbers_in_four_characters(value: float, shown: str) -> None:
    assert short(value, 4) == shown


def test_padding_and_the_winner_are_marked_without_colours_too() -> None:
    padding = np.array([[True, False], [True, False]])
    values = np.array([[0.0, 1.0], [0.0, 2.0]])
    window = Grid(values=values, limit=2, padding=padding, winner=(1, 1))
    for depth, signs in ((Depth.ASCII, PLAIN), (Depth.TRUE_COLOUR, Signs())):
        lines = side_by_side([window], 80, depth, signs)
        assert lines is not None
        text = [line.plain for line in lines]
        assert text[0].startswith(signs.padding)
        assert f"{signs.winner}2.0" in text[1]
        assert any(line.spans for line in lines) == (depth is Depth.TRUE_COLOUR)


async def test_it_is_opened_from_inside_the_network(run: Path) -> None:
    async with looking(run, WIDE) as (app, pilot, look):
        network = NetworkScreen(look, app.depth, app.marker)
        app.push_screen(network)
        await until(pilot, lambda: network.is_ready)
        await pilot.press("right", "enter", "down", "down", "right", "enter")
        await until(pilot, lambda: isinstance(app.screen, ExplorerScreen))
        screen = app.screen
        assert isinstance(screen, ExplorerScreen)
        await until(pilot, lambda: screen.is_ready)
        assert "channel 2 of 16 · (2, 1)" in text_of(screen, "value")
        await pilot.press("escape")
        assert app.screen is network
