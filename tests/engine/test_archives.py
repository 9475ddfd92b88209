"""Sets that torchvision's own classes read: fetched, unpacked, decoded once."""

import bz2
import gzip
import hashlib
import io
import pickle
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torchvision import datasets

from cnn_tui.datasets.facts import DATASETS, Archive, IdxFiles
from cnn_tui.engine.data import load_dataset
from cnn_tui.engine.images import Images
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.remote import remote_files
from cnn_tui.engine.start import NewRun, start_run
from cnn_tui.errors import DataError, InputError
from tests.engine.making import make_config
from tests.io.serving import Site, serving

NUMBER = 60
"""Images in all: ten of them to test with, but in MNIST's likes half of them."""
IMAGES = np.random.default_rng(0).integers(0, 256, (NUMBER, 3072)).astype(np.uint8)
GREY = IMAGES[:, :784].reshape(NUMBER, 28, 28)
LABELS = [n % 10 for n in range(NUMBER)]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server without files, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with serving({}) as site:
        yield site


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the data, which is not there yet."""
    return tmp_path / "data"


def md5(data: bytes) -> str:
    """Returns the checksum of a file."""
    return hashlib.md5(data).hexdigest()


def tar(files: dict[str, bytes]) -> bytes:
    """Returns files in an archive."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w:gz") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return target.getvalue()


def idx(values: "np.ndarray", kind: int = 8) -> bytes:
    """Returns an array as an IDX file."""
    sizes = np.array(values.shape, ">i4").tobytes()
    return bytes([0, 0, kind, values.ndim]) + sizes + values.tobytes()


@pytest.fixture
def cifar10(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """CIFAR-10's archive with ten images in each batch, and its checksums."""
    places = {**{f"data_batch_{n + 1}": 10 * n for n in range(5)}, "test_batch": 50}
    files = {
        name: pickle.dumps({"data": IMAGES[n : n + 10], "labels": LABELS[n : n + 10]})
        for name, n in places.items()
    }
    names = list(DATASETS["cifar10"].class_names)
    files["batches.meta"] = pickle.dumps({"label_names": names})
    sums = [[name, md5(data)] for name, data in files.items()]
    base = datasets.CIFAR10.base_folder
    archive = tar({f"{base}/{name}": data for name, data in files.items()})
    site.files["cifar.tar.gz"] = archive
    meta = {"filename": "batches.meta", "key": "label_names", "md5": sums[6][1]}
    for name, value in {
        "url": f"{site.url}cifar.tar.gz",
        "tgz_md5": md5(archive),
        "train_list": sums[:5],
        "test_list": sums[5:6],
        "meta": meta,
    }.items():
        monkeypatch.setattr(datasets.CIFAR10, name, value)
    return site


def assert_are_cifar10(found: tuple[Images, Images]) -> None:
    """Compares with what was served: channels first, labels beside."""
    train, test = found
    expected = torch.from_numpy(IMAGES.reshape(NUMBER, 3, 32, 32))
    assert torch.equal(train.images, expected[:50])
    assert torch.equal(test.images, expected[50:])
    assert train.labels.tolist() + test.labels.tolist() == LABELS


def test_an_archive_is_fetched_unpacked_and_read(cifar10: Site, folder: Path) -> None:
    told: list[str] = []
    assert_are_cifar10(load_dataset("cifar10", folder, told.append))
    assert [path.name for path in folder.iterdir()] == ["cifar-10-python.tar.gz"]
    assert "downloading cifar-10-python.tar.gz: 0 MiB of 0 MiB" in told
    assert told[-2:] == ["unpacking CIFAR-10", ""]


def test_a_broken_connection_is_gone_on_with(cifar10: Site, folder: Path) -> None:
    cifar10.breaks_after = [50_000, 0]
    with pytest.raises(DataError, match="broke off at byte 50,000 of"):
        load_dataset("cifar10", folder)
    assert_are_cifar10(load_dataset("cifar10", folder))
    assert cifar10.asked[-1] == ("cifar.tar.gz", "bytes=50000-")


def test_a_start_is_ended_while_its_images_are_fetched(
    cifar10: Site, folder: Path, tmp_path: Path
) -> None:
    interrupts = Interrupts()
    wanted = NewRun(
        config=make_config(dataset={"name": "cifar10"}),
        name="x",
        preset=None,
        runs_folder=tmp_path / "runs",
        data_dir=folder,
        tell=lambda sentence: interrupts.interrupt("SIGINT"),
    )
    with pytest.raises(InputError, match="ended before all of its images were there"):
        start_run(wanted, interrupts)
    assert not (tmp_path / "runs").exists()
    assert_are_cifar10(load_dataset("cifar10", folder))


def test_it_is_decoded_once_and_nothing_unpacked_is_left(
    cifar10: Site, folder: Path, tmp_path: Path
) -> None:
    load_dataset("cifar10", folder)
    (folder / "cifar-10-python.tar.gz").unlink()
    assert_are_cifar10(load_dataset("cifar10", folder))
    assert len(cifar10.asked) == 1
    [cache] = (tmp_path / "cache" / "cnn-tui").iterdir()
    assert cache.name == "cifar10.safetensors"


def test_what_torchvision_has_unpacked_is_read(cifar10: Site, folder: Path) -> None:
    load_dataset("cifar10", folder)
    datasets.CIFAR10(str(folder), download=True)
    (folder / "cifar-10-python.tar.gz").unlink()
    next((folder.parent / "cache" / "cnn-tui").iterdir()).unlink()
    assert_are_cifar10(load_dataset("cifar10", folder))
    assert len(cifar10.asked) == 1


def test_a_damaged_archive_is_fetched_again(cifar10: Site, folder: Path) -> None:
    folder.mkdir()
    (folder / "cifar-10-python.tar.gz").write_bytes(b"rubbish")
    assert_are_cifar10(load_dataset("cifar10", folder))


def test_without_a_network_one_sentence_says_what_from_where_to_where(
    cifar10: Site, folder: Path
) -> None:
    cifar10.files.clear()
    with pytest.raises(DataError) as caught:
        load_dataset("cifar10", folder)
    assert str(caught.value) == (
        f"CIFAR-10 is not in {folder} and cannot be downloaded ({cifar10.url}"
        "cifar.tar.gz: 404 Not Found); put cifar-10-python.tar.gz into "
        f"{folder}"
    )


def test_emnist_is_turned_upright_and_its_letters_begin_at_0(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for split, first in (("letters", 1), ("balanced", 0)):
            for part in ("train", "test"):
                name = f"gzip/emnist-{split}-{part}"
                images = idx(GREY.swapaxes(1, 2).copy())
                labels = idx(np.array(LABELS, np.uint8) + np.uint8(first))
                archive.writestr(f"{name}-images-idx3-ubyte.gz", gzip.compress(images))
                archive.writestr(f"{name}-labels-idx1-ubyte.gz", gzip.compress(labels))
    site.files["gzip.zip"] = target.getvalue()
    monkeypatch.setattr(datasets.EMNIST, "url", f"{site.url}gzip.zip")
    monkeypatch.setattr(datasets.EMNIST, "md5", md5(target.getvalue()))
    for name in ("emnist-letters", "emnist-balanced"):
        for found in load_dataset(name, folder):
            assert np.array_equal(found.images[:, 0].numpy(), GREY)
            assert found.labels.tolist() == LABELS
    assert len(site.asked) == 1
    assert [path.name for path in folder.rglob("*.*")] == ["gzip.zip"]


def test_qmnist_has_the_class_among_other_labels(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.zeros((NUMBER, 8), ">i4")
    labels[:, 0], labels[:, 1] = LABELS, 77
    contents = {
        "images-idx3-ubyte.gz": gzip.compress(idx(GREY)),
        "labels-idx2-int.gz": gzip.compress(idx(labels, kind=12)),
    }
    resources: dict[str, Any] = {}
    for part in ("train", "test"):
        for name, data in contents.items():
            site.files[f"qmnist-{part}-{name}"] = data
            url = f"{site.url}qmnist-{part}-{name}"
            resources.setdefault(part, []).append((url, md5(data)))
    monkeypatch.setattr(datasets.QMNIST, "resources", resources)
    train, test = load_dataset("qmnist", folder)
    assert np.array_equal(train.images[:, 0].numpy(), GREY)
    assert train.labels.tolist() == test.labels.tolist() == LABELS


def usps(site: Site, monkeypatch: pytest.MonkeyPatch, first_label: int) -> None:
    """Serves USPS with an image for each class."""
    lines = [
        f"{n + first_label} " + " ".join(f"{i}:{n / 10}" for i in range(1, 257))
        for n in range(10)
    ]
    data = bz2.compress("\n".join(lines).encode())
    split_list = {}
    for part, name in (("train", "usps.bz2"), ("test", "usps.t.bz2")):
        site.files[name] = data
        split_list[part] = [site.url + name, name, md5(data)]
    monkeypatch.setattr(datasets.USPS, "split_list", split_list)


def test_grey_images_get_their_channel(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usps(site, monkeypatch, first_label=1)
    train, _ = load_dataset("usps", folder)
    assert train.images.shape == (10, 1, 16, 16)
    assert train.labels.tolist() == list(range(10))


def test_a_class_that_the_set_has_not_is_no_data(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usps(site, monkeypatch, first_label=2)
    with pytest.raises(DataError, match="other images or labels than it should have"):
        load_dataset("usps", folder)


def test_svhn_is_read(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    savemat = pytest.importorskip("scipy.io", reason="scipy is not installed").savemat
    images = IMAGES.reshape(NUMBER, 32, 32, 3)
    labels = np.where(np.array(LABELS) == 0, 10, LABELS)[:, None].astype(np.uint8)
    target = io.BytesIO()
    savemat(target, {"X": images.transpose(1, 2, 3, 0), "y": labels})
    split_list = {}
    for part in ("train", "test"):
        name = f"{part}_32x32.mat"
        site.files[name] = target.getvalue()
        split_list[part] = [site.url + name, name, md5(target.getvalue())]
    monkeypatch.setattr(datasets.SVHN, "split_list", split_list)
    train, test = load_dataset("svhn", folder)
    assert np.array_equal(train.images.numpy(), images.transpose(0, 3, 1, 2))
    assert train.labels.tolist() == test.labels.tolist() == LABELS


def test_what_a_set_is_read_with_is_named_before_anything_is_fetched(
    site: Site, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError, match="SVHN is read with scipy, which is not insta"):
        load_dataset("svhn", folder)
    assert not folder.exists()


@pytest.mark.parametrize("name", DATASETS)
def test_the_facts_of_a_set_are_those_of_torchvisions_class(name: str) -> None:
    facts = DATASETS[name]
    kind = getattr(datasets, facts.source.torchvision_class)
    if isinstance(facts.source, IdxFiles):
        assert [md5 for _, md5 in kind.resources] == list(facts.source.md5)
        assert len(remote_files(kind, {})) == 4
    else:
        for arguments in (facts.source.train, facts.source.test):
            with pytest.raises((RuntimeError, FileNotFoundError), match=r"(?i)no"):
                kind("/nowhere", **arguments)
            for file in remote_files(kind, arguments):
                assert len(file.md5) == 32
                assert all(url.startswith("http") for url in file.urls)
    assert len(set(facts.class_names)) == facts.classes


@pytest.mark.parametrize("split", datasets.EMNIST.splits)
def test_emnist_s_classes_are_torchvision_s(split: str) -> None:
    facts = DATASETS[f"emnist-{split}"]
    assert isinstance(facts.source, Archive)
    names = datasets.EMNIST.classes_split_dict[split]
    assert list(facts.class_names) == names[facts.source.first_label :]
