"""Layers from YAML, random layers, and the same layers as torch modules."""

import math
from typing import Any

import torch
import yaml
from hypothesis import strategies as st
from pydantic import TypeAdapter
from torch import Tensor, nn

from cnn_tui.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Flatten,
    Layer,
    Layers,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Residual,
    Shape,
)

LAYERS: TypeAdapter[list[Layer]] = TypeAdapter(Layers)

PLAIN_MODULES: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "dropout": nn.Dropout,
    "dropout2d": nn.Dropout2d,
}


def parse(text: str) -> list[Layer]:
    """Returns the layers of a YAML list."""
    return LAYERS.validate_python(yaml.safe_load(text))


class ResidualModule(nn.Module):
    """A residual as its definition says, with the stride found by trying."""

    def __init__(self, layer: Residual, input_shape: Shape, classes: int) -> None:
        super().__init__()
        self.skip: nn.Module = nn.Identity()
        body, output_shape = modules(layer.layers, input_shape, classes)
        if output_shape != input_shape:
            self.skip = _skip(input_shape, output_shape)
        self.body = body

    def forward(self, values: Tensor) -> Tensor:
        """Returns the sum of both ways."""
        total: Tensor = self.skip(values) + self.body(values)
        return total


def _skip(before: Shape, after: Shape) -> nn.Module:
    if len(before) == 1:
        return nn.Linear(before[0], after[0], bias=False)
    stride = next(
        stride
        for stride in range(1, 1 + max(before[1:]))
        if tuple(math.ceil(size / stride) for size in before[1:]) == after[1:]
    )
    return nn.Conv2d(before[0], after[0], 1, stride, bias=False)


def module(layer: Layer, input_shape: Shape, classes: int) -> nn.Module:
    """Returns the torch module of one layer; torch raises what it does not accept."""
    if isinstance(layer, Residual):
        return ResidualModule(layer, input_shape, classes)
    options: dict[str, Any] = layer.model_dump()
    match layer:
        case Conv2d():
            return nn.Conv2d(input_shape[0], **options)
        case MaxPool2d():
            return nn.MaxPool2d(**options)
        case AvgPool2d():
            return nn.AvgPool2d(**options)
        case AdaptiveAvgPool2d():
            return nn.AdaptiveAvgPool2d(**options)
        case BatchNorm2d():
            return nn.BatchNorm2d(input_shape[0], **options)
        case LeakyReLU():
            return nn.LeakyReLU(**options)
        case Flatten():
            return nn.Flatten()
        case Linear():
            features = (
                classes if layer.out_features == "classes" else layer.out_features
            )
            return nn.Linear(input_shape[0], features, bias=layer.bias)
        case _:
            return PLAIN_MODULES[layer.type](**options)


def modules(
    layers: list[Layer], input_shape: Shape, classes: int
) -> tuple[nn.Sequential, Shape]:
    """Returns the layers as modules, and the shape that torch gives at the end."""
    stack, shape = nn.Sequential(), input_shape
    for layer in layers:
        stack.append(module(layer, shape, classes))
        shape = torch_shape(stack[-1], shape)
    return stack, shape


def torch_shape(network: nn.Module, input_shape: Shape) -> Shape:
    """Returns the shape that ``network`` gives, found by a batch of two zero images."""
    with torch.inference_mode():
        return tuple(network.eval()(torch.zeros(2, *input_shape)).shape[1:])


def _pairs(least: int, most: int) -> st.SearchStrategy[int | list[int]]:
    sizes = st.integers(least, most)
    return sizes | st.lists(sizes, min_size=2, max_size=2)


EMPTY: dict[str, st.SearchStrategy[Any]] = {}


def _form(
    name: str,
    required: dict[str, st.SearchStrategy[Any]] = EMPTY,
    optional: dict[str, st.SearchStrategy[Any]] = EMPTY,
) -> st.SearchStrategy[dict[str, Any]]:
    options: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        required, optional=optional
    )
    return options.map(lambda chosen: {name: chosen})


FRACTIONS = st.floats(0, 1)
WINDOWS: dict[str, st.SearchStrategy[Any]] = {
    "stride": _pairs(1, 3),
    "padding": _pairs(0, 3),
    "ceil_mode": st.booleans(),
}

CONVOLUTIONS = _form(
    "conv2d",
    {"out_channels": st.integers(1, 6), "kernel_size": _pairs(1, 5)},
    {
        "stride": _pairs(1, 3),
        "padding": _pairs(0, 4) | st.sampled_from(["same", "valid"]),
        "dilation": _pairs(1, 3),
        "groups": st.integers(1, 3),
        "bias": st.booleans(),
        "padding_mode": st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
    },
)
POOLINGS = (
    _form(
        "max_pool2d",
        {"kernel_size": _pairs(1, 5)},
        {**WINDOWS, "dilation": _pairs(1, 3)},
    )
    | _form(
        "avg_pool2d",
        {"kernel_size": _pairs(1, 5)},
        {**WINDOWS, "count_include_pad": st.booleans()},
    )
    | _form("adaptive_avg_pool2d", {"output_size": _pairs(1, 9)})
)
OTHERS = (
    _form(
        "batch_norm2d",
        optional={
            "eps": st.floats(1e-6, 1),
            "momentum": st.none() | FRACTIONS,
            "affine": st.booleans(),
            "track_running_stats": st.booleans(),
        },
    )
    | _form("leaky_relu", optional={"negative_slope": FRACTIONS})
    | _form("gelu", optional={"approximate": st.sampled_from(["none", "tanh"])})
    | _form("dropout", optional={"p": FRACTIONS})
    | _form("dropout2d", optional={"p": FRACTIONS})
    | st.sampled_from(["relu", "silu", "tanh", "sigmoid", "flatten"])
    | _form(
        "linear",
        {"out_features": st.integers(1, 12) | st.just("classes")},
        {"bias": st.booleans()},
    )
)
SIMPLE_FORMS = CONVOLUTIONS | POOLINGS | OTHERS
FORMS: st.SearchStrategy[Any] = st.recursive(
    SIMPLE_FORMS,
    lambda forms: st.lists(forms, min_size=1, max_size=3).map(
        lambda nested: {"residual": nested}
    ),
    max_leaves=4,
)
IMAGES = st.tuples(st.integers(1, 4), st.integers(1, 12), st.integers(1, 12))
SHAPES: st.SearchStrategy[Shape] = IMAGES | st.tuples(st.integers(1, 12))
