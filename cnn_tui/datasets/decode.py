"""From picture files to arrays of one size, whatever is in the files."""

import os
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from cnn_tui.datasets.form import CHANNELS, Form
from cnn_tui.io.files import open_linked
from cnn_tui.text import count

BACKGROUND = 255
"""White lies behind pictures with transparent parts, and beside padded ones."""
MAX_PIXELS = 178_956_970
"""Of one picture, as Pillow has it; a larger one may be meant to fill the memory."""
Image.MAX_IMAGE_PIXELS = None  # it would warn, too, on the terminal


T = TypeVar("T")


class NotAPictureError(Exception):
    """A file without a picture that can be used; its text says why."""


def decode(path: str, form: Form) -> "np.ndarray":
    """Returns the picture of a file as uint8 C×H×W; of an animation its first frame.

    Raises:
        NotAPictureError: if there is none.
    """
    return _opened(path, lambda picture: _to_array(picture, form))


def decode_grey(path: str, largest: int) -> "np.ndarray":
    """Returns the whole picture of a file as uint8 H×W, no side over ``largest``.

    Raises:
        NotAPictureError: if there is none.
    """
    return _opened(path, lambda picture: _to_grey(picture, largest))


def size_of(path: str) -> tuple[int, int]:
    """Returns height and width of the picture of a file, as it is shown.

    Raises:
        NotAPictureError: if there is none.
    """
    width, height = _opened(path, lambda picture: ImageOps.exif_transpose(picture).size)
    return height, width


def _opened(path: str, use: Callable[[Image.Image], T]) -> T:
    """Returns what is made of a file's picture; raises NotAPictureError."""
    try:
        descriptor = open_linked(path)
    except OSError as error:
        raise NotAPictureError(f"cannot be read: {error.strerror or error}") from error
    try:
        with open(descriptor, "rb") as file, Image.open(file) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                raise NotAPictureError(
                    f"is enormous: {count(width)}×{count(height)} pixels"
                )
            return use(picture)
    except UnidentifiedImageError as error:
        raise NotAPictureError(
            "is empty" if os.path.getsize(path) == 0 else "is no picture"
        ) from error
    except NotAPictureError:
        raise
    # Pillow's readers raise whatever broken bytes lead them to.
    except Exception as error:
        raise NotAPictureError(f"is broken: {error}") from error


def _to_array(picture: Image.Image, form: Form) -> "np.ndarray":
    mode, size = form.mode, (form.image_size, form.image_size)
    picture.draft("L" if mode == "grey" else "RGB", size)  # JPEG: decode less of it
    plain = _upright(picture).convert("L" if mode == "grey" else "RGB")
    fit = ImageOps.fit if form.resize == "crop" else _pad
    values = np.asarray(fit(plain, size, Image.Resampling.BILINEAR), np.uint8)
    return values.reshape(*size, CHANNELS[mode]).transpose(2, 0, 1)


def _to_grey(picture: Image.Image, largest: int) -> "np.ndarray":
    plain = _upright(picture).convert("L")
    plain.thumbnail((largest, largest))
    return np.asarray(plain, np.uint8)


def _upright(picture: Image.Image) -> Image.Image:
    return _without_alpha(_to_eight_bits(ImageOps.exif_transpose(picture)))


def _pad(
    picture: Image.Image, size: tuple[int, int], method: Image.Resampling
) -> Image.Image:
    white = (BACKGROUND,) * len(picture.getbands())
    color = white if len(white) > 1 else white[0]
    return ImageOps.pad(picture, size, method, color=color)


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    """Scales 16 bits a value down; Pillow would cut them off."""
    if not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture, np.int64)
    return Image.fromarray((values.clip(0, 65535) // 257).astype(np.uint8))


def _without_alpha(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture
    over = picture.convert("RGBA")
    white = Image.new("RGBA", over.size, (BACKGROUND,) * 4)
    return Image.alpha_composite(white, over)
