"""Runs on one's own pictures: found, recorded, exact, and refused when they changed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cnn_tui.config import RunConfig, parse_mapping
from cnn_tui.config.dataset import DatasetConfig
from cnn_tui.datasets import npz
from cnn_tui.datasets.telling import nobody
from cnn_tui.engine.batch_preview import BatchPreviews
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.own_data import load_own
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.start import NewRun, start_run
from cnn_tui.engine.verify import verify_run
from cnn_tui.errors import ConfigError, DataError, InputError
from cnn_tui.runs.config import read_config
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import LOGISTIC
from tests.engine.running import events, run, status


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """120 pictures of two classes: dark and bright."""
    rng = np.random.default_rng(0)
    for n in range(120):
        path = tmp_path / "pets" / ("dark", "bright")[n % 2] / f"{n:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = rng.integers(0, 100, (12, 10, 3)) + n % 2 * 150
        Image.fromarray(values.astype(np.uint8)).save(path)
    (tmp_path / "pets" / "dark" / "notes.txt").write_text("no picture")
    return tmp_path / "pets"


def config(folder: Path, **dataset: Any) -> RunConfig:
    """Returns a config of 20 updates on a folder."""
    return config_of({"folder": str(folder), "image_size": 8, **dataset})


def config_of(dataset: dict[str, Any]) -> RunConfig:
    """Returns a config of 20 updates on a data set."""
    return parse_mapping(
        {
            "dataset": dataset,
            "model": {"layers": LOGISTIC},
            "training": {"iterations": 20, "batch_size": 20, "threads": 1},
        }
    )


def test_a_run_on_a_folder_learns_and_tells_what_it_left_out(
    folder: Path, tmp_path: Path
) -> None:
    wanted = config(folder, validation_fraction=0.2, normalize="mean_std")
    path, outcome = run(wanted, tmp_path)
    assert outcome.state is State.FINISHED
    assert status(path)["dataset"] == "pets"
    assert status(path)["best"]["accuracy"] == 1
    [noticed] = events(path, "data_noticed")
    assert noticed["reason"] == "left out: dark/notes.txt is no picture"


def test_what_it_was_is_recorded_so_that_a_run_can_be_read_without_it(
    folder: Path, tmp_path: Path
) -> None:
    path, _ = run(config(folder), tmp_path)
    folder.rename(tmp_path / "elsewhere")
    facts = read_config(path).dataset.facts
    assert facts.class_names == ("bright", "dark")
    assert facts.input_shape == (3, 8, 8)
    assert facts.train_images + facts.test_images == 120


def test_a_run_on_a_folder_goes_on_and_is_verified(
    folder: Path, tmp_path: Path
) -> None:
    path, _ = run(config(folder, mode="grey", resize="pad"), tmp_path)
    longer = Changes(more_iterations=10)
    outcome = resume_run(RunWriter.open(path), Interrupts(), changes=longer)
    assert outcome.state is State.FINISHED
    assert verify_run(path, from_step=0, steps=30, data_dir=None).difference is None


def test_pictures_that_changed_are_not_gone_on_with(
    folder: Path, tmp_path: Path
) -> None:
    path, _ = run(config(folder), tmp_path)
    before = (path / "metrics.jsonl").read_bytes()
    Image.new("RGB", (9, 9)).save(folder / "dark" / "new.png")
    with pytest.raises(DataError, match="pets is not what it was when the run began"):
        resume_run(
            RunWriter.open(path), Interrupts(), changes=Changes(more_iterations=10)
        )
    assert (path / "metrics.jsonl").read_bytes() == before


def test_a_file_of_arrays_is_trained_on(tmp_path: Path) -> None:
    labels = np.arange(200) % 2
    images = np.repeat(labels * 200, 64).reshape(200, 8, 8).astype(np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=labels)
    path, _ = run(config_of({"npz": str(tmp_path / "x.npz")}), tmp_path)
    assert status(path)["best"]["accuracy"] == 1
    assert verify_run(path, from_step=0, steps=20, data_dir=None).difference is None
    np.savez(tmp_path / "x.npz", images=images, labels=1 - labels)
    with pytest.raises(DataError, match="is not what it was when the run began"):
        verify_run(path, from_step=0, steps=20, data_dir=None)


def test_a_file_that_was_rewritten_is_looked_at_anew(tmp_path: Path) -> None:
    images = np.zeros((40, 8, 8), np.uint8)
    path, previews = str(tmp_path / "x.npz"), BatchPreviews(None)
    for classes in (2, 3):
        np.savez(path, images=images, labels=np.arange(40) % classes)
        wanted = config_of({"npz": path})
        names = tuple(map(str, range(classes)))
        assert wanted.dataset.facts.class_names == names
        seen = previews.look(wanted, 1, augmented=False, tell=nobody)
        assert seen.class_names == names


def test_pictures_and_files_may_be_links_to_others(
    folder: Path, tmp_path: Path
) -> None:
    linked = tmp_path / "linked"
    for file in folder.rglob("*.png"):
        link = linked / file.relative_to(folder)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(file)
    expected, found = (
        load_own(config(each).dataset, nobody).train for each in (folder, linked)
    )
    assert len(found) == len(expected) > 0
    assert (found.images == expected.images).all()
    before = load_own(config(linked).dataset, nobody).found
    Image.new("RGB", (9, 9)).save(folder / "dark" / "000.png")
    assert load_own(config(linked).dataset, nobody).found != before
    labels = np.arange(40) % 2
    np.savez(tmp_path / "x.npz", images=np.zeros((40, 8, 8), np.uint8), labels=labels)
    (tmp_path / "link.npz").symlink_to("x.npz")
    npz_linked = config_of({"npz": str(tmp_path / "link.npz")}).dataset
    assert len(load_own(npz_linked, nobody).train) > 0


def test_an_older_run_knows_its_file_by_the_size_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.arange(40) % 2
    images = np.repeat(labels * 200, 64).reshape(40, 8, 8).astype(np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=labels)
    size = (tmp_path / "x.npz").stat().st_size
    with monkeypatch.context() as before:
        before.setattr(npz, "_fingerprint", lambda content: f"({size},)")
        path, _ = run(config_of({"npz": str(tmp_path / "x.npz")}), tmp_path)
    longer = Changes(more_iterations=10)
    outcome = resume_run(RunWriter.open(path), Interrupts(), changes=longer)
    assert outcome.state is State.FINISHED
    [told] = events(path, "not_bit_exact")
    assert "of the npz file only its size was recorded" in told["reason"]
    np.savez(tmp_path / "x.npz", images=images[1:], labels=labels[1:])
    with pytest.raises(DataError, match="is not what it was when the run began"):
        verify_run(path, from_step=0, steps=20, data_dir=None)


def test_another_pillow_may_read_pictures_otherwise(
    folder: Path, tmp_path: Path
) -> None:
    path, _ = run(config(folder), tmp_path)
    file = path / "environment.json"
    recorded = json.loads(file.read_text())
    file.write_text(json.dumps(recorded | {"pillow": "1.2.3"}))
    resume_run(RunWriter.open(path), Interrupts(), changes=Changes(more_iterations=10))
    [told] = events(path, "not_bit_exact")
    assert "pillow was 1.2.3, is " in told["reason"]


def test_a_file_of_too_few_arrays_to_test_with_is_one_sentence(tmp_path: Path) -> None:
    images = np.zeros((2, 8, 8), np.uint8)
    np.savez(tmp_path / "x.npz", images=images, labels=np.arange(2))
    dataset = DatasetConfig(name=None, npz=str(tmp_path / "x.npz"), test_fraction=0.001)
    with pytest.raises(DataError, match=r"x\.npz has no images to test with"):
        load_own(dataset, nobody)


def test_a_start_is_ended_while_pictures_are_decoded(
    folder: Path, tmp_path: Path
) -> None:
    interrupts = Interrupts()
    wanted = NewRun(
        config=config(folder),
        name="x",
        preset=None,
        runs_folder=tmp_path / "runs",
        tell=lambda sentence: interrupts.interrupt("SIGINT"),
    )
    with pytest.raises(InputError, match="ended before all of its images were there"):
        start_run(wanted, interrupts)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("dataset", "said"),
    [
        (
            {"folder": "/nowhere/at/all"},
            r"dataset\.folder: /nowhere/at/all cannot be read",
        ),
        (
            {"npz": "/nowhere.npz"},
            r"dataset\.npz: /nowhere\.npz is no readable npz file",
        ),
        ({"folder": "x", "npz": "y"}, "needs one of name, folder and npz"),
        ({"folder": ""}, r"dataset\.name|must be a path"),
        ({"image_size": 4}, r"dataset\.image_size: must be"),
        ({"test_fraction": 0.7, "validation_fraction": 0.3}, "leave nothing"),
    ],
)
def test_bad_input_names_the_key(dataset: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_mapping({"dataset": dataset, "model": {"layers": LOGISTIC}})
