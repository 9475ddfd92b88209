"""The batch of any update, made as training makes it, for people to look at."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnn_tui.config import RunConfig
from cnn_tui.config.dataset import Augmentation, DatasetConfig
from cnn_tui.datasets.preview import BatchPreview
from cnn_tui.datasets.telling import Tell
from cnn_tui.engine.augment import Batch
from cnn_tui.engine.data import Splits, load_splits, mean_and_std
from cnn_tui.engine.inputs import TrainingInputs
from cnn_tui.engine.network import Scaling
from cnn_tui.io.files import Stamp, stamp

PER_CLASS = 32
"""Pictures of one class at most."""
_CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Loaded:
    key: tuple[DatasetConfig, int, tuple[Stamp, ...]]
    """The set without augmentation, which no image is loaded anew for; the seed, and
    the stamps of the files of the set."""
    splits: Splits
    class_names: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]
    means: tuple[float, ...]
    stds: tuple[float, ...]


class BatchPreviews:
    """Loads a data set once and shows its batches; draws no random number of torch's.

    To be used by one thread at a time.
    """

    def __init__(self, data_dir: Path | None) -> None:
        """Holds no images yet."""
        self._data_dir = data_dir
        self._loaded: _Loaded | None = None

    def look(
        self, config: RunConfig, step: int, *, augmented: bool, tell: Tell
    ) -> BatchPreview:
        """Returns what update ``step`` (from 1) of a run would train on.

        ``tell`` hears of what is listed and decoded, and may raise to end that. Nothing
        is downloaded.

        Raises:
            DataError: if the data set cannot be loaded.
        """
        loaded = self._load(config, tell)
        tell("")
        batch = training_batch(config, loaded.splits, step, augmented=augmented)
        chosen = _some_of_each(batch.labels)
        shape = tuple(batch.inputs.shape[1:])
        return BatchPreview(
            title=config.dataset.title,
            input_shape=shape,
            class_names=loaded.class_names,
            counts=loaded.counts,
            mean=loaded.means,
            std=loaded.stds,
            notices=loaded.splits.notices,
            step=step,
            batch_images=len(batch.labels),
            is_augmented=augmented and config.dataset.augmentation.is_on,
            can_augment=config.dataset.augmentation.is_on,
            share=float(batch.share),
            low=float(batch.inputs.min()),
            high=float(batch.inputs.max()),
            pictures=as_pictures(batch.inputs[chosen], loaded.splits.scaling),
            labels=batch.labels[chosen].numpy(),
        )

    def forget(self) -> None:
        """Gives the memory of the images back."""
        self._loaded = None

    def _load(self, config: RunConfig, tell: Tell) -> _Loaded:
        plain = _without_augmentation(config).dataset
        files = [path for path in (plain.npz, plain.corrections) if path is not None]
        marks = tuple(stamp(path, linked=True) for path in files)
        key, old = (plain, config.training.seed, marks), self._loaded
        if old is not None and old.key == key:
            return old
        self._loaded = None  # not both in memory
        splits = load_splits(config, self._data_dir, _CPU, tell, may_download=False)
        names = (splits.found or config.dataset.facts).class_names
        parts = {
            "train": splits.train,
            "validation": splits.validation,
            "test": splits.test,
        }
        values = [mean_and_std(channel) for channel in splits.train.images.unbind(1)]
        means, stds = zip(*values, strict=True)
        self._loaded = _Loaded(
            key=key,
            splits=splits,
            class_names=names,
            counts={
                name: tuple(part.labels.bincount(minlength=len(names)).tolist())
                for name, part in parts.items()
                if part is not None
            },
            means=means,
            stds=stds,
        )
        return self._loaded


def training_batch(
    config: RunConfig, splits: Splits, step: int, *, augmented: bool
) -> Batch:
    """Returns the batch of an update, as ``Trainer.batch`` does; or without changes."""
    shown = config if augmented else _without_augmentation(config)
    inputs = TrainingInputs(shown, splits.train, None)
    inputs.prepare(splits.scaling)
    return inputs.batch(step)


def as_pictures(inputs: Tensor, scaling: Scaling) -> "np.ndarray":
    """Returns network inputs, N×C×H×W, as uint8 N×H×W×3: black is 0 again.

    Values beyond black and white, which brightness and contrast make, are cut.
    """
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (scaling.mean, scaling.std))
    values = (inputs * std + mean).mul_(255).round_().clamp_(0, 255).to(torch.uint8)
    number, _, height, width = values.shape
    return values.expand(number, 3, height, width).permute(0, 2, 3, 1).numpy()


def _without_augmentation(config: RunConfig) -> RunConfig:
    dataset = config.dataset.model_copy(update={"augmentation": Augmentation()})
    return config.model_copy(update={"dataset": dataset})


def _some_of_each(labels: Tensor) -> Tensor:
    """Returns the places of the first images of each class, by class."""
    order = np.argsort(labels.numpy(), kind="stable")
    ordered = labels.numpy()[order]
    firsts = np.searchsorted(ordered, ordered)
    return torch.from_numpy(order[np.arange(len(order)) - firsts < PER_CLASS])
