"""A network whose weights have overflowed can be looked into."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from textual.screen import Screen

from cnn_tui.look.messages import Picture
from cnn_tui.runs.config import read_config
from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.looking import Looking
from cnn_tui.ui.marks import MarkBook
from cnn_tui.ui.screens.draw import DrawScreen
from cnn_tui.ui.screens.network import NetworkScreen
from cnn_tui.ui.screens.picture import PictureScreen
from tests.cli.commands import invoke
from tests.ui.conftest import screen_text, until

SENTENCE = "its scores are not finite: the weights have overflowed"


@pytest.fixture(scope="module")
def overflowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of one update at a rate that no network stands."""
    runs = tmp_path_factory.mktemp("overflowed")
    settings = ("iterations=1", "lr=1e24", "train_images=200", "threads=1")
    options = [word for setting in settings for word in ("--set", setting)]
    invoke("train", "model-c", *options, "--runs-dir", runs)
    [path] = runs.iterdir()
    return path


def _network(app: CnnTuiApp, look: Looking) -> NetworkScreen:
    return NetworkScreen(look, app.depth, "braille")


def _draw(app: CnnTuiApp, look: Looking) -> DrawScreen:
    return DrawScreen(look, app.depth)


def _picture(app: CnnTuiApp, look: Looking) -> PictureScreen:
    dataset = read_config(look.run).dataset
    book = MarkBook(look.run, dataset, dataset.facts.class_names)
    return PictureScreen(look, app.depth, book, Picture())


@pytest.mark.parametrize(
    ("make", "shown"), [(_network, SENTENCE), (_picture, SENTENCE), (_draw, "–")]
)
async def test_every_screen_draws_it(
    overflowed: Path,
    make: Callable[[CnnTuiApp, Looking], Screen[None]],
    shown: str,
) -> None:
    app = CnnTuiApp(runs_folder=overflowed.parent, pictures="true")
    look = Looking(overflowed, None)
    async with app.run_test(size=(160, 45)) as pilot:
        app.push_screen(make(app, look))
        await until(pilot, lambda: shown in screen_text(app))
        await look.close()


def test_inspect_says_so_and_its_json_knows_no_nan(overflowed: Path) -> None:
    assert SENTENCE in invoke("inspect", overflowed).stdout.splitlines()[0]
    found = json.loads(
        invoke("inspect", overflowed, "--json").stdout, parse_constant=pytest.fail
    )
    assert set(found["probabilities"].values()) == {None}


def test_predict_names_no_class(overflowed: Path, tmp_path: Path) -> None:
    digit = tmp_path / "digit.png"
    Image.fromarray(np.eye(28, dtype=np.uint8) * 255).save(digit)
    told = invoke("predict", overflowed, digit, "--json")
    assert json.loads(told.stdout) == {"file": str(digit), "error": SENTENCE}
    assert told.exit_code == 2
