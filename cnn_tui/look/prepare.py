"""From any picture to what a network takes, as its training pictures were made."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnn_tui.datasets.decode import NotAPictureError, decode, decode_grey, size_of
from cnn_tui.datasets.form import Form, Mode, Resize

_INK_SETS = ("mnist", "qmnist", "emnist")
"""Strokes brought to one size and centred, light on black; names begin so."""
_BLACK_SETS = (*_INK_SETS, "fashion-mnist", "kmnist")
"""Sets whose pictures stand on black."""
_BOX = 20
_LARGEST = 1024
"""Pixels of a side of a picture of strokes that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """How pictures become inputs of one network."""

    input_shape: tuple[int, ...]
    dataset: str | None
    """The name of the set that it was trained on; None for images of one's own."""
    resize: Resize = "crop"

    @property
    def is_of_strokes(self) -> bool:
        """Whether what is drawn is brought to one size and centred."""
        return _begins(self.dataset, _INK_SETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A picture as the network takes it, and what was done to it, in words."""

    image: "np.ndarray"
    """uint8, C×H×W."""
    words: tuple[str, ...]


def prepare_file(path: str, how: Preparation) -> Prepared:
    """Prepares a picture file.

    A file that has the size of an input already is taken as it is.

    Raises:
        NotAPictureError: if it cannot be used; its text says why.
    """
    channels, height, width = how.input_shape
    if height != width:
        raise NotAPictureError(f"cannot be made {height}×{width}, only squares can")
    mode: Mode = "grey" if channels == 1 else "rgb"
    is_of_size = size_of(path) == (height, width)
    if how.is_of_strokes and not is_of_size:
        return prepare_strokes(decode_grey(path, _LARGEST), how)
    image = decode(path, Form(image_size=height, mode=mode, resize=how.resize))
    words = [] if is_of_size else [_fitted(how.resize, height)]
    if channels == 1 and _begins(how.dataset, _BLACK_SETS) and _is_on_light(image[0]):
        return Prepared(image=255 - image, words=(*words, "dark on light: inverted"))
    return Prepared(image=image, words=tuple(words))


def prepare_drawn(ink: "np.ndarray", how: Preparation) -> Prepared:
    """Prepares what somebody drew, uint8 H×W, light on black."""
    if how.is_of_strokes:
        return prepare_strokes(ink, how)
    channels, height, width = how.input_shape
    picture = Image.fromarray(ink).resize((width, height), Image.Resampling.BOX)
    image = np.broadcast_to(np.asarray(picture), (channels, height, width))
    return Prepared(image=image.copy(), words=(f"scaled to {height}×{width}",))


def prepare_strokes(grey: "np.ndarray", how: Preparation) -> Prepared:
    """Prepares strokes, uint8 H×W, as the pictures of MNIST were made.

    Scaled into a 20×20 box with their proportions kept, and put so that the centre of
    mass is in the middle (LeCun et al. 1998, "Gradient-Based Learning Applied to
    Document Recognition", section III.A).
    """
    words = []
    if _is_on_light(grey):
        grey = 255 - grey
        words.append("dark on light: inverted")
    ink = _without_background(grey)
    size = how.input_shape[1:]
    rows, columns = (np.flatnonzero(ink.any(axis)) for axis in (1, 0))
    if not len(rows):
        return Prepared(image=np.zeros((1, *size), np.uint8), words=("it is empty",))
    box = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    words.append(f"scaled into {_BOX}×{_BOX}, centred by mass")
    return Prepared(image=_centred(_boxed(box), size)[None], words=tuple(words))


def _boxed(strokes: "np.ndarray") -> "np.ndarray":
    share = _BOX / max(strokes.shape)
    height, width = (max(1, round(side * share)) for side in strokes.shape)
    picture = Image.fromarray(strokes)
    return np.asarray(picture.resize((width, height), Image.Resampling.LANCZOS))


def _centred(box: "np.ndarray", size: Sequence[int]) -> "np.ndarray":
    image = np.zeros(size, np.uint8)
    weights = box.astype(float) / max(1.0, float(box.sum()))
    places = []
    for axis, side in enumerate(box.shape):
        middle = float((weights.sum(1 - axis) * np.arange(side)).sum())
        start = round((size[axis] - 1) / 2 - middle)
        places.append(min(max(start, 0), size[axis] - side))
    top, left = places
    image[top : top + box.shape[0], left : left + box.shape[1]] = box
    return image


def _without_background(grey: "np.ndarray") -> "np.ndarray":
    """Makes what is as dark as the border black, and the lightest stroke white."""
    paper = float(np.median(_border(grey)))
    ink = grey.astype(float) - paper
    strength = ink.max()
    if strength < 32:  # noise of an empty sheet
        return np.zeros_like(grey)
    ink[ink < strength / 8] = 0
    return np.asarray((ink / strength * 255).round(), np.uint8)


def _is_on_light(grey: "np.ndarray") -> bool:
    return float(np.median(_border(grey))) > 127


def _border(grey: "np.ndarray") -> "np.ndarray":
    return np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])


def _fitted(resize: Resize, side: int) -> str:
    how = "its middle cut out" if resize == "crop" else "padded with white"
    return f"scaled to {side}×{side}, {how}"


def _begins(name: str | None, words: Sequence[str]) -> bool:
    return any((name or "").startswith(word) for word in words)
