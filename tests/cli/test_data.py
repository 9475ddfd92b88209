"""``cnn-tui data`` and ``--dataset``: what there is to train on."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.cells import cell_len

from cnn_tui.cli.contact_sheet import SIDE, contact_sheet
from cnn_tui.engine.data import load_dataset
from cnn_tui.io.safe_yaml import dump
from cnn_tui.pictures.depth import Depth
from tests.cli.commands import invoke


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty pictures of two classes, and a file with escapes in its name."""
    for n in range(40):
        path = tmp_path / "pets" / "ab"[n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (9, 9), (n * 6, 0, 255)).save(path)
    (tmp_path / "pets" / "a" / "bad\x1b[31m.png").write_text("no")
    return tmp_path / "pets"


def test_the_sets_with_names_are_listed() -> None:
    result = invoke("data")
    assert result.exit_code == 0
    assert (
        "mnist           1×28×28  10 classes  60,000 + 10,000 images" in result.stdout
    )


def test_a_folder_is_explained(folder: Path) -> None:
    result = invoke("data", folder, "--set", "image_size=16")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("pets: 3×16×16, mean 0.")
    assert lines[2].split() == ["class", "train", "test"]
    assert [line.split()[0] for line in lines[3:6]] == ["a", "b", "all"]
    assert sum(int(n) for n in lines[5].split()[1:]) == 40
    assert r"left out: a/bad\x1b[31m.png is no picture" in result.stdout
    assert "\x1b" not in result.stdout


def test_what_corrections_change_is_told(tmp_path: Path) -> None:
    images = load_dataset("mnist", None)[0].images
    sha256 = hashlib.sha256(images[5].numpy().tobytes()).hexdigest()[:16]
    file = tmp_path / "c.yaml"
    picture = {"part": "train", "index": 5, "sha256": sha256, "exclude": True}
    file.write_text(dump({"dataset": "mnist", "pictures": [picture]}))
    result = invoke("data", "mnist", "--set", f"corrections={file}")
    assert result.exit_code == 0, result.stderr
    assert "59,999      10,000" in result.stdout
    told = "of the train images, 0 have another class and 1 are left out"
    assert told in result.stdout
    file.write_text(dump({"dataset": "mnist", "pictures": [picture | {"index": 6}]}))
    refused = invoke("data", "mnist", "--set", f"corrections={file}")
    assert refused.exit_code == 2
    assert "train picture 6 is not the picture that was corrected" in refused.stderr


def test_names_of_wide_letters_keep_the_columns(tmp_path: Path) -> None:
    for number, name in enumerate(("猫咪的照片", "dog")):
        for n in range(10):
            path = tmp_path / name / f"{n}.png"
            path.parent.mkdir(exist_ok=True)
            Image.new("L", (8, 8), 20 * n + number).save(path)
    lines = invoke("data", tmp_path, "--set", "image_size=8").stdout.splitlines()
    table = [line for line in lines if line.startswith(("class", "猫", "dog", "all"))]
    assert len({cell_len(line) for line in table[:4]}) == 1


def test_it_is_told_as_json_too(folder: Path) -> None:
    found = json.loads(invoke("data", folder, "--json").stdout)
    assert found["class_names"] == ["a", "b"]
    assert sum(map(sum, found["counts"].values())) == 40
    assert found["left_out"][0][1] == "is no picture"


def test_what_is_neither_a_name_nor_a_folder_is_refused(tmp_path: Path) -> None:
    result = invoke("data", "mnits")
    assert result.exit_code == 2
    assert "mnits is no data set (mnist, fashion-mnist, kmnist, " in result.stderr


def test_a_preset_is_trained_on_a_folder(folder: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    settings = ("--set", "iterations=3", "--set", "batch_size=10", "--set", "threads=1")
    result = invoke(
        "train", "model-a", "--dataset", folder, *settings, "--runs-dir", runs
    )
    assert result.exit_code == 0, result.stderr
    [run] = runs.iterdir()
    text = (run / "config.yaml").read_text()
    assert f"folder: {folder}" in text
    assert "name: mnist" not in text


def test_a_sheet_has_half_blocks_in_colour_and_characters_without() -> None:
    images = np.zeros((3, 3, 20, 30), np.uint8)
    images[1:] = 255
    labels = np.array([0, 1, 1])
    for depth, dark, bright in ((Depth.TRUE_COLOUR, "█", "█"), (Depth.ASCII, " ", "@")):
        sheet = contact_sheet(images, labels, ["no", "yes"], 50, depth)
        lines = ["".join(part.text for part in line) for line in sheet]
        assert len(lines) == 2 * (SIDE // 2 + 1)
        assert lines[0] == f"{'no':<12}{dark * SIDE} "
        assert lines[SIDE // 2 + 1] == f"{'yes':<12}{bright * SIDE} {bright * SIDE} "
