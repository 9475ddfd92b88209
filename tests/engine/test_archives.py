"""Sets that torchvision's own classes read: verified, decoded once, or one sentence."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision import datasets

from cnn_tui.datasets.facts import DATASETS, Archive, IdxFiles
from cnn_tui.engine.archives import read_archive
from cnn_tui.engine.data import load_dataset
from cnn_tui.errors import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (60, 3072)).astype(np.uint8)
LABELS = [n % 10 for n in range(60)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """CIFAR-10's files with 10 images each, and a class that has their checksums."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    base = tmp_path / "cifar-10-batches-py"
    base.mkdir()

    def write(name: str, content: Any) -> list[str]:
        data = pickle.dumps(content)
        (base / name).write_bytes(data)
        return [name, hashlib.md5(data).hexdigest()]

    batches = [
        write(name, {"data": IMAGES[n : n + 10], "labels": LABELS[n : n + 10]})
        for name, n in (
            *((f"data_batch_{n + 1}", 10 * n) for n in range(5)),
            ("test_batch", 50),
        )
    ]
    names = list(DATASETS["cifar10"].class_names)
    meta = write("batches.meta", {"label_names": names})
    monkeypatch.setattr(datasets.CIFAR10, "train_list", batches[:5])
    monkeypatch.setattr(datasets.CIFAR10, "test_list", batches[5:])
    monkeypatch.setattr(
        datasets.CIFAR10,
        "meta",
        {"filename": meta[0], "key": "label_names", "md5": meta[1]},
    )
    monkeypatch.setattr(datasets.CIFAR10, "download", _no_network)
    return tmp_path


def _no_network(*arguments: object) -> None:
    raise OSError("no network\nmore of it")


def test_images_come_channels_first_with_their_labels(folder: Path) -> None:
    train, test = load_dataset("cifar10", folder)
    expected = torch.from_numpy(IMAGES.reshape(60, 3, 32, 32))
    assert torch.equal(train.images, expected[:50])
    assert torch.equal(test.images, expected[50:])
    assert train.labels.tolist() + test.labels.tolist() == LABELS


def test_they_are_decoded_once(folder: Path) -> None:
    first = load_dataset("cifar10", folder)[0]
    for path in (folder / "cifar-10-batches-py").iterdir():
        path.unlink()
    assert torch.equal(load_dataset("cifar10", folder)[0].images, first.images)


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_without_them_and_a_network_one_sentence_says_what_to_put_where(
    folder: Path, damage: str
) -> None:
    file = folder / "cifar-10-batches-py" / "data_batch_3"
    if damage == "missing":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes() + b"!")
    with pytest.raises(DataError) as caught:
        load_dataset("cifar10", folder)
    assert str(caught.value) == (
        f"CIFAR-10 is not in {folder}, or damaged, and cannot be downloaded (no "
        "network); put cifar-10-python.tar.gz there"
    )


@pytest.mark.parametrize("name", DATASETS)
def test_the_facts_of_a_set_are_those_of_torchvisions_class(name: str) -> None:
    facts = DATASETS[name]
    kind = getattr(datasets, facts.source.torchvision_class)
    if isinstance(facts.source, IdxFiles):
        assert [md5 for _, md5 in kind.resources] == list(facts.source.md5)
    else:
        for arguments in (facts.source.train, facts.source.test):
            with pytest.raises((RuntimeError, FileNotFoundError), match=r"(?i)no"):
                kind("/nowhere", **arguments)
    assert len(set(facts.class_names)) == facts.classes


class _Grey:
    data = IMAGES[:4, :256].reshape(4, 16, 16)
    targets = LABELS[:4]


def test_grey_images_get_their_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "USPS", lambda root, **arguments: _Grey())
    facts = DATASETS["usps"]
    assert isinstance(facts.source, Archive)
    tensors = list(read_archive(facts, facts.source, Path("/nowhere")).values())
    assert tensors[0].shape == (4, 1, 16, 16)
    assert tensors[1].tolist() == LABELS[:4]
