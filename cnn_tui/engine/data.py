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
from cnn_tui.config.models import DatasetConfig
from cnn_tui.datasets.facts import DATASETS, FILES, data_folder
from cnn_tui.engine import idx
from cnn_tui.engine.network import Scaling
from cnn_tui.io.files import replace_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Images and their classes on one device."""

    images: Tensor
    """uint8, N×C×H×W."""
    labels: Tensor
    """int64, N."""

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Images":
        """Returns the same images on ``device``."""
        return Images(images=self.images.to(device), labels=self.labels.to(device))

    def subset(self, indices: Tensor) -> "Images":
        """Returns the images at ``indices``, in their order."""
        # A tenth of the time of images[indices], which tests every index first.
        return Images(
            images=self.images.index_select(0, indices),
            labels=self.labels.index_select(0, indices),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The parts of a data set that a run uses, and how it scales their values."""

    train: Images
    validation: Images | None
    test: Images
    scaling: Scaling


def load_splits(
    config: RunConfig, data_dir: Path | None, device: torch.device
) -> Splits:
    """Loads what a run needs onto ``device``.

    The training images are shuffled by seed; the last ``validation_images`` of them are
    the validation set, the first ``train_images`` of the rest are trained on.

    Raises:
        DataError: if the data set is missing or damaged.
    """
    dataset = config.dataset
    train, test = load_dataset(dataset.name, data_dir)
    order = permutation(config.training.seed, 0, len(train))
    held_out = len(train) - dataset.validation_images
    validation = None
    if dataset.validation_images:
        validation = train.subset(order[held_out:]).to(device)
    if dataset.images_trained_on < len(train):
        train = train.subset(order[: dataset.images_trained_on])
    return Splits(
        train=train.to(device),
        validation=validation,
        test=test.to(device),
        scaling=_scaling(dataset, train),
    )


def permutation(seed: int, epoch: int, size: int) -> Tensor:
    """Returns the order of ``size`` images in ``epoch`` (from 1; 0 is the split).

    It depends on nothing else, so that a run can go on in the middle of any epoch.
    """
    mixed = np.random.SeedSequence([seed, epoch]).generate_state(1, np.uint64)[0]
    generator = torch.Generator().manual_seed(int(mixed) >> 1)
    return torch.randperm(size, generator=generator)


def load_dataset(name: str, data_dir: Path | None) -> tuple[Images, Images]:
    """Returns training and test images on the CPU, decoding them on first use.

    Raises:
        DataError: if a file is missing, damaged, or cannot be downloaded.
    """
    facts = DATASETS[name]
    contents = idx.read_verified(facts, data_folder(data_dir))
    cache = user_cache_path("cnn-tui") / f"{name}-{idx.checksum(facts)}.safetensors"
    tensors = _read_cache(cache)
    if tensors is None:
        tensors = idx.decode(contents)
        _write_cache(cache, tensors)
    train, test = (
        Images(images=tensors[images], labels=tensors[labels])
        for images, labels in (FILES[:2], FILES[2:])
    )
    return train, test


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
    channels = [_mean_and_std(train.images[:, c]) for c in range(train.images.shape[1])]
    means, stds = zip(*channels, strict=True)
    return Scaling(mean=means, std=stds)


def _mean_and_std(values: Tensor) -> tuple[float, float]:
    """Returns mean and standard deviation of bytes as parts of 255; no std of 0."""
    counts = torch.bincount(values.flatten(), minlength=256).double()
    levels = torch.arange(256, dtype=torch.float64) / 255
    share = counts / counts.sum()
    mean = float((share * levels).sum())
    variance = float((share * (levels - mean) ** 2).sum())
    return mean, math.sqrt(variance) or 1.0
