"""``cnn-tui predict`` on pictures of real digits."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from cnn_tui.engine.data import load_dataset
from cnn_tui.look.prepare import Preparation, prepare_file
from tests.cli.commands import invoke

MNIST = Preparation(input_shape=(1, 28, 28), dataset="mnist")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has learned the digits well enough."""
    runs = tmp_path_factory.mktemp("trained")
    options = ("--set", "iterations=300", "--set", "evaluate_every=150")
    result = invoke("train", "model-c", *options, "--runs-dir", runs)
    assert result.exit_code == 0, result.stderr
    [path] = runs.iterdir()
    return path


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder of test pictures for each digit, and two bad files."""
    folder = tmp_path_factory.mktemp("digits")
    _, test = load_dataset("mnist", None)
    for index in range(60):
        label = int(test.labels[index])
        (folder / str(label)).mkdir(exist_ok=True)
        image = Image.fromarray(test.images[index, 0].numpy())
        image.save(folder / str(label) / f"{index}.png")
    (folder / "notes.txt").write_text("no picture")
    (folder / "0" / "broken\x1b[31m.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (folder / ".hidden.png").write_bytes(b"")
    return folder


def as_a_photo(digit: "np.ndarray", path: Path) -> None:
    """Writes a digit as a pen leaves it: large, dark on light, off the middle."""
    large = Image.fromarray(digit).resize((168, 168), Image.Resampling.BICUBIC)
    sheet = Image.new("L", (400, 300), 0)
    sheet.paste(large, (200, 90))
    inverted = ImageOps.invert(sheet).point([round(v * 0.8) for v in range(256)])
    inverted.convert("RGB").save(path, quality=90)


def test_json_is_an_object_a_picture(run: Path, digits: Path) -> None:
    result = invoke("predict", run, digits, "--top", "3", "--json")
    assert result.exit_code == 0, result.stderr
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(found) == 62
    problems = {item["file"]: item["error"] for item in found if "error" in item}
    assert len(problems) == 2
    assert problems[str(digits / "notes.txt")] == "is no picture"
    good = [item for item in found if "error" not in item]
    assert sum(item["class"] == item["true"] for item in good) >= 54
    for item in good:
        assert item["top"][0]["class"] == item["class"]
        assert len(item["top"]) == 3
        assert item["probability"] == item["top"][0]["probability"]
        assert item["prepared"] == []


def test_lines_name_class_and_accuracy_and_nothing_is_interpreted(
    run: Path, digits: Path
) -> None:
    result = invoke("predict", run, digits)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout + result.stderr
    assert "broken\\x1b[31m.png is no picture" in result.stderr
    first, *lines, last = result.stdout.splitlines()
    assert first == "(taken as they are)"
    assert len(lines) == 60
    assert "of 60 right" in last


def test_a_photo_of_a_digit_is_prepared_as_the_training_pictures_were(
    run: Path, tmp_path: Path
) -> None:
    _, test = load_dataset("mnist", None)
    photos = tmp_path / "photos"
    photos.mkdir()
    differences = []
    for index in range(40):
        digit = test.images[index, 0].numpy()
        as_a_photo(digit, photos / f"{index:02}.jpg")
        prepared = prepare_file(str(photos / f"{index:02}.jpg"), MNIST)
        assert prepared.words[0] == "dark on light: inverted"
        differences.append(np.abs(prepared.image[0].astype(float) - digit).mean())
    assert np.mean(differences) < 20  # a shift by a pixel is about that much
    result = invoke("predict", run, photos, "--json")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    labels = [str(int(label)) for label in test.labels[:40]]
    right = sum(a["class"] == b for a, b in zip(found, labels, strict=True))
    assert right >= 34
    assert "centred by mass" in found[0]["prepared"][1]


def test_an_empty_sheet_is_said_to_be_empty(tmp_path: Path) -> None:
    Image.new("L", (90, 40), 250).save(tmp_path / "empty.png")
    prepared = prepare_file(str(tmp_path / "empty.png"), MNIST)
    assert prepared.words[-1] == "it is empty"
    assert not prepared.image.any()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["missing.png"], "missing.png: there is no such file"),
        ([__file__], "nothing can be said of any"),
        (
            [__file__, "--checkpoint", "77"],
            "no checkpoint of step 77; the nearest is",
        ),
        ([__file__, "--device", "gpu"], "no device gpu here; there is "),
        ([__file__, "--checkpoint", "last"], "must be best, newest"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    run: Path, arguments: list[str], sentence: str
) -> None:
    result = invoke("predict", run, *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr
