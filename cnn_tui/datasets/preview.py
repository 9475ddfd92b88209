"""A look at what a run would train on: values that are light to import."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchPreview:
    """A data set in short, and images of one update as the network gets them."""

    title: str
    input_shape: tuple[int, ...]
    class_names: tuple[str, ...]
    counts: Mapping[str, tuple[int, ...]]
    """Images of each class, by the part they are in."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    """Per channel, of the images trained on as parts of 1."""
    notices: tuple[str, ...]
    """What was left out, and what is odd."""
    step: int
    """The update that the images are of."""
    batch_images: int
    is_augmented: bool
    can_augment: bool
    """Whether an augmentation is set."""
    share: float
    """Where images are mixed, what the one whose class is given weighs; else 1."""
    low: float
    high: float
    """The least and the greatest of the values that the network gets."""
    pictures: "np.ndarray"
    """uint8 N×H×W×3: some of each class, scaled back from what the network gets."""
    labels: "np.ndarray"
    """Their classes, N; in ascending order."""
