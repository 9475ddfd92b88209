"""Which images a run trains on, and what they are brought to."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from cnn_tui.config.values import Count, Fraction, Part, as_tuple
from cnn_tui.datasets.corrections import read_corrections
from cnn_tui.datasets.facts import DATASETS, DatasetFacts
from cnn_tui.datasets.form import (
    MAX_IMAGE_SIZE,
    MIN_IMAGE_SIZE,
    Form,
    Fractions,
    Mode,
    Resize,
)
from cnn_tui.datasets.own import folder_facts, npz_facts
from cnn_tui.errors import ConfigError
from cnn_tui.host.process import absolute
from cnn_tui.text import printable


def absolute_path(path: str) -> str:
    """Expands ``~`` and a relative path, so that a run can be resumed from anywhere.

    Raises:
        ValueError: if it is no path.
    """
    if not path or "\0" in path:
        raise ValueError("must be a path")
    return os.path.normpath(absolute(Path(os.path.expanduser(path))))


def _check_dataset(name: str) -> str:
    if name not in DATASETS:
        *others, last = DATASETS
        raise ValueError(f"must be {', '.join(others)} or {last}")
    return name


def _check_alpha(value: float) -> float:
    if value != 0 and not 0.001 <= value <= 1000:
        raise ValueError("must be 0 (off), or from 0.001 to 1000")
    return value


OwnPath = Annotated[str, AfterValidator(absolute_path)]


class FoundImages(Part):
    """What a folder or a file of images held when the run began."""

    input_shape: Annotated[tuple[int, int, int], BeforeValidator(as_tuple)]
    """Channels, height, width."""
    class_names: Annotated[tuple[str, ...], BeforeValidator(as_tuple)]
    train_images: Count
    validation_images: Annotated[int, Field(ge=0)] = 0
    test_images: Count
    fingerprint: str
    """Of the paths and sizes of a folder's files, or the content of a file."""

    @property
    def is_known_by_size(self) -> bool:
        """Whether it is of a file whose content was not looked at, as in older runs."""
        return self.fingerprint.startswith("(")


class AppliedCorrections(Part):
    """What a file of corrections did when the run began."""

    fingerprint: str
    """Of the file."""
    relabelled: Annotated[int, Field(ge=0)]
    """Pictures that have another class."""
    excluded_train: Annotated[int, Field(ge=0)]
    """Pictures of the training part that are left out."""
    excluded_validation: Annotated[int, Field(ge=0)]
    excluded_test: Annotated[int, Field(ge=0)]


class Augmentation(Part):
    """How training images are changed anew in every update; 0 and false are off."""

    crop_padding: Annotated[int, Field(ge=0, le=256)] = 0
    """Pad by so many pixels, then cut the size out anywhere: a random shift."""
    horizontal_flip: bool = False
    """Mirror half of the images, left and right."""
    rotate: Annotated[float, Field(ge=0, le=180)] = 0.0
    """Turn by up to so many degrees, either way."""
    scale: Fraction = 0.0
    """Enlarge or shrink by up to this fraction."""
    brightness: Fraction = 0.0
    """Add up to this fraction of an image's range, or take it away."""
    contrast: Fraction = 0.0
    """Stretch or flatten about an image's mean by up to this fraction."""
    cutout: Annotated[int, Field(ge=0, le=1024)] = 0
    """Blacken a square of so many pixels a side."""
    mixup: Annotated[float, AfterValidator(_check_alpha)] = 0.0
    """Mix pairs of images, and their losses, by a share from Beta(mixup, mixup)."""

    @property
    def is_on(self) -> bool:
        """Whether it changes anything."""
        return self != Augmentation()


class DatasetConfig(Part):
    """Which images to train on: a set by its name, a folder, or a file of arrays."""

    name: Annotated[str, AfterValidator(_check_dataset)] | None = "mnist"
    folder: OwnPath | None = None
    """A folder with a folder of pictures per class, or train, val and test of these."""
    npz: OwnPath | None = None
    """A file with the arrays images and labels, or train_images, test_labels, …"""
    image_size: Annotated[int, Field(ge=MIN_IMAGE_SIZE, le=MAX_IMAGE_SIZE)] = 32
    """Height and width that pictures are brought to."""
    mode: Mode = "rgb"
    resize: Resize = "crop"
    """crop: the middle of the picture; pad: all of it, on white."""
    test_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Of the images, where they come without a part to test with."""
    validation_fraction: Fraction = 0.0
    """Of the images; the best weights are chosen by these."""
    split_seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    found: FoundImages | None = None
    """Written by the program: what this was when the run began."""
    corrections: OwnPath | None = None
    """A file with other classes for some pictures, and pictures to leave out."""
    corrected: AppliedCorrections | None = None
    """Written by the program: what these were when the run began."""
    augmentation: Augmentation = Augmentation()
    normalize: Literal["none", "mean_std"] = "none"
    """``none`` is x/255; ``mean_std`` also subtracts the mean, divides by the std."""
    train_images: Count | None = None
    """Train on this many images; null is all."""
    validation_images: Annotated[int, Field(ge=0)] = 0
    """Hold out this many training images to choose the best weights by."""

    @model_validator(mode="before")
    @classmethod
    def _one_source(cls, value: Any) -> Any:
        """Lets a folder or a file stand in the place of a name."""
        if isinstance(value, dict) and (value.get("folder") or value.get("npz")):
            return {**value, "name": None}
        return value

    @model_validator(mode="after")
    def _together(self) -> Self:
        if sum(s is not None for s in (self.name, self.folder, self.npz)) != 1:
            raise ValueError("needs one of name, folder and npz")
        if self.test_fraction + self.validation_fraction >= 1:
            raise ValueError("test_fraction and validation_fraction leave nothing")
        return self

    @property
    def title(self) -> str:
        """What people call it: its name, or that of its folder or file."""
        own = self.folder or self.npz
        return self.name or os.path.basename(str(own)) or str(own)

    @property
    def identity(self) -> str:
        """What its corrections call it: its name, or the path of its folder or file."""
        return self.name or self.folder or str(self.npz)

    @property
    def fractions(self) -> Fractions:
        """How images are parted that do not come in parts."""
        return Fractions(
            test=self.test_fraction,
            validation=self.validation_fraction,
            seed=self.split_seed,
        )

    @property
    def form(self) -> Form:
        """What pictures are brought to."""
        return Form(image_size=self.image_size, mode=self.mode, resize=self.resize)

    @property
    def facts(self) -> DatasetFacts:
        """Shapes, sizes and class names of the data set.

        Raises:
            DataError: if a folder or a file cannot be read; never where it was found.
        """
        if self.found is not None:
            values = self.found.model_dump(exclude={"fingerprint"})
            return DatasetFacts(title=self.title, **values)
        if self.folder is not None:
            return folder_facts(self.folder, self.fractions, self.form)
        if self.npz is not None:
            return npz_facts(self.npz, self.fractions)
        return DATASETS[str(self.name)]

    @property
    def images_to_train_on(self) -> int:
        """How many there are, those to hold out included.

        Raises:
            DataError: if the images or their corrections cannot be read.
        """
        if self.corrected is not None:
            return self.facts.train_images - self.corrected.excluded_train
        if self.corrections is not None:
            excluded = read_corrections(self.corrections).excluded()["train"]
            return self.facts.train_images - excluded
        return self.facts.train_images

    @property
    def images_trained_on(self) -> int:
        """The number of images in the training part."""
        available = self.images_to_train_on - self.validation_images
        return min(self.train_images or available, available)


def source_settings(text: str) -> list[tuple[str, Any]]:
    """Returns the settings that make a name or a path the source of the images.

    Raises:
        ConfigError: if it is neither.
    """
    path = os.path.expanduser(text)
    if text in DATASETS:
        key = "name"
    elif text.endswith(".npz"):
        key = "npz"
    elif os.sep in text or os.path.isdir(path):
        key = "folder"
    else:
        raise ConfigError(
            f"{printable(text)} is no data set ({', '.join(DATASETS)}), and there is "
            "no such folder here"
        )
    written = ("found", "corrected")
    values: dict[str, Any] = dict.fromkeys(("folder", "npz", *written)) | {key: text}
    return [(f"dataset.{name}", value) for name, value in values.items()]
