"""A data set as a person wants to see it before training: counts, values, pictures."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cnn_tui.config.dataset import DatasetConfig
from cnn_tui.datasets.telling import Tell
from cnn_tui.engine.data import load_dataset, mean_and_std
from cnn_tui.engine.images import Images
from cnn_tui.engine.own_data import load_own

SAMPLES = 32
"""Pictures of each class that may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What is in a data set."""

    title: str
    input_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    """Images of each class, by the part they are in."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    """Per channel, of the training images as parts of 1."""
    left_out: tuple[tuple[str, str], ...]
    """Path and reason of each file that is no usable picture."""
    oddities: tuple[str, ...]
    sample_images: "np.ndarray"
    """uint8, N×C×H×W, of the training images."""
    sample_labels: "np.ndarray"

    def facts(self) -> dict[str, Any]:
        """Returns all but the pictures, as plain values."""
        return {
            "title": self.title,
            "input_shape": self.input_shape,
            "class_names": self.class_names,
            "counts": dict(self.counts),
            "mean": self.mean,
            "std": self.std,
            "left_out": self.left_out,
            "oddities": self.oddities,
        }


def inspect(dataset: DatasetConfig, data_dir: Path | None, tell: Tell) -> Inspection:
    """Loads a data set and counts what is in it.

    Raises:
        DataError: if it cannot be loaded.
    """
    left_out: tuple[tuple[str, str], ...] = ()
    odd: tuple[str, ...] = ()
    if dataset.name is not None:
        train, test = load_dataset(dataset.name, data_dir, tell)
        parts: dict[str, Images | None] = {"train": train, "test": test}
        names = dataset.facts.class_names
    else:
        own = load_own(dataset, tell)
        parts = {"train": own.train, "validation": own.validation, "test": own.test}
        names, left_out, odd = own.found.class_names, own.left_out, own.oddities
    used: dict[str, Images] = {name: p for name, p in parts.items() if p is not None}
    values = [mean_and_std(channel) for channel in used["train"].images.unbind(1)]
    rows = _samples(used["train"].labels.numpy(), len(names))
    return Inspection(
        title=dataset.title,
        input_shape=tuple(used["train"].images.shape[1:]),
        class_names=names,
        counts={name: _counts(images, len(names)) for name, images in used.items()},
        mean=tuple(mean for mean, _ in values),
        std=tuple(std for _, std in values),
        left_out=left_out,
        oddities=odd,
        sample_images=used["train"].images[rows].numpy(),
        sample_labels=used["train"].labels[rows].numpy(),
    )


def _counts(images: Images, classes: int) -> tuple[int, ...]:
    return tuple(images.labels.bincount(minlength=classes).tolist())


def _samples(labels: "np.ndarray", classes: int) -> "np.ndarray":
    rows = [np.flatnonzero(labels == label)[:SAMPLES] for label in range(classes)]
    return np.concatenate(rows)
