"""What may be tried on a picture: choices, and what they come to."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cnn_tui.errors import ModelError
from cnn_tui.layers import AvgPool2d, Conv2d, MaxPool2d
from cnn_tui.look.what_if import KERNELS, MODES, Numbers, Sliding, axes_of, slid

OWN, TYPED = "own", "typed"
MAX_POOLING, MEAN_POOLING = "max pool", "avg pool"
_NUMBERS = tuple(str(size) for size in range(1, 12))
_LUMINANCE = (0.299, 0.587, 0.114)
_POOLINGS = (MAX_POOLING, MEAN_POOLING)

Choices = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcome:
    """What a choice makes of a picture.

    Attributes:
        layer: None where there is no such layer.
        kernel: None of a pooling.
        map: None where no window fits.
        sentence: How the size comes about, or why there is none.
    """

    layer: Sliding | None
    kernel: Numbers | None
    map: Numbers | None
    sentence: str


def options(own: Mapping[str, Numbers]) -> dict[str, tuple[str, ...]]:
    """Returns what can be chosen, and from which values.

    ``own`` are kernels beside those that one knows.
    """
    return {
        "kernel": (*own, *KERNELS, *_POOLINGS),
        "size": _NUMBERS,
        "stride": _NUMBERS[:8],
        "padding": ("valid", "same", *_NUMBERS[:8]),
        "mode": MODES,
        "dilation": _NUMBERS[:6],
    }


def first_choices(layer: object, kernels: Mapping[str, Numbers]) -> Choices:
    """Returns what the layer itself does, else an edge."""
    chosen = {
        "kernel": OWN if OWN in kernels else "sobel-x",
        "size": "3",
        "stride": "1",
        "padding": "valid",
        "mode": "zeros",
        "dilation": "1",
    }
    if isinstance(layer, Conv2d):
        chosen["padding"] = _padding(layer)
        chosen["mode"] = layer.padding_mode
        chosen |= {"stride": str(layer.stride[0]), "dilation": str(layer.dilation[0])}
    elif isinstance(layer, MaxPool2d | AvgPool2d):
        is_max = isinstance(layer, MaxPool2d)
        size = layer.kernel_size[0]
        chosen |= {"kernel": MAX_POOLING if is_max else MEAN_POOLING, "size": str(size)}
        chosen["stride"] = str((layer.stride or layer.kernel_size)[0])
    return chosen


def _padding(layer: Conv2d) -> str:
    if isinstance(layer.padding, str):
        return layer.padding
    return str(layer.padding[0]) if layer.padding[0] else "valid"


def outcome(image: Numbers, chosen: Choices, kernels: Mapping[str, Numbers]) -> Outcome:
    """Returns what a choice makes of a picture, H×W."""
    name, size = chosen["kernel"], int(chosen["size"])
    kernel = None
    if name not in _POOLINGS:
        kernel = kernels[name] if name in kernels else KERNELS[name](size)
    layer = None
    try:
        layer = _layer(chosen, kernel)
        height, width = axes_of(layer, image.shape)
        made = slid(layer, image, kernel)
    except ModelError as error:
        return Outcome(layer=None, kernel=kernel, map=None, sentence=str(error))
    formulas = dict.fromkeys((height.formula, width.formula))
    sentence = " · ".join(formulas)
    return Outcome(layer=layer, kernel=kernel, map=made, sentence=sentence)


def does_nothing(name: str, chosen: Choices) -> str | None:
    """Returns why a choice makes no difference here; None where it does."""
    is_pooling = chosen["kernel"] in _POOLINGS
    if name == "size" and chosen["kernel"] in (OWN, TYPED):
        return "the kernel's own"
    if name == "mode" and (is_pooling or chosen["padding"] == "valid"):
        return "no effect"
    if name == "dilation" and chosen["kernel"] == MEAN_POOLING:
        return "no effect"
    return None


def _layer(chosen: Choices, kernel: Numbers | None) -> Sliding:
    """Returns the layer that was chosen; raises a ModelError where there is none."""
    size, stride, dilation = (int(chosen[k]) for k in ("size", "stride", "dilation"))
    padding = chosen["padding"]
    if kernel is not None:
        return Conv2d(
            out_channels=1,
            kernel_size=(kernel.shape[0], kernel.shape[1]),
            stride=(stride, stride),
            padding=(int(padding),) * 2 if padding.isdecimal() else padding,  # type: ignore[arg-type]
            dilation=(dilation, dilation),
            padding_mode=chosen["mode"],  # type: ignore[arg-type]
            bias=False,
        )
    if padding == "same":
        raise ModelError("a pooling has no padding same; give it as a number")
    sides = (int(padding) if padding.isdecimal() else 0,) * 2
    window, steps = (size, size), (stride, stride)
    if chosen["kernel"] == MEAN_POOLING:
        return AvgPool2d(kernel_size=window, stride=steps, padding=sides)
    return MaxPool2d(
        kernel_size=window,
        stride=steps,
        padding=sides,
        dilation=(dilation, dilation),
    )


def grey_of(image: np.ndarray) -> Numbers:
    """Returns the brightness of a picture, uint8, C×H×W: 0…1, H×W."""
    weights = (
        (0.299, 0.587, 0.114) if len(image) == 3 else (1 / len(image),) * len(image)
    )
    return np.asarray(np.tensordot(weights, image / 255, 1))
