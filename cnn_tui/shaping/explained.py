"""How the numbers of a layer come about, in words and with its own values."""

import math
from collections.abc import Iterator

from cnn_tui import text
from cnn_tui.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Dropout2d,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Residual,
    Shape,
    Stage,
    Unreadable,
    projection,
)
from cnn_tui.layers.axes import Axis
from cnn_tui.layers.effects import conv_axis, effect, pool_axis
from cnn_tui.shaping.kinds import KINDS
from cnn_tui.shaping.outline import Outline, read


def stages_of(seen: Outline) -> list[Stage]:
    """Returns the layers that an image gets through, in the order of the table."""
    found: dict[str, Stage] = {}
    for row in seen.rows:
        layer, known = read(row.item), row.arithmetic
        if known is None or isinstance(layer, Unreadable):
            continue
        parent = known.number.rpartition(".")[0]
        if parent and parent not in found:  # the residual itself does not fit
            continue
        found[known.number] = Stage(
            number=known.number,
            path="",
            layer=layer,
            input_shape=known.input_shape,
            output_shape=known.output_shape,
        )
    return list(found.values())


def explained(stage: Stage) -> Iterator[tuple[str, str]]:
    """Yields what a layer does, its sizes and what it costs, each under its name."""
    layer, before, after = stage.layer, stage.input_shape, stage.output_shape
    yield "does", _does(layer, before)
    yield from _sizes(layer, before, after)
    if isinstance(layer, Residual):
        yield from _shortcut(before, after)
        return
    yield "parameters", _parameters(layer, before, after)
    yield "multiply-adds", _multiply_adds(layer, before, after)


def _does(layer: Layer, before: Shape) -> str:
    match layer:
        case Conv2d():
            noun = "channel" if before[0] == 1 else "channels"
            kernels = f"{layer.out_channels} kernels of {text.shape(layer.kernel_size)}"
            over = f"{kernels} over {before[0]} {noun}{_in_groups(layer)}"
            return f"{over}, {_stride(layer.stride)}, {_padding(layer, before)}"
        case MaxPool2d() | AvgPool2d():
            what = "maximum" if isinstance(layer, MaxPool2d) else "mean"
            window = f"the {what} of each {text.shape(layer.kernel_size)} window"
            stride = layer.stride or layer.kernel_size
            return f"{window}, {_stride(stride)}, in each channel"
        case Dropout() | Dropout2d():
            rest = f"; the rest is divided by 1 − {layer.p:g}" if layer.p < 1 else ""
            return f"{KINDS[layer.type]}, {layer.p:.0%} of them{rest}"
        case LeakyReLU():
            return f"max(0, x) + {layer.negative_slope:g} · min(0, x)"
        case Flatten() if len(before) == 3:
            places, width = before[1] * before[2], before[2]
            return f"value (c, y, x) becomes feature c·{places} + y·{width} + x"
    return KINDS[layer.type]


def _in_groups(layer: Conv2d) -> str:
    return f" in {layer.groups} groups" if layer.groups > 1 else ""


def _stride(stride: tuple[int, int]) -> str:
    return f"stride {stride[0] if stride[0] == stride[1] else text.shape(stride)}"


def _padding(layer: Conv2d, before: Shape) -> str:
    pairs = {conv_axis(layer, before, index).padding for index in (0, 1)}
    if pairs == {(0, 0)}:
        return "no padding"
    if len(pairs) == 1 and len(set(*pairs)) == 1:
        return f"padding {min(*pairs)} of {layer.padding_mode}"
    sides = [conv_axis(layer, before, index).padding for index in (0, 1)]
    (top, bottom), (left, right) = sides
    return f"padding {top}+{bottom} × {left}+{right} of {layer.padding_mode}"


def _sizes(layer: Layer, before: Shape, after: Shape) -> Iterator[tuple[str, str]]:
    if isinstance(layer, Conv2d | MaxPool2d | AvgPool2d):
        axis_of = conv_axis if isinstance(layer, Conv2d) else pool_axis
        axes = [axis_of(layer, before, index) for index in (0, 1)]  # type: ignore[arg-type]
        if axes[0].formula == axes[1].formula:
            yield "size", f"{_general(axes[0])} = {axes[0].formula}"
        else:
            yield "height", f"{_general(axes[0])} = {axes[0].formula}"
            yield "width", f"{_general(axes[1])} = {axes[1].formula}"
    elif isinstance(layer, AdaptiveAvgPool2d | Flatten):
        yield "size", str(effect(layer, before, 0).formula)
    elif isinstance(layer, Linear):
        yield "size", f"{after[0]} features, one for each row of weights"
    elif not isinstance(layer, Residual):
        yield "size", "the same: each value by itself"


def _general(axis: Axis) -> str:
    """Returns the formula of a size as it stands in textbooks."""
    left, right = "⌈⌉" if axis.ceil_mode else "⌊⌋"
    kernel = "K" if axis.dilation == 1 else "(D·(K − 1) + 1)"
    padding = "2P" if axis.padding[0] == axis.padding[1] else "P"
    return f"{left}(W − {kernel} + {padding})/S{right} + 1"


def _parameters(layer: Layer, before: Shape, after: Shape) -> str:
    match layer:
        case Conv2d():
            words = f"kernel × {_in(layer)} × out channels"
            product = f"{_window(layer, before)} × {layer.out_channels}"
        case Linear():
            words, product = "inputs × outputs", f"{before[0]} × {after[0]}"
        case BatchNorm2d(affine=True):
            words, product = "a scale and a shift per channel", f"2 × {before[0]}"
        case _:
            return "none"
    bias = isinstance(layer, Conv2d | Linear) and layer.bias
    if bias:
        words, product = f"{words} + biases", f"{product} + {after[0]}"
    total = sum(map(math.prod, effect(layer, before, after[0]).parameter_shapes))
    return f"{words}: {product} = {text.count(total)}"


def _multiply_adds(layer: Layer, before: Shape, after: Shape) -> str:
    total = text.count(effect(layer, before, after[0]).multiply_adds)
    if isinstance(layer, Conv2d):
        outputs = "·".join(map(str, after))
        words = f"kernel × {_in(layer)} channels × outputs"
        return f"{words}: {_window(layer, before)} × {outputs} = {total}"
    if isinstance(layer, Linear):
        return f"inputs × outputs: {before[0]} × {after[0]} = {total}"
    return "none: those of convolutions and linear layers are counted"


def _in(layer: Conv2d) -> str:
    return "in" if layer.groups == 1 else "in/groups"


def _window(layer: Conv2d, before: Shape) -> str:
    groups = f"/{layer.groups}" if layer.groups > 1 else ""
    height, width = layer.kernel_size
    return f"{height}·{width} × {before[0]}{groups}"


def _shortcut(before: Shape, after: Shape) -> Iterator[tuple[str, str]]:
    """Yields what the way past the layers of a residual costs."""
    skip = projection(before, after)
    if skip is None:
        yield "size", "the same: x is added as it is"
        yield "parameters", "none but those of the layers in it"
        yield "multiply-adds", "none but those of the layers in it"
        return
    yield "shortcut", _does(skip, before)
    yield from _sizes(skip, before, after)
    yield "parameters", f"of the shortcut, {_parameters(skip, before, after)}"
    yield "multiply-adds", f"of the shortcut, {_multiply_adds(skip, before, after)}"
