"""The types of layers to choose from, and the parameters that each starts with."""

from collections.abc import Sequence
from typing import Any

from cnn_tui.layers import LAYER_TYPES, Shape
from cnn_tui.shaping.edit import Item, make_item

KINDS = {
    "conv2d": "a kernel slides over all channels",
    "relu": "max(0, x)",
    "max_pool2d": "the maximum of each window: smaller maps",
    "avg_pool2d": "the mean of each window: smaller maps",
    "batch_norm2d": "each channel to mean 0, variance 1",
    "residual": "layers(x) + x",
    "linear": "fully connected: outputs see all inputs",
    "flatten": "channels×height×width to features",
    "dropout": "zeroes values at random while training",
    "dropout2d": "zeroes channels at random in training",
    "adaptive_avg_pool2d": "means, as many as there are outputs",
    "leaky_relu": "relu with a slope below 0",
    "gelu": "x · Φ(x): a smooth relu",
    "silu": "x · sigmoid(x): a smooth relu",
    "tanh": "from −1 to 1",
    "sigmoid": "1 / (1 + exp(−x)), from 0 to 1",
}
"""One line for each type, the most used ones first."""

_HIDDEN_FEATURES = 128
_CHANNELS = 16


def matching(words: str) -> list[str]:
    """Returns the types whose name begins so, then by first letters, then the others.

    ``mp`` are the first letters of ``max_pool2d``; words of the line count, too.
    """
    typed = words.casefold().strip()
    ranked = [(_rank(name, typed), name) for name in KINDS]
    found = [pair for pair in ranked if pair[0] is not None]
    return [name for _, name in sorted(found, key=lambda pair: pair[0] or 0)]


def _rank(name: str, typed: str) -> int | None:
    initials = "".join(part[0] for part in name.split("_"))
    tests = (
        name.startswith(typed),
        initials.startswith(typed),
        typed in name,
        typed in KINDS[name].casefold(),
    )
    return tests.index(True) if any(tests) else None


def new_item(name: str, shape: Shape | None) -> Item:
    """Returns a layer to begin with, for what arrives there if that is known."""
    channels = shape[0] if shape and len(shape) == 3 else _CHANNELS
    conv = {"out_channels": max(channels, _CHANNELS), "kernel_size": 3}
    usual: dict[str, dict[str, Any]] = {
        "conv2d": {**conv, "padding": "same"},
        "max_pool2d": {"kernel_size": 2},
        "avg_pool2d": {"kernel_size": 2},
        "adaptive_avg_pool2d": {"output_size": 1},
        "linear": {"out_features": _HIDDEN_FEATURES},
        "dropout": {"p": 0.5},
        "dropout2d": {"p": 0.2},
    }
    if name == "residual":
        same = {"out_channels": channels, "kernel_size": 3, "padding": "same"}
        return {name: [make_item("conv2d", same), "relu"]}
    return make_item(name, usual.get(name, {}))


def asks(name: str) -> bool:
    """Tells whether a layer has a parameter that nobody can choose for a person."""
    return any(field.is_required() for field in _fields(name).values())


def parameter_names(name: str) -> Sequence[str]:
    """Returns the parameters of a type of layer, in torch's order; none if unknown."""
    return tuple(_fields(name))


def _fields(name: str) -> dict[str, Any]:
    known = LAYER_TYPES.get(name)
    return {} if known is None or name == "residual" else dict(known.model_fields)
