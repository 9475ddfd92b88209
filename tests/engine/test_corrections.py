"""Corrections: laid over their own pictures alone, exact on resume, refused if odd."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from msgspec.structs import asdict
from PIL import Image

from cnn_tui.config import RunConfig, parse_mapping
from cnn_tui.datasets.corrections import (
    Correction,
    Corrections,
    read_corrections,
    write_corrections,
)
from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.data import Splits, load_dataset, load_splits
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.resume import resume_run
from cnn_tui.engine.start import start_run
from cnn_tui.engine.verify import verify_run
from cnn_tui.errors import DataError, InputError
from cnn_tui.io.safe_yaml import dump
from cnn_tui.runs.config import read_config
from cnn_tui.runs.events import Paused
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import LOGISTIC, same
from tests.engine.running import events, request, rows, run
from tests.engine.running import without_clock as clockless

CPU = torch.device("cpu")


def config(file: Path | None, dataset: Any = (), **values: Any) -> RunConfig:
    """Returns a config of 60 updates on 500 of 600 pictures of MNIST."""
    data = {"train_images": 500, "validation_images": 100, **dict(dataset)}
    return parse_mapping(
        {
            "dataset": data | ({"corrections": str(file)} if file else {}),
            "model": {"layers": LOGISTIC},
            "training": {
                "batch_size": 50,
                "threads": 1,
                "checkpoint_every": 10,
                "iterations": 60,
            }
            | values,
        }
    )


def digit(part: str, index: int, **done: Any) -> dict[str, Any]:
    """Returns a correction of a picture of MNIST, as it is written."""
    images = load_dataset("mnist", None)[part == "test"].images
    sha256 = hashlib.sha256(images[index].numpy().tobytes()).hexdigest()[:16]
    return {"part": part, "index": index, "sha256": sha256, **done}


def written(path: Path, *pictures: dict[str, Any], **others: Any) -> Path:
    """Writes a file of corrections."""
    value = {"format": 1, "dataset": "mnist", "pictures": list(pictures), **others}
    path.write_text(dump(value))
    return path


def weights(path: Path) -> Any:
    """Returns the weights that a run ended with."""
    return load_checkpoint(path / "checkpoints" / "last.pt").model


def interrupted_at(step: int, wanted: RunConfig, folder: Path) -> Path:
    """Trains up to an update, and returns the run."""
    control, created = Interrupts(), list[Path]()
    asked = replace(request(wanted, folder), pause_at=step)

    def listen(record: object) -> None:
        if isinstance(record, Paused):
            control.interrupt("killed")

    start_run(asked, control, listener=listen, on_created=created.append)
    assert rows(created[0])[-1]["step"] == step
    return created[0]


def splits(wanted: RunConfig) -> Splits:
    """Returns what a run would train on."""
    return load_splits(wanted, None, CPU)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Gives the first picture that is trained on another class, leaves out others."""
    plain = splits(config(None))
    [first, second] = plain.origins["train"][1][:2].tolist()
    held_out = int(plain.origins["validation"][1][0])
    return written(
        tmp_path / "corrections.yaml",
        digit("train", first, label=3),
        digit("train", second, exclude=True),
        digit("train", held_out, exclude=True),
        digit("test", 1, label="9"),
        digit("test", 0, exclude=True),
    )


def test_classes_are_changed_and_pictures_left_out(file: Path) -> None:
    before, after = splits(config(None)), splits(config(file))
    assert int(after.train.labels[0]) == 3
    assert torch.equal(after.train.images[0], before.train.images[0])
    assert torch.equal(after.train.images[1], before.train.images[2])
    assert len(after.train) == 500
    assert after.validation is not None and before.validation is not None
    assert len(after.validation) == 100
    assert torch.equal(after.validation.images[1:], before.validation.images[1:][:99])
    assert len(after.test) == 9_999
    assert int(after.test.labels[0]) == 9
    assert torch.equal(after.test.images, before.test.images[1:])
    assert (after.id_of("test", 0).index, before.id_of("test", 1).index) == (1, 1)
    assert after.corrected is not None
    assert (after.corrected.relabelled, after.corrected.excluded_train) == (2, 2)
    assert "10" not in after.notices[0].removeprefix(str(file))
    assert "of the test images, 1 have another class and 1 are left" in after.notices[1]


def test_the_counts_follow(tmp_path: Path) -> None:
    one_less = written(tmp_path / "c.yaml", digit("train", 5, exclude=True))
    all_of_it = config(one_less, {"train_images": None, "validation_images": 0})
    assert all_of_it.steps_per_epoch == 1200
    larger = config(one_less, {"train_images": None}, batch_size=59_899)
    assert larger.steps_per_epoch == 1
    found = splits(all_of_it)
    assert len(found.train) == all_of_it.dataset.images_trained_on == 59_999
    plain, _ = load_dataset("mnist", None)
    assert torch.equal(found.train.images[:5], plain.images[:5])
    assert torch.equal(found.train.images[5:], plain.images[6:])
    with pytest.raises(InputError, match=r"train_images.*at most 59,999"):
        config(one_less, {"train_images": 60_000, "validation_images": 0})


def test_a_run_keeps_its_corrections_and_resumes_exactly(
    file: Path, tmp_path: Path
) -> None:
    whole, _ = run(config(file), tmp_path / "whole")
    plain, _ = run(config(None), tmp_path / "plain")
    killed = interrupted_at(30, config(file), tmp_path / "killed")
    file.unlink()  # the run has its own copy
    outcome = resume_run(RunWriter.open(killed), Interrupts())
    assert outcome.state is State.FINISHED
    assert same(weights(whole), weights(killed))
    assert not same(weights(whole), weights(plain))
    pairs = zip(rows(whole), rows(killed), strict=True)
    assert all(clockless(one) == clockless(other) for one, other in pairs)
    verdict = verify_run(killed, from_step=0, steps=60, data_dir=None)
    assert (verdict.last_step, verdict.difference) == (60, None)
    notices = [event["reason"] for event in events(whole, "data_noticed")]
    assert [str(file) in notice for notice in notices] == [True, True]


def test_a_copy_that_was_changed_is_refused(file: Path, tmp_path: Path) -> None:
    path, _ = run(config(file), tmp_path / "runs")
    copy = path / "corrections.yaml"
    assert copy.read_bytes() == file.read_bytes()
    assert copy.stat().st_mode & 0o777 == 0o600
    written(copy, digit("train", 1, label=0))
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    with pytest.raises(DataError, match="not what it was when the run began"):
        verify_run(path, from_step=0, steps=10, data_dir=None)
    copy.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        verify_run(path, from_step=0, steps=10, data_dir=None)
    assert read_config(path).dataset.corrected is not None
    assert before.keys() - {copy} == {p for p in path.rglob("*") if p.is_file()}


WRONG: list[tuple[str, str]] = [
    ("pictures: 3", r"Expected `array`"),
    ("nothing: 3", r"unknown field `nothing`"),
    ("dataset: kmnist", "is of the data set kmnist"),
    ("format: 2", "format"),
    ("- [", "line 4"),
    ("pictures: [{part: test, index: 1, sha256: no, label: 3}]", "sha256"),
    ("pictures: [{part: tests, index: 1, sha256: &, label: 3}]", "part"),
    ("pictures: [{part: test, index: -1, sha256: &, label: 3}]", "index"),
    ("pictures: [{part: test, index: 1, sha256: &, lable: 3}]", "field `lable`"),
    ("pictures: [{part: test, index: 1, sha256: &, label: 10}]", "has the label 10"),
    ("pictures: [{part: test, index: 1, sha256: &}]", "must have a label, or exclude"),
    ("pictures: [{part: test, sha256: &, exclude: true}]", "must have an index"),
    (
        "pictures: [{path: a, part: test, sha256: &, label: 1, exclude: true}]",
        "a label",
    ),
]


@pytest.mark.parametrize(("line", "sentence"), WRONG)
def test_what_a_file_may_not_say_is_a_sentence(
    tmp_path: Path, line: str, sentence: str
) -> None:
    path, key = tmp_path / "c.yaml", line.split(":")[0]
    lines = {
        "format": "format: 1",
        "dataset": "dataset: mnist",
        "pictures": "pictures: []",
    }
    lines[key] = line.replace("&", "'0123456789abcdef'")
    path.write_text("\n".join(lines.values()))
    with pytest.raises(InputError, match=sentence) as caught:
        config(path)
    assert "dataset.corrections" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_none_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    with pytest.raises(InputError, match="No such file"):
        config(path)
    path.symlink_to(written(tmp_path / "other.yaml"))
    with pytest.raises(InputError, match="a link"):
        config(path)
    path.unlink()
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="larger than 1,000,000 bytes"):
        config(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"index": 10_000}, "test picture 10000 is not in the data set"),
        ({"index": 2}, "test picture 2 is not the picture that was corrected"),
        ({"index": None, "path": "a/b.png"}, "a/b.png is not in the data set"),
        ({"part": "validation"}, "validation picture 1 is not in the data set"),
    ],
)
def test_a_picture_that_is_not_there_is_named(
    tmp_path: Path, change: dict[str, Any], sentence: str
) -> None:
    entry = digit("test", 1, exclude=True) | change
    present = {key: value for key, value in entry.items() if value is not None}
    with pytest.raises(DataError, match=sentence):
        splits(config(written(tmp_path / "c.yaml", present)))


def test_the_pictures_of_a_folder_go_by_their_paths(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pets = tmp_path / "pets"
    for number in range(40):
        path = pets / ("cat", "dog")[number % 2] / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (12, 12, 3), np.uint8)).save(path)
    own: dict[str, Any] = {"name": None, "folder": str(pets)}
    own |= {"train_images": None, "validation_images": 0}
    plain = splits(config(None, own, batch_size=5))
    ids = {part: plain.id_of(part, 0) for part in ("train", "test")}
    done: dict[str, Any] = {"train": {"label": "dog"}, "test": {"exclude": True}}
    pictures = tuple(
        Correction(part="test", path=found.path, sha256=found.sha256, **done[part])
        for part, found in ids.items()
    )
    corrections = Corrections(dataset=str(pets), pictures=pictures)
    file = tmp_path / "c.yaml"
    write_corrections(file, corrections)
    assert read_corrections(str(file)) == corrections
    larger = config(file, own | {"image_size": 16}, batch_size=5)
    found = splits(larger)
    names = larger.dataset.facts.class_names
    assert names[int(found.train.labels[0])] == "dog"
    assert len(found.test) == len(plain.test) - 1
    shutil.copy(pets / str(ids["test"].path), pets / str(ids["train"].path))
    with pytest.raises(DataError, match="is not the picture that was corrected"):
        splits(larger)


def test_a_correction_follows_its_picture_into_another_part(tmp_path: Path) -> None:
    images = np.arange(100, dtype=np.uint8)[:, None, None].repeat(64, 1)
    images = images.reshape(100, 8, 8)
    np.savez(tmp_path / "x.npz", images=images, labels=np.arange(100) % 2)

    def splits(**dataset: Any) -> Splits:
        data = {"npz": str(tmp_path / "x.npz"), **dataset}
        wanted = {"dataset": data, "model": {"layers": LOGISTIC}}
        wanted["training"] = {"batch_size": 5}
        return load_splits(parse_mapping(wanted), None, CPU)

    plain = splits()
    marked = [plain.id_of("train", 5), plain.id_of("test", 2)]
    brightness = [int(plain.train.images[5].max()), int(plain.test.images[2].max())]
    done = [
        Correction(**asdict(marked[0]), label="1"),
        Correction(**asdict(marked[1]), exclude=True),
    ]
    file = tmp_path / "c.yaml"
    write_corrections(
        file, Corrections(dataset=str(tmp_path / "x.npz"), pictures=tuple(done))
    )
    moved = splits(corrections=str(file), test_fraction=0.5, validation_fraction=0.2)
    parts = (moved.train, moved.validation, moved.test)
    found = {
        int(image.max()): int(label)
        for part in parts
        if part is not None
        for image, label in zip(part.images, part.labels, strict=True)
    }
    assert found[brightness[0]] == 1
    assert brightness[1] not in found
    assert len(found) == 99
