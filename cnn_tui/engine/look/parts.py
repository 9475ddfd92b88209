"""What one value of a layer is made of, by the kind of the layer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cnn_tui.engine.network import Residual as ResidualModule
from cnn_tui.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    Linear,
    MaxPool2d,
    Region,
    Residual,
    Stage,
    region_before,
)
from cnn_tui.look.messages import Kind, Term

_UNCHANGED = ("flatten", "dropout", "dropout2d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A value before it is put together; the fields are those of ``Explanation``."""

    kind: Kind
    terms: tuple[Term, ...]
    bias: float | None = None
    window: Region | None = None
    dilation: tuple[int, int] = (1, 1)
    winner: tuple[int, int] | None = None
    padding: "np.ndarray | None" = None
    divisor: int = 1
    """How many values a mean is over."""


def parts_of(
    stage: Stage, module: nn.Module, inputs: Tensor, channel: int, region: Region
) -> Parts:
    """Returns what the value at one place of a channel is made of.

    ``inputs`` is what the layer got for one picture, C×H×W or flat.
    """
    layer = stage.layer
    window = region_before(layer, stage.input_shape, region)
    match layer:
        case Conv2d():
            return _conv(layer, module, inputs, channel, window)
        case MaxPool2d():
            return _max_pool(layer, inputs[channel], channel, window)
        case AvgPool2d() | AdaptiveAvgPool2d():
            return _mean(layer, inputs[channel], channel, window)
        case Linear():
            return _linear(module, inputs, channel)
        case Residual():
            return _residual(module, inputs, channel, region)
        case _:
            kind: Kind = "same" if layer.type in _UNCHANGED else "pointwise"
            here = _one(inputs.reshape(stage.output_shape), channel, region)
            return Parts(kind=kind, terms=(here,))


def _conv(
    layer: Conv2d, module: nn.Module, inputs: Tensor, channel: int, window: Region
) -> Parts:
    assert isinstance(module, nn.Conv2d)
    per_group = len(inputs) // layer.groups
    first = channel // (layer.out_channels // layer.groups) * per_group
    mode = "constant" if layer.padding_mode == "zeros" else layer.padding_mode
    group = inputs[first : first + per_group]
    patch = _windowed(group, window, layer.dilation, mode)
    kernel = module.weight[channel].detach().float().cpu()
    terms = tuple(
        _term(first + number, values, weights)
        for number, (values, weights) in enumerate(zip(patch, kernel, strict=True))
    )
    return Parts(
        kind="sum",
        terms=terms,
        bias=_bias(module, channel),
        window=window,
        dilation=layer.dilation,
        padding=_outside(window, layer.dilation, inputs.shape[1:]),
    )


def _max_pool(layer: MaxPool2d, inputs: Tensor, channel: int, window: Region) -> Parts:
    patch = _windowed(inputs[None], window, layer.dilation, fill=-math.inf)[0]
    row, column = divmod(int(patch.argmax()), patch.shape[1])
    term = Term(
        channel=channel,
        values=patch.numpy(),
        weights=None,
        total=float(patch[row, column]),
    )
    return Parts(
        kind="max",
        terms=(term,),
        window=window,
        dilation=layer.dilation,
        winner=(row, column),
        padding=_outside(window, layer.dilation, inputs.shape),
    )


def _mean(
    layer: AvgPool2d | AdaptiveAvgPool2d, inputs: Tensor, channel: int, window: Region
) -> Parts:
    patch = _windowed(inputs[None], window)[0]
    outside = _outside(window, (1, 1), inputs.shape)
    divisor = _divisor(layer, inputs, window, outside)
    return Parts(
        kind="mean",
        terms=(_term(channel, patch, torch.full_like(patch, 1 / divisor)),),
        window=window,
        padding=outside,
        divisor=divisor,
    )


def _divisor(
    layer: AvgPool2d | AdaptiveAvgPool2d,
    inputs: Tensor,
    window: Region,
    outside: "np.ndarray",
) -> int:
    """Returns how many places an average is over (torch.nn.AvgPool2d).

    With ``ceil_mode`` a window may reach behind the padding; that never counts.
    """
    if isinstance(layer, AdaptiveAvgPool2d):
        return window.height * window.width
    if not layer.count_include_pad:
        return int((~outside).sum())
    bottom, right = (n + p for n, p in zip(inputs.shape, layer.padding, strict=True))
    height = min(window.top + window.height, bottom) - window.top
    return height * (min(window.left + window.width, right) - window.left)


def _linear(module: nn.Module, inputs: Tensor, feature: int) -> Parts:
    assert isinstance(module, nn.Linear)
    weights = module.weight[feature].detach().float().cpu()
    return Parts(
        kind="sum",
        terms=(_term(0, inputs, weights),),
        bias=_bias(module, feature),
    )


def _bias(module: nn.Conv2d | nn.Linear, channel: int) -> float | None:
    return None if module.bias is None else float(module.bias[channel].detach())


def _residual(module: nn.Module, inputs: Tensor, channel: int, region: Region) -> Parts:
    assert isinstance(module, ResidualModule)
    with torch.inference_mode():
        here = inputs[None].to(next(module.parameters(), inputs).device)
        ways = [way(here)[0].float().cpu() for way in (module.body, module.shortcut)]
    return Parts(kind="sum", terms=tuple(_one(way, channel, region) for way in ways))


def _one(values: Tensor, channel: int, region: Region) -> Term:
    """Returns a single value as a term."""
    place = (channel, region.top, region.left)[: values.ndim]
    at = float(values[place])
    alone = np.array([[at]], np.float32)
    return Term(channel=channel, values=alone, weights=None, total=at)


def _term(channel: int, values: Tensor, weights: Tensor) -> Term:
    total = float((values.double() * weights.double()).sum())
    return Term(
        channel=channel, values=values.numpy(), weights=weights.numpy(), total=total
    )


def _windowed(
    inputs: Tensor,
    window: Region,
    dilation: tuple[int, int] = (1, 1),
    mode: str = "constant",
    fill: float = 0.0,
) -> Tensor:
    """Returns what a window holds of C×H×W, with padding where it is beyond."""
    height, width = inputs.shape[1:]
    pads = [
        *(max(0, -window.left), max(0, window.left + window.width - width)),
        *(max(0, -window.top), max(0, window.top + window.height - height)),
    ]
    value = fill if mode == "constant" else None
    padded = functional.pad(inputs[None], pads, mode, value)[0]
    top, left = max(window.top, 0), max(window.left, 0)
    rows = slice(top, top + window.height, dilation[0])
    return padded[:, rows, left : left + window.width : dilation[1]]


def _outside(
    window: Region, dilation: tuple[int, int], size: Sequence[int]
) -> "np.ndarray":
    """Returns which places of a window are beyond the input, H×W."""
    rows = np.arange(window.top, window.top + window.height, dilation[0])
    columns = np.arange(window.left, window.left + window.width, dilation[1])
    beyond = [(at < 0) | (at >= n) for at, n in zip((rows, columns), size, strict=True)]
    return np.asarray(beyond[0][:, None] | beyond[1][None, :])
