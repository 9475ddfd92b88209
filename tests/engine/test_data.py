"""Data sets: found, verified, decoded once, split and scaled."""

import gzip
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torchvision

from cnn_tui.datasets.facts import BUNDLED, DATASETS, FILES, IdxFiles
from cnn_tui.engine.data import (
    Splits,
    load_dataset,
    load_splits,
    permutation,
)
from cnn_tui.engine.evaluate import evaluate_splits
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import MEMORY_FORMATS, Network, Scaling, new_network
from cnn_tui.errors import DataError
from tests.engine.making import (
    RANDOM,
    losses,
    make_config,
    make_trainer,
    same,
    weights,
)
from tests.io.serving import serving

CPU = torch.device("cpu")
FASHION = Path(__file__).parents[3] / "shared" / "data"
Sets = tuple[Images, Images]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of caches; the one of the data set is made on first use."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "cnn-tui"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder with raw MNIST files, to be damaged."""
    shutil.copytree(BUNDLED / "MNIST", tmp_path / "data" / "MNIST")
    return tmp_path / "data"


def refusal(data_dir: Path) -> str:
    """Returns what is said of data that cannot be loaded."""
    with pytest.raises(DataError) as caught:
        load_dataset("mnist", data_dir)
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def test_the_bundled_images_are_the_official_ones(mnist: Sets) -> None:
    train, test = mnist
    assert (train.images.shape, train.images.dtype) == (
        (60_000, 1, 28, 28),
        torch.uint8,
    )
    assert (test.images.shape, test.labels.dtype) == ((10_000, 1, 28, 28), torch.int64)
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert test.labels[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert torch.bincount(test.labels).tolist() == [
        *(980, 1135, 1032, 1010, 982),
        *(892, 958, 1028, 974, 1009),
    ]
    assert train.images[0, 0, 5, 12:17].tolist() == [3, 18, 18, 18, 126]


def test_images_are_decoded_once(cache: Path, mnist: Sets) -> None:
    assert same(load_dataset("mnist", None)[0].images, mnist[0].images)
    [decoded] = cache.iterdir()
    before = decoded.stat().st_ino
    assert same(load_dataset("mnist", None)[1].images, mnist[1].images)
    assert decoded.stat().st_ino == before  # it would have been replaced


@pytest.mark.parametrize("damage", [b"", b"rubbish", b"\xff" * 9])
def test_a_damaged_cache_is_decoded_again(
    cache: Path, mnist: Sets, damage: bytes
) -> None:
    load_dataset("mnist", None)
    [decoded] = cache.iterdir()
    decoded.write_bytes(damage)
    assert same(load_dataset("mnist", None)[0].labels, mnist[0].labels)
    assert decoded.stat().st_size > 47_000_000


def test_a_truncated_cache_is_decoded_again(cache: Path, mnist: Sets) -> None:
    load_dataset("mnist", None)
    [decoded] = cache.iterdir()
    os.truncate(decoded, 40_000_000)
    assert same(load_dataset("mnist", None)[1].images, mnist[1].images)


def test_without_a_cache_everything_works(cache: Path, mnist: Sets) -> None:
    cache.parent.write_text("a file where the folder should be")
    assert same(load_dataset("mnist", None)[0].labels, mnist[0].labels)
    assert cache.parent.is_file()


def test_several_may_decode_at_once(cache: Path, mnist: Sets) -> None:
    together = threading.Barrier(4)

    def decode(_: int) -> Images:
        together.wait()
        return load_dataset("mnist", None)[1]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(decode, range(4)))
    assert all(same(images.images, mnist[1].images) for images in found)
    assert len(list(cache.iterdir())) == 1


def test_a_folder_that_is_not_whole_does_not_hide_the_bundled_files(
    data_dir: Path, cache: Path, mnist: Sets
) -> None:
    (data_dir / "MNIST" / "raw" / FILES[2]).unlink()
    assert same(load_dataset("mnist", data_dir)[1].images, mnist[1].images)


def test_a_file_that_is_missing_is_fetched(
    tmp_path: Path, cache: Path, mnist: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "FashionMNIST" / "raw"
    shutil.copytree(BUNDLED / "MNIST" / "raw", raw)
    content = (raw / FILES[3]).read_bytes()
    (raw / FILES[3]).unlink()
    fashion = DATASETS["fashion-mnist"]
    source = DATASETS["mnist"].source
    as_mnist = replace(source, torchvision_class="FashionMNIST")
    monkeypatch.setitem(DATASETS, "fashion-mnist", replace(fashion, source=as_mnist))
    told: list[str] = []
    with serving({f"other/{FILES[3]}": content}) as site:
        mirrors = [f"{site.url}{place}/" for place in ("none", "other")]
        monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", mirrors)
        resources = torchvision.datasets.MNIST.resources
        monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", resources)
        test = load_dataset("fashion-mnist", tmp_path, told.append)[1]
    assert same(test.labels, mnist[1].labels)
    assert (raw / FILES[3]).read_bytes() == content
    assert told[0] == f"downloading {FILES[3]}: 0 MiB of 0 MiB"
    assert told[-1] == ""
    assert [name for name, _ in site.asked] == [f"none/{FILES[3]}", f"other/{FILES[3]}"]


@pytest.mark.parametrize(
    "content", [b"", b"rubbish", gzip.compress(b"\0\0\x08\x01", mtime=0)]
)
def test_a_damaged_file_is_named(data_dir: Path, content: bytes) -> None:
    damaged = data_dir / "MNIST" / "raw" / FILES[1]
    damaged.write_bytes(content)
    message = refusal(data_dir)
    assert message.startswith(f"{damaged}: is damaged: its MD5 is ")
    source = DATASETS["mnist"].source
    assert isinstance(source, IdxFiles)
    assert source.md5[1] in message


def test_a_damaged_file_is_found_although_its_images_are_in_the_cache(
    cache: Path, data_dir: Path
) -> None:
    load_dataset("mnist", data_dir)
    os.truncate(data_dir / "MNIST" / "raw" / FILES[0], 1000)
    assert "is damaged" in refusal(data_dir)


def test_the_folder_is_the_option_else_the_variable(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_TUI_DATA", str(data_dir))
    (data_dir / "MNIST" / "raw" / FILES[0]).write_bytes(b"")
    with pytest.raises(DataError):
        load_dataset("mnist", None)
    load_dataset("mnist", tmp_path / "elsewhere")  # has none: the bundled files


@pytest.mark.skipif(
    not (FASHION / "FashionMNIST").is_dir(), reason="Fashion-MNIST is not at hand"
)
def test_fashion_mnist_is_read_from_a_folder(cache: Path) -> None:
    train, test = load_dataset("fashion-mnist", FASHION)
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.labels[:5].tolist() == [9, 0, 0, 3, 0]


def test_without_a_network_it_says_which_files_from_where_to_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrors = ["http://127.0.0.1:9/a/", "http://127.0.0.1:9/b/"]
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", mirrors)
    with pytest.raises(DataError) as caught:
        load_dataset("fashion-mnist", tmp_path)
    raw = tmp_path / "FashionMNIST" / "raw"
    places = "; ".join(f"{place}{FILES[0]}: Connection refused" for place in mirrors)
    assert str(caught.value) == (
        f"Fashion-MNIST is not in {tmp_path} and cannot be downloaded ({places}); put "
        f"{', '.join(FILES[:3])} and {FILES[3]} into {raw}"
    )
    assert list(raw.iterdir()) == []


def plain_network(memory_format: str) -> Network:
    """Returns a network that scales its inputs no further."""
    config = make_config(memory_format=memory_format)
    return new_network(config, Scaling(), CPU)[0]


def test_channels_are_scaled_each_by_their_own_values() -> None:
    scaling = Scaling(mean=(0.5, 0.25), std=(0.5, 2.0))
    network = replace(plain_network("contiguous"), scaling=scaling)
    images = torch.tensor([0, 255], dtype=torch.uint8).reshape(1, 2, 1, 1)
    assert network.inputs(images).flatten().tolist() == [-1.0, 0.375]


def test_x_over_255_is_torchvision_s_to_tensor_bit_for_bit(mnist: Sets) -> None:
    from torchvision.transforms.functional import to_tensor

    images = mnist[1].images[:50]
    expected = torch.stack([to_tensor(image[0].numpy()) for image in images])
    for memory_format in MEMORY_FORMATS:
        network = plain_network(memory_format)
        assert torch.equal(network.inputs(images), expected)
    every_value = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    scaled = plain_network("contiguous").inputs(every_value)
    assert torch.equal(scaled, to_tensor(every_value[0, 0].numpy())[None])


def test_mean_and_std_are_those_of_the_images_trained_on() -> None:
    everything = {"normalize": "mean_std", "train_images": None}
    scaling = load_splits(make_config(dataset=everything), None, CPU).scaling
    assert scaling.mean == pytest.approx((0.1307,), abs=5e-5)  # as is well known
    assert scaling.std == pytest.approx((0.3081,), abs=5e-5)
    config = make_config(dataset={"normalize": "mean_std"})
    few = load_splits(config, None, CPU)
    network, _ = new_network(config, few.scaling, CPU)
    scaled = network.inputs(few.train.images).double()
    assert float(scaled.mean()) == pytest.approx(0, abs=1e-5)
    assert float(scaled.std()) == pytest.approx(1, abs=1e-5)


def test_the_parts_are_cut_from_one_order_by_seed(mnist: Sets) -> None:
    dataset = {"train_images": 500, "validation_images": 1000}
    splits = load_splits(make_config(dataset=dataset, seed=7), None, CPU)
    order = permutation(7, 0, 60_000)
    assert splits.validation is not None
    assert same(splits.validation.images, mnist[0].images[order[-1000:]])
    assert same(splits.train.labels, mnist[0].labels[order[:500]])
    assert same(splits.test.images, mnist[1].images)


def test_the_whole_set_is_used_as_it_is(mnist: Sets) -> None:
    splits = load_splits(make_config(dataset={"train_images": None}), None, CPU)
    assert splits.validation is None
    assert same(splits.train.images, mnist[0].images)


def test_another_seed_holds_out_other_images() -> None:
    dataset = {"validation_images": 500}
    parts: list[Splits] = [
        load_splits(make_config(dataset=dataset, seed=seed), None, CPU)
        for seed in (1, 2)
    ]
    first, second = (part.validation for part in parts)
    assert first is not None
    assert second is not None
    assert not same(first.labels, second.labels)


@pytest.mark.timeout(20)
def test_pipes_in_the_places_of_data_and_cache_are_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    load_dataset("mnist", None)
    [cache] = (tmp_path / "cnn-tui").iterdir()
    cache.unlink()
    os.mkfifo(cache)
    load_dataset("mnist", None)
    shutil.copytree(BUNDLED / "MNIST", tmp_path / "MNIST")
    images = tmp_path / "MNIST" / "raw" / FILES[0]
    images.unlink()
    os.mkfifo(images)
    with pytest.raises(DataError, match="not a regular file"):
        load_dataset("mnist", tmp_path)


@pytest.mark.parametrize(
    ("room_bytes", "elsewhere"),
    [
        (500 * 784 + 10_000 * 784, []),
        (500 * 784, ["test"]),
        (10_000 * 784, ["test"]),
        (499 * 784, ["training", "test"]),
    ],
)
def test_images_without_room_on_the_device_train_as_exactly(
    room_bytes: int, elsewhere: list[str]
) -> None:
    config = make_config(RANDOM, {"normalize": "mean_std"})
    found = []
    for room in (None, room_bytes):
        splits = load_splits(config, None, CPU, room_bytes=room)
        trainer = make_trainer(config, splits)
        rows = losses(trainer, 25)
        test = evaluate_splits(trainer.network, trainer.loss_function, splits, 10)
        found.append((rows, weights(trainer), test.values))
    assert same(found[0], found[1])
    assert [notice.split()[2] for notice in splits.notices] == elsewhere


def test_what_has_no_room_on_the_device_is_said_with_the_numbers() -> None:
    splits = load_splits(make_config(), None, CPU, room_bytes=2**22)
    assert splits.train.target is None
    assert splits.test.target == CPU
    assert splits.notices == (
        "the 10,000 test images need 7 MiB, and cpu has 4 MiB for them: they stay in "
        "this machine's memory, and are copied as they are needed",
    )
