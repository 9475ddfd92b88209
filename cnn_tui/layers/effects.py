"""What one layer makes of its input: shapes, parameters, multiply-adds; no torch.

Legal here is legal in torch, with the same shapes. Ours is stricter than torch where it
would take a shape by accident: ``linear`` wants flat features, ``dropout2d`` wants
channels × height × width.
"""

import math
from dataclasses import dataclass

from cnn_tui import text
from cnn_tui.errors import ModelError
from cnn_tui.layers.axes import (
    Axis,
    Scan,
    adaptive_scan,
    adaptive_window,
    same_padding,
)
from cnn_tui.layers.shapes import Shape, describe, projection
from cnn_tui.layers.specs import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout2d,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    Residual,
)

STILL = (Scan(), Scan())
"""The scans of a layer that looks at one place at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a layer adds to the model at its place.

    Attributes:
        multiply_adds: Per image, of convolutions and linear layers (and projections);
            biases, normalization, pooling and activations count as 0.
        extra_elements: Values per image that are kept beside the output: a padded copy
            of the input, or the projected input of a residual.
        scans: For height and width; None where each output sees all places.
    """

    output_shape: Shape
    parameter_shapes: tuple[Shape, ...] = ()
    multiply_adds: int = 0
    extra_elements: int = 0
    formula: str | None = None
    scans: tuple[Scan, Scan] | None = STILL


def output_shape(layer: Layer, input_shape: Shape, classes: int) -> Shape:
    """Returns the shape that ``layer`` gives; raises a ModelError with the reason."""
    return effect(layer, input_shape, classes).output_shape


def effect(layer: Layer, input_shape: Shape, classes: int) -> Effect:
    """Returns what ``layer`` does to its input; raises a ModelError with the reason."""
    match layer:
        case Conv2d():
            return _conv2d(layer, _image(input_shape))
        case MaxPool2d() | AvgPool2d():
            return _pool(layer, _image(input_shape))
        case AdaptiveAvgPool2d():
            return _adaptive_pool(layer, _image(input_shape))
        case BatchNorm2d():
            return _batch_norm(layer, _image(input_shape))
        case Dropout2d():
            return Effect(output_shape=_image(input_shape))
        case Flatten():
            return _flatten(input_shape)
        case Linear():
            return _linear(layer, input_shape, classes)
        case Residual():
            return _residual(layer, input_shape, classes)
        case _:
            return Effect(output_shape=input_shape)


def _image(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ModelError(
            f"needs channels×height×width, got {describe(shape)}; "
            "it must come before flatten"
        )
    return shape


def _per_axis(text_of_height: str, text_of_width: str) -> str:
    if text_of_height == text_of_width:
        return text_of_height
    return f"height {text_of_height}, width {text_of_width}"


def _sizes(height: int, width: int) -> str:
    return str(height) if height == width else f"{height}×{width}"


def _slide(layer: Conv2d | MaxPool2d | AvgPool2d, axes: tuple[Axis, Axis]) -> Shape:
    """Returns the output's (height, width); refuses a window that never fits."""
    height, width = axes
    if min(height.output_size, width.output_size) >= 1:
        return (height.output_size, width.output_size)
    size = (height.size, width.size)
    window = (height.reach, width.reach)
    padded = (height.padded_size, width.padded_size)
    dilated = f" dilated to {text.shape(window)}" if window != layer.kernel_size else ""
    with_padding = f" and padded to {text.shape(padded)}" if padded != size else ""
    raise ModelError(
        f"the picture is {text.shape(size)} here{with_padding}, the kernel "
        f"{text.shape(layer.kernel_size)}{dilated}: it must not be larger"
    )


def _conv2d(layer: Conv2d, shape: Shape) -> Effect:
    channels = shape[0]
    _check_stride(layer)
    _check_groups(layer, channels)
    height, width = conv_axis(layer, shape, 0), conv_axis(layer, shape, 1)
    _check_padding_mode(layer, height)
    _check_padding_mode(layer, width)
    output = (layer.out_channels, *_slide(layer, (height, width)))
    weight = (layer.out_channels, channels // layer.groups, *layer.kernel_size)
    padded_elements = channels * height.padded_size * width.padded_size
    return Effect(
        output_shape=output,
        parameter_shapes=(weight, weight[:1]) if layer.bias else (weight,),
        multiply_adds=math.prod(output) * math.prod(weight[1:]),
        extra_elements=0 if layer.padding_mode == "zeros" else padded_elements,
        formula=_per_axis(height.formula, width.formula),
        scans=(height.scan, width.scan),
    )


def conv_axis(layer: Conv2d, shape: Shape, index: int) -> Axis:
    """Returns how a convolution moves over height (0) or width (1) of its input."""
    kernel_size, dilation = layer.kernel_size[index], layer.dilation[index]
    match layer.padding:
        case "same":
            padding = same_padding(kernel_size, dilation)
        case "valid":
            padding = (0, 0)
        case sizes:
            padding = (sizes[index], sizes[index])
    return Axis(
        size=shape[1 + index],
        kernel_size=kernel_size,
        stride=layer.stride[index],
        padding=padding,
        dilation=dilation,
    )


def _check_stride(layer: Conv2d) -> None:
    if layer.padding == "same" and layer.stride != (1, 1):
        raise ModelError(
            f"padding same needs stride 1, got stride {_sizes(*layer.stride)}; "
            "give the padding as a number"
        )


def _check_groups(layer: Conv2d, channels: int) -> None:
    for name, number in (("input", channels), ("output", layer.out_channels)):
        if number % layer.groups:
            raise ModelError(
                f"groups {layer.groups} must divide its {number} {name} channels"
            )


def _check_padding_mode(layer: Conv2d, axis: Axis) -> None:
    """Refuses a padding that would take more of the input than there is."""
    padding = max(axis.padding)
    if layer.padding_mode == "reflect" and padding >= axis.size:
        raise ModelError(
            f"padding {padding} with padding_mode reflect must be smaller than "
            f"its input size {axis.size}"
        )
    if layer.padding_mode == "circular" and padding > axis.size:
        raise ModelError(
            f"padding {padding} with padding_mode circular must be at most "
            f"its input size {axis.size}"
        )


def _pool(layer: MaxPool2d | AvgPool2d, shape: Shape) -> Effect:
    height, width = pool_axis(layer, shape, 0), pool_axis(layer, shape, 1)
    return Effect(
        output_shape=(shape[0], *_slide(layer, (height, width))),
        formula=_per_axis(height.formula, width.formula),
        scans=(height.scan, width.scan),
    )


def pool_axis(layer: MaxPool2d | AvgPool2d, shape: Shape, index: int) -> Axis:
    """Returns how a pooling moves over height or width; raises a ModelError."""
    kernel_size, padding = layer.kernel_size[index], layer.padding[index]
    if padding > kernel_size // 2:
        raise ModelError(
            f"padding {padding} must be at most half of kernel_size {kernel_size}"
        )
    return Axis(
        size=shape[1 + index],
        kernel_size=kernel_size,
        stride=(layer.stride or layer.kernel_size)[index],
        padding=(padding, padding),
        dilation=layer.dilation[index] if isinstance(layer, MaxPool2d) else 1,
        ceil_mode=layer.ceil_mode,
    )


def _adaptive_pool(layer: AdaptiveAvgPool2d, shape: Shape) -> Effect:
    pairs = tuple(zip(shape[1:], layer.output_size, strict=True))
    windows = [math.ceil(adaptive_window(*pair)) for pair in pairs]
    return Effect(
        output_shape=(shape[0], *layer.output_size),
        formula=f"each output is the mean of a window of at most {text.shape(windows)}",
        scans=(adaptive_scan(*pairs[0]), adaptive_scan(*pairs[1])),
    )


def _batch_norm(layer: BatchNorm2d, shape: Shape) -> Effect:
    if not layer.affine:
        return Effect(output_shape=shape)
    channels = shape[0]
    return Effect(
        output_shape=shape,
        parameter_shapes=((channels,), (channels,)),
        formula=f"2·{channels} = {text.count(2 * channels)} parameters",
    )


def _flatten(shape: Shape) -> Effect:
    features = math.prod(shape)
    factors = "·".join(map(str, shape))
    return Effect(
        output_shape=(features,),
        formula=f"{factors} = {text.count(features)} features",
    )


def _linear(layer: Linear, shape: Shape, classes: int) -> Effect:
    if len(shape) != 1:
        raise ModelError(
            f"needs flat features, got {describe(shape)}; put flatten before it"
        )
    outputs = classes if layer.out_features == "classes" else layer.out_features
    weight = (outputs, shape[0])
    total = text.count(math.prod(weight) + (outputs if layer.bias else 0))
    bias = f" + {outputs}" if layer.bias else ""
    return Effect(
        output_shape=(outputs,),
        parameter_shapes=(weight, (outputs,)) if layer.bias else (weight,),
        multiply_adds=math.prod(weight),
        formula=f"{outputs}·{shape[0]}{bias} = {total} parameters",
        scans=None,
    )


def _residual(layer: Residual, input_shape: Shape, classes: int) -> Effect:
    """Returns the effect of the sum and the projection, without the nested layers'."""
    branch = input_shape
    for nested in layer.layers:
        branch = output_shape(nested, branch, classes)
    skip = projection(input_shape, branch)
    if skip is None:
        return Effect(output_shape=branch, formula="layers(x) + x")
    projected = effect(skip, input_shape, classes)
    return Effect(
        output_shape=branch,
        parameter_shapes=projected.parameter_shapes,
        multiply_adds=projected.multiply_adds,
        extra_elements=math.prod(branch),
        formula=f"layers(x) + {_projection_name(skip)}",
        scans=projected.scans,
    )


def _projection_name(skip: Conv2d | Linear) -> str:
    if isinstance(skip, Linear):
        return "linear layer of x"
    stride = skip.stride[0]
    return "1×1 convolution of x" + (f" with stride {stride}" if stride > 1 else "")
