"""A network from inside, on the screen and against what torch computes."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from textual.pilot import Pilot
from textual.widgets import Input

from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.data import load_dataset
from cnn_tui.engine.network import Network, Scaling, load_network
from cnn_tui.pictures.colours import diverging
from cnn_tui.runs.config import read_config
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.inside.place import View
from cnn_tui.ui.inside.words import value_word
from cnn_tui.ui.screens.dashboard import DashboardScreen
from cnn_tui.ui.screens.network import NetworkScreen
from cnn_tui.ui.widgets.key_bar import KeyBar
from cnn_tui.ui.widgets.sheet_view import SheetView
from tests.look.conftest import run as run
from tests.ui.conftest import ENDLESS, WIDE, screen_text, training, until


def inside(app: CnnTuiApp) -> NetworkScreen:
    """Returns the screen that looks into a network, which has to be on top."""
    assert isinstance(app.screen, NetworkScreen)
    return app.screen


def title(app: CnnTuiApp, name: str = "#maps") -> str:
    return str(app.screen.query_one(name, SheetView).border_title)


@asynccontextmanager
async def looking(
    run: Path, size: tuple[int, int] = WIDE, pictures: str = "true"
) -> AsyncIterator[tuple[CnnTuiApp, Pilot[int]]]:
    """Opens a run, presses ``v``, and waits until something is to be seen."""
    app = CnnTuiApp(runs_folder=run.parent, open_run=run, pictures=pictures)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await pilot.press("v")
        await until(pilot, lambda: inside(app).is_ready)
        yield app, pilot


async def find(app: CnnTuiApp, pilot: Pilot[int], text: str) -> None:
    """Asks for pictures."""
    await pilot.press("slash")
    await until(pilot, lambda: isinstance(app.focused, Input))
    app.screen.query_one(Input).value = text
    await pilot.press("enter")


def trained(run: Path) -> tuple[Network, torch.Tensor, torch.Tensor]:
    """Returns the network of the last checkpoint, and the test pictures."""
    weights = load_checkpoint(run / "checkpoints" / "last.pt").model
    cpu = torch.device("cpu")
    network = load_network(read_config(run), Scaling(), weights, cpu)
    network.model.eval()
    _, test = load_dataset("mnist", None)
    return network, test.images, test.labels


def answerers() -> list[psutil.Process]:
    mine = psutil.Process().children()
    return [child for child in mine if "cnn_tui.engine.look" in child.cmdline()]


async def test_maps_filters_and_values_are_those_that_torch_computes(run: Path) -> None:
    network, images, _ = trained(run)
    with torch.inference_mode():
        maps = network.model[0](network.inputs(images[:1]))[0].numpy()
        relu = np.maximum(maps, 0)
    async with looking(run) as (app, pilot):
        screen = inside(app)
        text = screen_text(app)
        assert "0 input" in text
        assert "›1 conv2d 16, 5×5" in text
        assert "8 linear" in text
        assert "weights of step 40, the newest" in text
        assert "#0 of 10,000 · true 7 · says" in text
        assert title(app) == "1 conv2d 16, 5×5 · channels 1–8 of 16"
        assert title(app, "#filters") == "5×5 filters · 1–16 of 16"
        await pilot.press("pagedown", "right")
        assert title(app) == "1 conv2d 16, 5×5 · channels 9–16 of 16"
        await pilot.press("enter", "down", "down", "right")
        at_cursor = f"channel 10 · y 2, x 1 · {value_word(maps[9, 2, 1])}"
        await until(pilot, lambda: at_cursor in screen_text(app))
        await pilot.press("c", "c")  # the unit's own scale
        assert screen.scene is not None
        pixels = screen.scene.zoomed(screen.place)
        assert np.array_equal(pixels, diverging(maps[9] / np.abs(maps[9]).max(), 1))
        await pilot.press("escape", "tab", "enter", "right")
        kernel = network.model.state_dict()["0.weight"][9, 0].numpy()
        at_cursor = f"filter of channel 10 · y 2, x 2 · {value_word(kernel[2, 2])}"
        await until(pilot, lambda: at_cursor in screen_text(app))
        await pilot.press("escape", "tab", "down")
        await until(pilot, lambda: title(app).startswith("2 relu"))
        await until(
            pilot, lambda: f"{value_word(relu[9].max())}, mean" in screen_text(app)
        )
        await pilot.press("down", "down", "tab")
        await until(pilot, lambda: "of channel 10" in title(app, "#filters"))
        assert title(app, "#filters") == "5×5 filters of channel 10 · 1–16 of 16"
        await pilot.press("tab", *["down"] * 6)
        await until(pilot, lambda: "8 linear" in screen_text(app))
        await until(pilot, lambda: "probability and score" in screen_text(app))
        [process] = answerers()
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, DashboardScreen))
        await until(pilot, lambda: not process.is_running())
        screen.draw()  # as an answer does that comes too late


async def test_pictures_are_found_and_gone_through(run: Path) -> None:
    network, images, labels = trained(run)
    with torch.inference_mode():
        says = torch.cat([network(part).argmax(1) for part in images.chunk(20)])
    wrong = (says != labels).nonzero()[:, 0].tolist()
    threes = (labels == 3).nonzero()[:, 0].tolist()
    async with looking(run, size=(80, 24)) as (app, pilot):
        for key, index in [("full_stop", 1), ("comma", 0), ("comma", 9999)]:
            await pilot.press(key)
            await until(pilot, lambda: f"#{index} of" in screen_text(app))  # noqa: B023
        await find(app, pilot, "#1234")
        await until(pilot, lambda: "#1234 of" in screen_text(app))
        await find(app, pilot, "3")
        following = next(index for index in threes if index >= 1234)
        await until(pilot, lambda: f"#{following} of" in screen_text(app))
        assert f"among {len(threes):,} 3" in screen_text(app)
        await find(app, pilot, "wrong")
        await until(pilot, lambda: f"among {len(wrong):,} wrong" in screen_text(app))
        here = inside(app).looking.picture.index
        assert here in wrong
        await pilot.press("full_stop")
        later = next((index for index in wrong if index > here), wrong[0])
        await until(pilot, lambda: f"#{later} of" in screen_text(app))
        assert ", wrong" in screen_text(app)
        await find(app, pilot, "cat")
        assert "no class cat: there are 0, 1" in screen_text(app)


async def test_what_channels_look_for_and_where_it_looked(run: Path) -> None:
    async with looking(run) as (app, pilot):
        screen = inside(app)
        await pilot.press("down", "down", "down", "right", "p")
        await until(pilot, lambda: "channel 2 is excited most by" in title(app))
        patches = screen.patches
        assert patches is not None
        best = f"{patches.labels[0]} {value_word(patches.values[0])}"
        assert best in screen_text(app)
        await pilot.press("escape", "o")
        await until(pilot, lambda: "covering 4×4 pixels lowers" in screen_text(app))
        said = screen.place.label
        await pilot.press("right")
        assert said is not None
        chosen = (said + 1) % 10
        await until(pilot, lambda: title(app).startswith(f"Where it sees {chosen}"))
        await pilot.press("escape")
        assert screen.place.view is View.SHEETS


async def test_a_channel_that_is_never_active_is_marked(
    run: Path, tmp_path: Path
) -> None:
    killed = tmp_path / run.name
    shutil.copytree(run, killed)
    path = killed / "checkpoints" / "last.pt"
    content = torch.load(path, weights_only=True)
    content["model"]["0.bias"][1] = -1000
    torch.save(content, path)
    async with looking(killed) as (app, pilot):
        await until(pilot, lambda: "2 dead" in screen_text(app))
        await pilot.press("right")
        assert "dead: not above 0 on 500 pictures" in screen_text(app)
        assert "1 dead · colours" in screen_text(app)


async def test_a_run_is_followed_and_looked_back_on(
    tmp_path: Path, calm_training: None
) -> None:
    async with training(tmp_path, *ENDLESS) as (app, pilot):
        await pilot.press("v")
        await until(pilot, lambda: inside(app).scene)
        screen = inside(app)
        assert "weights of step 0, the newest, follows the run" in screen_text(app)
        assert "k checkpoint" in str(app.screen.query_one(KeyBar).render())
        await pilot.press("k")
        await until(pilot, lambda: screen.scene and screen.scene.seen.step > 0)
        kept = screen.scene.seen.step if screen.scene else 0
        await pilot.press("less_than_sign")
        await until(pilot, lambda: "weights of step 0 " in screen_text(app))
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: f"step {kept:,}, the newest" in screen_text(app))


async def test_a_run_without_its_weights_is_said_to_be_so(
    run: Path, tmp_path: Path
) -> None:
    bare = tmp_path / run.name
    shutil.copytree(run, bare)
    for path in (bare / "checkpoints").iterdir():
        path.write_bytes(b"nothing")
    async with looking(bare) as (app, pilot):
        await until(pilot, lambda: "last.pt" in screen_text(app))
        assert inside(app).problem
        await pilot.press("escape")
        assert isinstance(app.screen, DashboardScreen)


async def test_looking_may_be_computed_elsewhere(run: Path) -> None:
    async with looking(run) as (app, pilot):
        for device, said in [("cuda:99", "no device cuda:99 here"), ("cpu", "channel")]:
            await pilot.press("D")
            await until(pilot, lambda: isinstance(app.focused, Input))
            app.screen.query_one(Input).value = device
            await pilot.press("enter")
            await until(pilot, lambda: said in screen_text(app))  # noqa: B023
            assert inside(app).looking.device == "cpu"
            assert "on cpu" not in screen_text(app)


@pytest.mark.parametrize("pictures", ["grey", "ascii", "16"])
async def test_any_terminal_will_do(run: Path, pictures: str) -> None:
    async with looking(run, size=(80, 24), pictures=pictures) as (app, pilot):
        await until(pilot, lambda: "channel 1 ·" in screen_text(app))
        assert len(screen_text(app).splitlines()) == 24
