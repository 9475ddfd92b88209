"""Data sets as resident tensors: found, verified, decoded once, split, batched."""

import logging
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from platformdirs import user_cache_path
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from cnn_tui.config import RunConfig
from cnn_tui.config.dataset import DatasetConfig, FoundImages
from cnn_tui.datasets.facts import (
    DATASETS,
    FILES,
    Archive,
    IdxFiles,
    NamedFacts,
    data_folder,
)
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.engine import idx
from cnn_tui.engine.archives import read_archive
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Scaling
from cnn_tui.engine.own_data import load_own
from cnn_tui.io.files import replace_file
from cnn_tui.text import count, mebibytes

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The parts of a data set that a run uses, and how it scales their values."""

    train: Images
    validation: Images | None
    test: Images
    scaling: Scaling
    found: FoundImages | None = None
    """What one's own images turned out to be."""
    notices: tuple[str, ...] = ()
    """What was left out of them, and what is odd about them."""


def load_splits(
    config: RunConfig,
    data_dir: Path | None,
    device: torch.device,
    tell: Tell = nobody,
    *,
    room_bytes: int | None = None,
) -> Splits:
    """Loads what a run needs onto ``device``, as far as it has room for images.

    The training images are shuffled by seed; the last ``validation_images`` of them are
    the validation set, the first ``train_images`` of the rest are trained on. ``tell``
    hears of what is fetched and decoded, and may raise to end that.

    Raises:
        DataError: if the data set is missing, damaged, or another than it was.
    """
    dataset = config.dataset
    loaded = load_own(dataset, tell) if dataset.name is None else None
    if loaded is None:
        train, test = load_dataset(str(dataset.name), data_dir, tell)
        own_validation = None
    else:
        train, own_validation, test = loaded.train, loaded.validation, loaded.test
    order = permutation(config.training.seed, 0, len(train))
    held_out = len(train) - dataset.validation_images
    validation = own_validation
    if dataset.validation_images:
        validation = train.subset(order[held_out:])
    wanted = min(dataset.train_images or held_out, held_out)
    if wanted < len(train):
        train = train.subset(order[:wanted])
    place = _Places(device, room_bytes)
    return Splits(
        train=place(train, "training"),
        validation=place(validation, "validation") if validation else None,
        test=place(test, "test"),
        scaling=_scaling(dataset, train),
        found=loaded.found if loaded else None,
        notices=(*(loaded.notices() if loaded else ()), *place.notices),
    )


class _Places:
    """Puts sets of images on a device, one after another, while there is room."""

    def __init__(self, device: torch.device, room_bytes: int | None) -> None:
        self._device = device
        self._room_bytes = math.inf if room_bytes is None else room_bytes
        self.notices: list[str] = []

    def __call__(self, images: Images, name: str) -> Images:
        needed_bytes = images.images.nbytes
        if needed_bytes <= self._room_bytes:
            self._room_bytes -= needed_bytes
            return images.to(self._device)
        self.notices.append(
            f"the {count(len(images))} {name} images need {mebibytes(needed_bytes)}, "
            f"and {self._device} has {mebibytes(self._room_bytes)} for them: they stay "
            "in this machine's memory, and are copied as they are needed"
        )
        return images.needed_on(self._device)


def permutation(seed: int, epoch: int, size: int) -> Tensor:
    """Returns the order of ``size`` images in ``epoch`` (from 1; 0 is the split).

    It depends on nothing else, so that a run can go on in the middle of any epoch.
    """
    mixed = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0]
    generator = torch.Generator().manual_seed(int(mixed) >> 1)
    return torch.randperm(size, generator=generator)


def load_dataset(
    name: str, data_dir: Path | None, tell: Tell = nobody
) -> tuple[Images, Images]:
    """Returns training and test images on the CPU, decoding them on first use.

    What is missing is downloaded; ``tell`` hears of that, and may raise to end it.

    Raises:
        DataError: if a file is missing, damaged, or cannot be downloaded.
    """
    facts, folder = DATASETS[name], data_folder(data_dir)
    if isinstance(facts.source, IdxFiles):
        tensors = _from_idx(name, facts.title, facts.source, folder, tell)
    else:
        tensors = _from_archive(name, facts, facts.source, folder, tell)
    train, test = (
        Images(images=tensors[images], labels=tensors[labels])
        for images, labels in (FILES[:2], FILES[2:])
    )
    return train, test


def _from_idx(
    name: str, title: str, source: IdxFiles, folder: Path, tell: Tell
) -> dict[str, Tensor]:
    contents = idx.read_verified(title, source, folder, tell)
    cache = user_cache_path("cnn-tui") / f"{name}-{idx.checksum(source)}.safetensors"
    tensors = _read_cache(cache)
    if tensors is None:
        tensors = idx.decode(contents)
        _write_cache(cache, tensors)
    return tensors


def _from_archive(
    name: str, facts: NamedFacts, source: Archive, folder: Path, tell: Tell
) -> dict[str, Tensor]:
    """Unlike small files, archives are verified and decoded once, for the cache."""
    cache = user_cache_path("cnn-tui") / f"{name}.safetensors"
    tensors = _read_cache(cache)
    if tensors is None:
        tensors = read_archive(facts, source, folder, tell)
        _write_cache(cache, tensors)
    return tensors


def _read_cache(path: Path) -> dict[str, Tensor] | None:
    if not os.path.isfile(path):  # a pipe would be waited for
        return None
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError):
        return None
    return tensors if tensors.keys() == set(FILES) else None


def _write_cache(path: Path, tensors: dict[str, Tensor]) -> None:
    """Writes the cache whole or not at all; without a cache all still works."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, save(tensors), shared=True)
    except (OSError, SafetensorError) as error:
        logger.warning("the data cache %s cannot be written: %s", path, error)


def _scaling(dataset: DatasetConfig, train: Images) -> Scaling:
    if dataset.normalize == "none":
        return Scaling()
    channels = [mean_and_std(train.images[:, c]) for c in range(train.images.shape[1])]
    means, stds = zip(*channels, strict=True)
    return Scaling(mean=means, std=stds)


def mean_and_std(values: Tensor) -> tuple[float, float]:
    """Returns mean and standard deviation of bytes as parts of 255; no std of 0."""
    counts = torch.bincount(values.flatten(), minlength=256).double()
    levels = torch.arange(256, dtype=torch.float64) / 255
    share = counts / counts.sum()
    mean = float((share * levels).sum())
    variance = float((share * (levels - mean) ** 2).sum())
    return mean, math.sqrt(variance) or 1.0
