"""What if: a kernel or a pooling on one picture, without torch."""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from cnn_tui.errors import InputError
from cnn_tui.layers import AvgPool2d, Conv2d, MaxPool2d, output_shape
from cnn_tui.layers.axes import Axis
from cnn_tui.layers.effects import conv_axis, pool_axis
from cnn_tui.text import printable

Numbers = npt.NDArray[np.floating]
Sliding = Conv2d | MaxPool2d | AvgPool2d
Mode = Literal["zeros", "reflect", "replicate", "circular"]

MODES: tuple[Mode, ...] = ("zeros", "reflect", "replicate", "circular")
MOST_ROWS = 31
"""Of a kernel that is typed in."""

_NUMPY_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def slid(layer: Sliding, image: Numbers, kernel: Numbers | None = None) -> Numbers:
    """Returns what a convolution or pooling makes of one channel, H×W.

    Args:
        layer: Its first channel counts; a pooling has no ``ceil_mode``.
        image: H×W.
        kernel: The weights of a convolution, as large as its kernel_size.

    Raises:
        ModelError: if no window fits; it says why.
    """
    output_shape(layer, (1, *image.shape), 0)
    height, width = axes_of(layer, image.shape)
    fill = -math.inf if isinstance(layer, MaxPool2d) else 0.0
    canvas = padded(image, (height.padding, width.padding), mode_of(layer), fill)
    windows = sliding_window_view(canvas, (height.reach, width.reach))
    windows = windows[
        :: height.stride, :: width.stride, :: height.dilation, :: width.dilation
    ]
    if isinstance(layer, MaxPool2d):
        return np.asarray(windows.max((2, 3)))
    if isinstance(layer, AvgPool2d):
        return np.asarray(windows.mean((2, 3)))
    assert kernel is not None
    return np.asarray(np.einsum("yxkl,kl->yx", windows, kernel))


def axes_of(layer: Sliding, size: tuple[int, ...]) -> tuple[Axis, Axis]:
    """Returns how a layer moves over height and width; raises a ModelError."""
    shape = (1, *size)
    if isinstance(layer, Conv2d):
        return conv_axis(layer, shape, 0), conv_axis(layer, shape, 1)
    return pool_axis(layer, shape, 0), pool_axis(layer, shape, 1)


def mode_of(layer: Sliding) -> Mode:
    """Returns what a layer pads with."""
    return layer.padding_mode if isinstance(layer, Conv2d) else "zeros"


def padded(
    values: Numbers,
    sides: tuple[tuple[int, int], tuple[int, int]],
    mode: Mode,
    fill: float = 0.0,
) -> Numbers:
    """Returns H×W with its padding around it; ``fill`` is what zeros are."""
    if mode == "zeros":
        return np.pad(values, sides, constant_values=fill)
    return np.pad(values, sides, mode=_NUMPY_MODES[mode])  # type: ignore[call-overload,no-any-return]


def parse_kernel(text: str) -> Numbers:
    """Returns a kernel that was typed in: "1 0 -1; 2 0 -2; 1 0 -1".

    Raises:
        InputError: if it is none; it says why.
    """
    rows = [row.replace(",", " ").split() for row in text.replace("−", "-").split(";")]
    numbers = [[_number(word) for word in row] for row in rows]
    if not 1 <= len(rows) <= MOST_ROWS or not 1 <= len(rows[0]) <= MOST_ROWS:
        raise InputError(
            f"a kernel has 1 to {MOST_ROWS} rows of as many numbers, parted by ;"
        )
    if any(len(row) != len(rows[0]) for row in rows):
        raise InputError(
            f"all rows of a kernel are of one length, these have "
            f"{', '.join(str(len(row)) for row in rows)} numbers"
        )
    return np.array(numbers)


def _number(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = math.nan
    if not abs(value) <= 1e6:
        raise InputError(
            f'"{printable(word[:20])}" is no number from -1000000 to 1000000; write a '
            "kernel as 1 0 -1; 2 0 -2; 1 0 -1"
        )
    return value


def _binomial(size: int) -> Numbers:
    return np.array([float(math.comb(size - 1, place)) for place in range(size)])


def _offsets(size: int) -> Numbers:
    return np.arange(size) - (size - 1) / 2


def _identity(size: int) -> Numbers:
    kernel = np.zeros((size, size))
    kernel[(size - 1) // 2, (size - 1) // 2] = 1
    return kernel


def _sharpen(size: int) -> Numbers:
    """Returns −1 along a cross, and at its centre what makes the sum 1."""
    centre = (size - 1) // 2
    kernel = np.zeros((size, size))
    kernel[centre, :] = kernel[:, centre] = -1
    kernel[centre, centre] = 2 * size - 1
    return kernel


def _edge(size: int) -> Numbers:
    return np.sign(_offsets(size))[:, None] * np.ones(size)


def _sobel(size: int) -> Numbers:
    """Returns a difference from top to bottom, smoothed across."""
    if size == 1:
        return np.zeros((1, 1))
    return np.outer(np.convolve(_binomial(size - 1), [-1.0, 1.0]), _binomial(size))


def _emboss(size: int) -> Numbers:
    offsets = _offsets(size)
    return offsets[:, None] + offsets + _identity(size)


KERNELS: dict[str, Callable[[int], Numbers]] = {
    "identity": _identity,
    "edge-hor": _edge,
    "edge-ver": lambda size: _edge(size).T,
    "sobel-y": _sobel,
    "sobel-x": lambda size: _sobel(size).T,
    "blur": lambda size: np.full((size, size), 1 / size**2),
    "sharpen": _sharpen,
    "emboss": _emboss,
}
"""Kernels that one knows, in any size."""
