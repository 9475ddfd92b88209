"""From the layers of a config to torch modules."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui import layers as spec
from cnn_tui.config import RunConfig
from cnn_tui.layers import Layer, Shape, output_shape, projection

_SAME_ARGUMENTS: dict[type, type[nn.Module]] = {
    spec.MaxPool2d: nn.MaxPool2d,
    spec.AvgPool2d: nn.AvgPool2d,
    spec.AdaptiveAvgPool2d: nn.AdaptiveAvgPool2d,
    spec.ReLU: nn.ReLU,
    spec.LeakyReLU: nn.LeakyReLU,
    spec.GELU: nn.GELU,
    spec.SiLU: nn.SiLU,
    spec.Tanh: nn.Tanh,
    spec.Sigmoid: nn.Sigmoid,
    spec.Dropout: nn.Dropout,
    spec.Dropout2d: nn.Dropout2d,
    spec.Flatten: nn.Flatten,
}
"""Layers whose torch module takes exactly the values of the spec."""


class Residual(nn.Module):
    """Adds what ``body`` makes of its input to the (projected) input."""

    def __init__(self, body: nn.Module, shortcut: nn.Module) -> None:
        """Takes two modules whose outputs have the same shape."""
        super().__init__()
        self.body = body
        self.shortcut = shortcut

    def forward(self, inputs: Tensor) -> Tensor:
        """Takes and returns a batch, N×C×H×W or N×features."""
        body: Tensor = self.body(inputs)
        shortcut: Tensor = self.shortcut(inputs)
        return body + shortcut


def build_model(config: RunConfig) -> nn.Sequential:
    """Builds the model with weights drawn from the config's seed, on the CPU."""
    torch.manual_seed(config.training.seed)
    facts = config.dataset.facts
    return _sequence(config.model.layers, facts.input_shape, facts.classes)


def _sequence(layers: Sequence[Layer], shape: Shape, classes: int) -> nn.Sequential:
    modules = []
    for layer in layers:
        modules.append(_module(layer, shape, classes))
        shape = output_shape(layer, shape, classes)
    return nn.Sequential(*modules)


def _module(layer: Layer, shape: Shape, classes: int) -> nn.Module:
    if isinstance(layer, spec.Residual):
        body = _sequence(layer.layers, shape, classes)
        return Residual(body, _shortcut(shape, output_shape(layer, shape, classes)))
    values = layer.model_dump(exclude={"type"})
    module: nn.Module = _constructor(layer, shape, classes)(**values)
    return module


def _constructor(layer: Layer, shape: Shape, classes: int) -> Any:
    """Returns what builds the module once given the values of the spec."""
    if isinstance(layer, spec.Conv2d):
        return partial(nn.Conv2d, shape[0])
    if isinstance(layer, spec.BatchNorm2d):
        return partial(nn.BatchNorm2d, shape[0])
    if isinstance(layer, spec.Linear):
        features = output_shape(layer, shape, classes)[0]
        return lambda out_features, bias: nn.Linear(shape[0], features, bias)
    return _SAME_ARGUMENTS[type(layer)]


def _shortcut(shape: Shape, result: Shape) -> nn.Module:
    """Builds the way past a residual's layers: identity, or the cheapest projection."""
    needed = projection(shape, result)
    return nn.Identity() if needed is None else _module(needed, shape, result[0])
