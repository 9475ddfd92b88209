"""What is shown of a batch before a run is what that run trains on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cnn_tui.config.dataset import Augmentation
from cnn_tui.datasets.telling import nobody
from cnn_tui.engine.batch_preview import BatchPreviews, as_pictures, training_batch
from cnn_tui.engine.network import Scaling
from cnn_tui.engine.setup import set_up
from cnn_tui.errors import DataError
from tests.engine.making import make_config

EVERYTHING = {
    "crop_padding": 3,
    "horizontal_flip": True,
    "rotate": 20,
    "brightness": 0.2,
    "cutout": 6,
    "mixup": 0.4,
}


@pytest.mark.parametrize("normalize", ["none", "mean_std"])
@pytest.mark.parametrize("augmentation", [{}, EVERYTHING])
def test_a_batch_is_the_one_that_the_update_trains_on(
    normalize: str, augmentation: dict[str, Any]
) -> None:
    dataset = {
        "train_images": 500,
        "validation_images": 100,
        "normalize": normalize,
        "augmentation": augmentation,
    }
    config = make_config(
        dataset=dataset, seed=5, batch_size=64, drop_last=bool(augmentation)
    )
    setup = set_up(config, None)
    for step in (1, 2, 8, 9):  # in two epochs
        trained = setup.trainer.batch(step)
        shown = training_batch(config, setup.splits, step, augmented=True)
        assert torch.equal(shown.inputs, trained.inputs)
        assert torch.equal(shown.labels, trained.labels)
        assert shown.share == trained.share


def test_pictures_are_those_of_the_batch_some_of_each_class() -> None:
    config = make_config(dataset={"augmentation": {"horizontal_flip": True}}, seed=3)
    previews = BatchPreviews(None)
    shown = previews.look(config, 4, augmented=True, tell=nobody)
    plain = previews.look(config, 4, augmented=False, tell=nobody)
    assert shown.is_augmented and not plain.is_augmented
    assert np.array_equal(shown.labels, np.sort(shown.labels))
    assert np.array_equal(shown.labels, plain.labels)
    flipped = [
        np.array_equal(a, b[:, ::-1])
        for a, b in zip(shown.pictures, plain.pictures, strict=True)
    ]
    same = [
        np.array_equal(a, b)
        for a, b in zip(shown.pictures, plain.pictures, strict=True)
    ]
    assert any(flipped) and any(same)
    assert all(a or b for a, b in zip(flipped, same, strict=True))


def test_a_picture_is_scaled_back_to_what_it_was() -> None:
    images = torch.arange(256).to(torch.uint8).view(1, 1, 16, 16)
    scaling = Scaling(mean=(0.3,), std=(0.2,))
    inputs = (images.float() / 255 - 0.3) / 0.2
    found = as_pictures(inputs, scaling)
    assert np.array_equal(found[0, :, :, 2], images[0, 0].numpy())
    assert as_pictures(inputs * 3, scaling).max() == 255


def test_the_facts_are_those_of_the_parts_that_the_run_uses() -> None:
    dataset = {"train_images": 700, "validation_images": 300}
    shown = BatchPreviews(None).look(
        make_config(dataset=dataset), 1, augmented=True, tell=nobody
    )
    sums = {part: sum(counts) for part, counts in shown.counts.items()}
    assert sums == {"train": 700, "validation": 300, "test": 10_000}
    assert shown.class_names == tuple("0123456789")
    assert (shown.low, shown.high) == (0.0, 1.0)


def test_nothing_is_downloaded_to_be_looked_at(tmp_path: Path) -> None:
    for name in ("fashion-mnist", "cifar10"):
        config = make_config(dataset={"name": name})
        with pytest.raises(DataError, match="a run that starts downloads it"):
            BatchPreviews(tmp_path).look(config, 1, augmented=True, tell=nobody)
    assert list(tmp_path.iterdir()) == []


def test_images_are_decoded_once_however_they_are_changed(tmp_path: Path) -> None:
    for n in range(40):
        path = tmp_path / "pets" / "ab"[n % 2] / f"{n}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (20, 12), (n, 9, 200)).save(path)
    (tmp_path / "pets" / "a" / "note.txt").write_text("no picture")
    dataset = {"folder": str(tmp_path / "pets"), "image_size": 8, "train_images": None}
    config = make_config(dataset=dataset, batch_size=4)
    heard: list[str] = []
    previews = BatchPreviews(None)
    first = previews.look(config, 1, augmented=True, tell=heard.append)
    assert "decoding pictures: 0 of 41" in heard
    assert any("note.txt" in notice for notice in first.notices)
    assert first.pictures.shape == (4, 8, 8, 3)
    changed = config.dataset.model_copy(
        update={"augmentation": Augmentation(horizontal_flip=True)}
    )
    heard.clear()
    previews.look(
        config.model_copy(update={"dataset": changed}),
        2,
        augmented=True,
        tell=heard.append,
    )
    assert heard == [""]


def test_who_is_told_may_end_it() -> None:
    def stop(sentence: str) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        BatchPreviews(None).look(make_config(), 1, augmented=True, tell=stop)
