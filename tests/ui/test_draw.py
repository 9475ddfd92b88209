"""Drawing a digit, and what the network says of it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from cnn_tui.engine.look.answers import Answers
from cnn_tui.look.messages import Look, Moment, Picture, Seen
from cnn_tui.look.prepare import Preparation, prepare_drawn
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.screens.draw import DrawScreen
from cnn_tui.ui.widgets import sketch
from cnn_tui.ui.widgets.lines import Lines
from cnn_tui.ui.widgets.message_line import MessageLine
from cnn_tui.ui.widgets.picture_view import PictureView
from cnn_tui.ui.widgets.sketch import Sketch, Stroke, rasterized
from tests.cli.commands import invoke
from tests.ui.conftest import WIDE, until

NARROW = (80, 24)
SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]
STROKES = Preparation(input_shape=(1, 28, 28), dataset="mnist")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has begun to learn the digits."""
    runs = tmp_path_factory.mktemp("trained")
    options = ("--set", "iterations=60", "--set", "train_images=6000")
    result = invoke("train", "model-c", *options, "--runs-dir", runs)
    assert result.exit_code == 0, result.stderr
    [path] = runs.iterdir()
    return path


@pytest.fixture(scope="module")
def answers(run: Path) -> Answers:
    """What the network of the run says, asked without a screen."""
    return Answers(run, None)


@asynccontextmanager
async def drawing(
    run: Path, size: tuple[int, int]
) -> AsyncIterator[tuple[DrawScreen, Pilot[int]]]:
    """Opens the sheet for a run."""
    app = CnnTuiApp(runs_folder=run.parent, open_run=run, pictures="true")
    looking = Looking(run, None)
    async with app.run_test(size=size) as pilot:
        screen = DrawScreen(looking, app.depth)
        await app.push_screen(screen)
        await until(pilot, lambda: verdict(screen))
        yield screen, pilot
        await looking.close()


def verdict(screen: DrawScreen) -> str:
    """Returns what the network says."""
    return screen.query_one("#verdict", Lines).plain


def chances(screen: DrawScreen, column: int = -1) -> dict[str, float]:
    """Returns the percent that are shown for each class."""
    lines = [line.replace(" %", "%").split() for line in verdict(screen).splitlines()]
    return {line[0]: float(line[column].rstrip("%")) for line in lines}


def agrees(
    screen: DrawScreen, answers: Answers, moment: Moment, column: int = -1
) -> bool:
    """Whether what is said is what the network of a moment says of the sheet."""
    image = prepare_drawn(screen.query_one(Sketch).ink, STROKES).image
    question = Look(moment=moment, picture=Picture(own=image), layer="0")
    expected = answers.require(question, Seen).probabilities * 100
    shown = chances(screen, column)
    return all(abs(shown[name] - expected[int(name)]) < 0.006 for name in shown)


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_verdict_on_a_drawn_seven_is_the_networks(
    run: Path, answers: Answers, size: tuple[int, int]
) -> None:
    async with drawing(run, size) as (screen, pilot):
        sheet = screen.query_one(Sketch)
        width, height = sheet.size
        cells = [(int(x * width), int(y * height)) for x, y in SEVEN]
        before = verdict(screen)
        await pilot.mouse_down(sheet, offset=cells[0])
        for cell in cells[1:]:
            await pilot.hover(sheet, offset=cell)
        await pilot.mouse_up(sheet, offset=cells[-1])
        await until(pilot, lambda: verdict(screen) != before)
        await until(pilot, lambda: "scaled" in screen.query_one("#title", Lines).plain)
        assert len(sheet.strokes) == 1
        assert len(sheet.strokes[0].points) == len(SEVEN)
        await until(pilot, lambda: agrees(screen, answers, "newest"))
        assert "centred by mass" in screen.query_one("#title", Lines).plain
        picture = screen.query_one("#input", PictureView)
        assert picture.pixels is not None
        side = picture.pixels.shape[0] // 28
        expected = prepare_drawn(sheet.ink, STROKES).image[0]
        assert (picture.pixels[::side, ::side, 0] == expected).all()
        await pilot.press("u")
        await until(pilot, lambda: verdict(screen) == before)
        assert not sheet.strokes


async def test_the_pen_draws_while_it_is_down(run: Path) -> None:
    async with drawing(run, WIDE) as (screen, pilot):
        sheet = screen.query_one(Sketch)
        await pilot.press("right", "right")
        assert not sheet.ink.any()
        await pilot.press("space", *["right"] * 12)
        ink = sheet.ink
        rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
        assert 12 <= len(columns) <= 24
        assert len(rows) < len(columns)
        await pilot.press("space", *["down"] * 5)
        assert (sheet.ink == ink).all()
        expected = rasterized(sheet.strokes, *ink.shape)
        assert (ink == (expected * 255).astype(np.uint8)).all()
        await pilot.press("c")
        assert not sheet.ink.any()


async def test_a_point_is_laid_over_what_was_drawn_before(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laid: list[object] = []
    lay = sketch.lay

    def noting(*line: Any) -> None:
        laid.append(line)
        lay(*line)

    async with drawing(run, NARROW) as (screen, pilot):
        monkeypatch.setattr(sketch, "lay", noting)
        await pilot.press("space", *["right"] * 9, *["down"] * 9)
        assert len(laid) == 19
        await pilot.press("u")
        assert not screen.query_one(Sketch).ink.any()


async def test_two_networks_judge_side_by_side_and_one_that_is_not_there_is_named(
    run: Path, answers: Answers
) -> None:
    async with drawing(run, WIDE) as (screen, pilot):
        sheet = screen.query_one(Sketch)
        sheet.strokes = [Stroke(list(SEVEN))]
        sheet.on_resize()
        sheet.post_message(Sketch.Changed())
        await pilot.press("o")
        await pilot.press("0", "enter")
        await until(
            pilot, lambda: " at step 0" in screen.query_one("#title", Lines).plain
        )
        await until(pilot, lambda: verdict(screen).count("%") == 20)
        assert agrees(screen, answers, "newest", column=-2)
        assert agrees(screen, answers, 0, column=-1)
        await pilot.press("o", *"nobody", "enter")
        message = screen.query_one(MessageLine)
        await until(pilot, lambda: message.display)
        assert 'no run "nobody"' in str(message.content)


async def test_a_network_of_other_classes_or_of_no_step_is_refused(
    run: Path, tmp_path: Path
) -> None:
    shutil.copytree(run, tmp_path / run.name)
    options = ("--set", "iterations=2", "--set", "batch_size=8", "--name", "two")
    images = np.zeros((40, 28, 28), np.uint8)
    np.savez(tmp_path / "two.npz", images=images, labels=np.arange(40) % 2)
    command = ("train", "logistic", "--dataset", tmp_path / "two.npz", *options)
    assert invoke(*command, "--runs-dir", tmp_path).exit_code == 0
    async with drawing(tmp_path / run.name, WIDE) as (screen, pilot):
        before = verdict(screen)
        message = screen.query_one(MessageLine)
        other = next(path.name for path in tmp_path.glob("*-two"))
        for answer, why in [
            (other, "has other classes"),
            ("77", "no checkpoint of"),
        ]:
            await pilot.press("o", *answer, "enter")
            await until(pilot, lambda: why in str(message.content))  # noqa: B023
            screen.query_one(Sketch).post_message(Sketch.Changed())
            await until(pilot, lambda: not message.display)
            assert verdict(screen) == before


async def test_the_maps_of_any_layer_follow(run: Path) -> None:
    async with drawing(run, WIDE) as (screen, pilot):
        maps = screen.query_one("#maps", PictureView)
        await until(pilot, lambda: "1 conv2d" in str(maps.border_title))
        await pilot.press(*["right_square_bracket"] * 20)
        await until(pilot, lambda: "8 linear" in str(maps.border_title))
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: "7 flatten" in str(maps.border_title))


def test_a_line_has_the_ink_of_its_length_and_soft_edges() -> None:
    ink = rasterized([Stroke([(0.25, 0.5), (0.75, 0.5)])], 100, 100)
    assert ink.max() == 1
    assert ink[50, 20:80].sum() == pytest.approx(60, abs=1)
    assert ink.sum() == pytest.approx(50 * 10 + np.pi * 25, rel=0.05)
    assert ((ink > 0) & (ink < 1)).any()
    dot = rasterized([Stroke([(0.5, 0.5)])], 100, 100)
    assert dot.sum() == pytest.approx(np.pi * 25, rel=0.1)
