"""``cnn-tui inspect``: the numbers are torch's, the pictures those of the numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cnn_tui.engine.checkpoint import load_checkpoint
from tests.cli.commands import invoke


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a few updates, with a kept checkpoint."""
    runs = tmp_path_factory.mktemp("looked-at")
    options = ("--set", "iterations=30", "--set", "train_images=500")
    result = invoke("train", "model-c", *options, "--runs-dir", runs)
    assert result.exit_code == 0, result.stderr
    [path] = runs.iterdir()
    return path


def test_json_of_a_layer_holds_its_maps_and_weights(run: Path) -> None:
    result = invoke("inspect", run, "--layer", "2", "--picture", "4", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    before = json.loads(
        invoke("inspect", run, "--layer", "1", "--picture", "4", "--json").stdout
    )
    assert (found["step"], found["picture"], found["class"]) == (30, 4, "4")
    assert sum(found["probabilities"].values()) == pytest.approx(1)
    [relu], [conv] = found["layers"], before["layers"]
    values = np.array(conv["values"])
    assert (np.array(relu["values"]) == values.clip(0)).all()
    assert relu["weight"] is None
    weight = load_checkpoint(run / "checkpoints" / "last.pt").model["0.weight"]
    assert np.allclose(conv["weight"], weight.numpy())
    assert conv["max"] == pytest.approx(values.max())


def test_every_layer_is_a_line_and_one_layer_is_drawn(run: Path) -> None:
    every = invoke("inspect", run, "--pictures", "ascii")
    assert every.exit_code == 0
    assert "taken for" in every.stdout.splitlines()[0]
    assert [line[:1] for line in every.stdout.splitlines()[-8:]] == list("12345678")
    one = invoke("inspect", run, "--layer", "1", "--pictures", "true")
    assert "16 filters of 1 × 5×5" in one.stdout
    assert "\x1b[38;2;" in one.stdout


def test_a_png_has_a_square_for_each_value(run: Path, tmp_path: Path) -> None:
    target = tmp_path / "maps.png"
    result = invoke("inspect", run, "--layer", "3", "--png", target)
    assert result.exit_code == 0, result.stderr
    with Image.open(target) as image:
        assert image.size == ((16 * 13 + 1) * 8, (12 + 2) * 8)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--layer", "99"], 'no layer "99", only 1, 2'),
        (["--picture", "10000"], "there are 10,000 in the test set"),
        (["--step", "7"], "no checkpoint of step 7; the nearest is of step 0"),
        (["--device", "cuda:99"], "no device cuda:99 here; there is "),
        (["--png", "x.png"], "--png needs --layer"),
        (["--layer", "1", "--png", "/nonexistent/x.png"], "cannot be written"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    run: Path, arguments: list[str], sentence: str
) -> None:
    result = invoke("inspect", run, *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
