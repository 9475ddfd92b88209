"""What the network of a real run confuses, on the screen; and marks."""

import json
import shutil
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from textual.pilot import Pilot
from textual.widgets import OptionList

from cnn_tui.config import apply_settings, parse_mapping, to_mapping
from cnn_tui.datasets.corrections import read_corrections
from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.data import load_dataset, load_splits
from cnn_tui.engine.look.source import Source
from cnn_tui.engine.network import Scaling, load_network
from cnn_tui.io.safe_yaml import dump
from cnn_tui.runs import evaluations
from cnn_tui.runs.config import read_config
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.choose_class import ChooseClass
from cnn_tui.ui.screens.mistakes import MistakesScreen
from cnn_tui.ui.screens.network import NetworkScreen
from cnn_tui.ui.screens.picture import PictureScreen
from cnn_tui.ui.screens.pictures import PicturesScreen
from cnn_tui.ui.widgets.drawn_lines import DrawnLines
from cnn_tui.ui.widgets.lines import Lines
from tests.ui.conftest import dashboard, opened, screen_text, until

NARROW = (80, 24)


def words(app: CnnTuiApp, name: str) -> str:
    """Returns the text of a line of the screen."""
    return app.screen.query_one(f"#{name}", Lines).plain


async def mistakes(app: CnnTuiApp, pilot: Pilot[int]) -> MistakesScreen:
    """Opens the screen, and waits for its matrix."""
    await pilot.press("c")
    await until(pilot, lambda: isinstance(app.screen, MistakesScreen))
    assert isinstance(app.screen, MistakesScreen)
    return app.screen


def counts_of(evaluation: Path) -> np.ndarray:
    """Returns a confusion matrix from its file, as numpy reads it."""
    counts: np.ndarray = np.load(evaluation)["confusion"]
    return counts


def looking_processes() -> list[psutil.Process]:
    """Returns the processes that look into networks."""
    mine = psutil.Process().children()
    return [child for child in mine if "cnn_tui.engine.look" in child.cmdline()]


def predictions(run: Path) -> tuple[np.ndarray, np.ndarray]:
    """Returns what the last checkpoint takes the test set for, and how sure it is."""
    checkpoint = load_checkpoint(run / "checkpoints" / "last.pt")
    cpu = torch.device("cpu")
    network = load_network(read_config(run), Scaling(), checkpoint.model, cpu)
    network.model.eval()
    with torch.inference_mode():
        best = network(load_dataset("mnist", None)[1].images).softmax(1).max(1)
    return best.indices.numpy(), best.values.numpy()


async def test_who_leaves_while_the_pictures_are_looked_at_is_back(
    finished_run: Path,
) -> None:
    async with opened(finished_run, size=NARROW) as (app, pilot):
        screen = await mistakes(app, pilot)
        await pilot.press("enter")
        await until(pilot, lambda: bool(screen.looking.look._waiting))
        looking_processes()[0].suspend()
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, MistakesScreen))
        await until(pilot, lambda: not looking_processes())
        await until(pilot, lambda: "best" in screen_text(app))


@pytest.mark.parametrize("size", [(160, 45), NARROW])
async def test_the_matrix_is_there_without_a_process_and_follows_the_run(
    finished_run: Path, size: tuple[int, int]
) -> None:
    newest = evaluations.newest(finished_run)
    assert newest is not None
    counts = counts_of(newest[0])
    async with opened(finished_run, size=size) as (app, pilot):
        screen = await mistakes(app, pilot)
        await until(pilot, lambda: "of" in words(app, "selected"))
        assert not looking_processes()
        lines = screen.query_one(DrawnLines).plain.splitlines()
        for label, row in enumerate(counts):
            cells = [str(n) if n else "·" for n in row]
            recall = f"{100 * row[label] / row.sum():.1f}"
            assert lines[label + 1].split() == [str(label), *cells, recall]
        mistaken = counts * (1 - np.eye(10, dtype=int))
        worst = divmod(int(mistaken.argmax()), 10)
        assert (screen.row, screen.column) == worst
        cell = f"true {worst[0]} taken for {worst[1]}: {mistaken.max()} of"
        assert cell in words(app, "selected")
        await pilot.press("percent_sign", "right", "down", "home")
        assert "% of each true class" in words(app, "title")
        await pilot.press("less_than_sign", "less_than_sign", "less_than_sign")
        await until(pilot, lambda: "step 20 · " in words(app, "title"))
        past = finished_run / "evaluations" / "00000020.npz"
        assert screen.matrix is not None
        assert (screen.matrix.counts == counts_of(past)).all()
        for kept in (finished_run / "checkpoints").glob("step-*"):
            kept.unlink()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PicturesScreen))
        await until(pilot, lambda: "pictures at step 20 ·" in words(app, "title"))
        number = counts_of(past)[screen.row, screen.column]
        assert words(app, "title").endswith(f" of {number}")
        await pilot.press("escape")
        await pilot.press("greater_than_sign", "greater_than_sign")
        await until(pilot, lambda: "step 60 · " in words(app, "title"))
        better = np.diag(counts.sum(1))
        path = finished_run / "evaluations" / "00000080.npz"
        path.write_bytes(evaluations.pack({"confusion": better}))
        screen.watch_run()
        await until(pilot, lambda: "step 80 · 100.00 % right" in words(app, "title"))
        path.write_bytes(b"nonsense")
        screen.watch_run()
        await until(pilot, lambda: "no evaluation that can be" in words(app, "said"))
        await pilot.press("escape")
        assert dashboard(app)


async def test_the_pictures_of_a_cell_are_those_that_were_counted(
    finished_run: Path,
) -> None:
    (finished_run / "evaluations" / "00000060.npz").unlink()  # newer weights are there
    counts = counts_of(finished_run / "evaluations" / "00000040.npz")
    async with opened(finished_run) as (app, pilot):
        screen = await mistakes(app, pilot)
        await until(pilot, lambda: screen.matrix)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PicturesScreen))
        await until(pilot, lambda: "pictures at step 40 ·" in words(app, "title"))
        assert words(app, "title").endswith(f" of {counts[screen.row, screen.column]}")


async def test_weights_that_are_made_again_otherwise_are_told(
    finished_run: Path,
) -> None:
    for file in (finished_run / "history").glob("step-*"):
        file.unlink()
    file = finished_run / "environment.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"torch": "1.2.3"}))
    async with opened(finished_run) as (app, pilot):
        screen = await mistakes(app, pilot)
        await until(pilot, lambda: screen.matrix)
        await pilot.press("less_than_sign", "enter")
        await until(pilot, lambda: isinstance(app.screen, PicturesScreen))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        assert "last digits may differ: torch was 1.2.3" in words(app, "said")


async def test_a_run_without_evaluations_says_so(finished_run: Path) -> None:
    shutil.rmtree(finished_run / "evaluations")
    async with opened(finished_run) as (app, pilot):
        await mistakes(app, pilot)
        await until(pilot, lambda: "has not been evaluated" in words(app, "said"))
        await pilot.press("enter", "right", "percent_sign")
        assert isinstance(app.screen, MistakesScreen)


async def test_pictures_worst_first_and_one_marked_and_undone(
    finished_run: Path,
) -> None:
    predicted, confidence = predictions(finished_run)
    labels = load_dataset("mnist", None)[1].labels.numpy()
    file = finished_run.parent / "mnist.corrections.yaml"
    async with opened(finished_run, size=NARROW) as (app, pilot):
        screen = await mistakes(app, pilot)
        await until(pilot, lambda: screen.matrix)
        row, column = screen.row, screen.column
        cell = np.flatnonzero((labels == row) & (predicted == column))
        expected = cell[(-confidence[cell]).argsort(kind="stable")]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PicturesScreen))
        await until(pilot, lambda: "sure" in words(app, "selected"))
        assert f"of {len(expected)}" in words(app, "title")
        for index in expected[:3]:
            assert f"test picture {index}: true {row}" in words(app, "selected")
            sure = f"{100 * confidence[index]:.2f} % sure"
            assert sure in words(app, "selected")
            await pilot.press("right")
        await pilot.press("left", "left", "left", "exclamation_mark")
        await until(pilot, lambda: isinstance(app.screen, ChooseClass))
        assert app.screen.query_one(OptionList).highlighted == column
        await pilot.press("enter")
        await until(pilot, lambda: f"! is {column}" in words(app, "selected"))
        [mark] = read_corrections(str(file)).pictures
        assert (mark.part, mark.index) == ("test", int(expected[0]))
        assert mark.label == str(column)
        assert "! " in app.screen.query_one(DrawnLines).plain
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "! is" not in words(app, "selected"))
        assert not read_corrections(str(file)).pictures
        assert "not marked any more" in screen_text(app)


async def test_a_picture_large_and_a_neighbour_left_out_of_a_new_run(
    finished_run: Path,
) -> None:
    async with opened(finished_run) as (app, pilot):
        screen = await mistakes(app, pilot)
        await until(pilot, lambda: screen.matrix)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PicturesScreen))
        await until(pilot, lambda: "sure" in words(app, "selected"))
        taken = words(app, "selected").split("taken for ")[1].split()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        await until(pilot, lambda: "true" in words(app, "probabilities"))
        [label, sure, *_] = words(app, "probabilities").splitlines()[0].split()
        assert (f"{label},", sure) == (taken[0], taken[1])
        await until(pilot, lambda: not words(app, "said"))
        await pilot.press("v")
        await until(pilot, lambda: isinstance(app.screen, NetworkScreen))
        await until(pilot, lambda: f"says {label}" in screen_text(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PictureScreen))
        assert looking_processes()
        await pilot.press("right", "exclamation_mark")
        await until(pilot, lambda: isinstance(app.screen, ChooseClass))
        await pilot.press("end", "enter")
        await until(pilot, lambda: "! left out" in words(app, "selected"))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, MistakesScreen))
        file = finished_run.parent / "mnist.corrections.yaml"
        [mark] = read_corrections(str(file)).pictures
        assert mark.exclude
        assert f"train picture {mark.index} left out" in words(app, "marks")
        await pilot.press("escape")
        await until(pilot, lambda: not looking_processes())
    before, settings = read_config(finished_run), [("dataset.corrections", str(file))]
    after = parse_mapping(apply_settings(to_mapping(before), settings))
    one, other = (load_splits(c, None, torch.device("cpu")) for c in (before, after))
    kept = torch.ne(one.origins["train"][1], mark.index or 0)
    assert (one.train.images[kept] == other.train.images[: int(kept.sum())]).all()
    assert len(one.train) == len(other.train) == 500


async def test_the_training_pictures_too_and_a_file_that_is_of_another_set(
    finished_run: Path,
) -> None:
    file = finished_run.parent / "mnist.corrections.yaml"
    file.write_text(dump({"dataset": "kmnist"}))
    source = Source(finished_run, None)
    labels = source.images("train").labels.numpy()
    async with opened(finished_run) as (app, pilot):
        screen = await mistakes(app, pilot)
        await until(pilot, lambda: "is of the data set kmnist" in words(app, "marks"))
        await pilot.press("p")
        await until(pilot, lambda: "train set at step 60" in words(app, "title"))
        assert screen.matrix is not None
        counts = np.bincount(labels, minlength=10)
        assert (screen.matrix.counts.sum(1) == counts).all()
        while screen.row != screen.column:
            await pilot.press("down" if screen.row < screen.column else "up")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PicturesScreen))
        await until(pilot, lambda: "train picture" in words(app, "selected"))
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "kmnist" in words(app, "said"))
        await pilot.press("escape", "p")
        await until(pilot, lambda: "test set at step 60" in words(app, "title"))
