"""The table of a model: the shapes, parameters and multiply-adds of every layer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from cnn_tui import text
from cnn_tui.errors import ModelError
from cnn_tui.layers.axes import Scan
from cnn_tui.layers.effects import Effect, effect
from cnn_tui.layers.shapes import Shape, describe
from cnn_tui.layers.specs import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    Dropout,
    Dropout2d,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    Residual,
)

MAX_PARAMETERS = 2_000_000_000
MAX_ACTIVATIONS = 2_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerRow:
    """One layer of a model at its place.

    A residual's row holds its projection and its sum alone; the layers nested in it
    follow as rows of their own, so nothing is counted twice when rows are added up.

    Attributes:
        number: "4", or "7.2" for the second layer nested in layer 7.
        depth: How many residuals it is nested in.
        summary: Its name and main parameters: "conv2d 16, 5×5".
        formula: Its output size or parameter count worked out, if there is one.
        multiply_adds: Per image, of convolutions and linear layers; the rest counts 0.
        activations: Values kept per image: the output, padded copies, projections.
        receptive_field: The (height, width) of image pixels that one output can see.
    """

    number: str
    depth: int
    type: str
    summary: str
    input_shape: Shape
    output_shape: Shape
    formula: str | None
    parameter_shapes: tuple[Shape, ...]
    parameters: int
    multiply_adds: int
    activations: int
    receptive_field: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTable:
    """The rows of a model in order of execution, and their sums.

    Attributes:
        multiply_adds: Per image, forward.
        activations: Values kept per image, for an estimate of memory.
    """

    input_shape: Shape
    rows: tuple[LayerRow, ...]
    parameters: int
    multiply_adds: int
    activations: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sight:
    """How many pixels of one dimension a value sees, and its neighbour's distance.

    r += (K − 1)·j, j *= S per layer (Araujo, Norris, Sim 2019, "Computing Receptive
    Fields of Convolutional Neural Networks", distill.pub), with K the dilated kernel.
    """

    limit: int
    size: Fraction = Fraction(1)
    step: Fraction = Fraction(1)

    def through(self, scan: Scan) -> "_Sight":
        size = self.size + scan.extra * self.step
        return _Sight(limit=self.limit, size=size, step=self.step * scan.step)

    def joined(self, other: "_Sight") -> "_Sight":
        size, step = max(self.size, other.size), max(self.step, other.step)
        return _Sight(limit=self.limit, size=size, step=step)

    @property
    def whole(self) -> "_Sight":
        return _Sight(limit=self.limit, size=Fraction(self.limit), step=self.step)

    @property
    def pixels(self) -> int:
        return min(math.ceil(self.size), self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What arrives at a layer: a shape, and what its values see in height and width."""

    shape: Shape
    height: _Sight
    width: _Sight

    def after(self, change: Effect) -> "_Place":
        shape = change.output_shape
        if change.scans is None:
            return _Place(shape=shape, height=self.height.whole, width=self.width.whole)
        height, width = change.scans
        return _Place(
            shape=shape,
            height=self.height.through(height),
            width=self.width.through(width),
        )

    def joined(self, other: "_Place") -> "_Place":
        return _Place(
            shape=self.shape,
            height=self.height.joined(other.height),
            width=self.width.joined(other.width),
        )


def trace(layers: Sequence[Layer], input_shape: Shape, classes: int) -> ModelTable:
    """Returns the table of the model for images of ``input_shape``.

    Args:
        layers: The model, first layer first.
        input_shape: (channels, height, width) of one image.
        classes: How many outputs the model must end in.

    Raises:
        ModelError: No image fits through, or the model is too large; the message names
            the layer's number, type and the reason.
    """
    if not layers:
        raise ModelError("the model has no layers")
    _, height, width = input_shape
    start = _Place(
        shape=input_shape, height=_Sight(limit=height), width=_Sight(limit=width)
    )
    rows, end = _trace_stack(layers, start, classes)
    _check_total(rows, [row.parameters for row in rows], MAX_PARAMETERS, "parameters")
    _check_total(
        rows, [row.activations for row in rows], MAX_ACTIVATIONS, "values per image"
    )
    _check_end(end.shape, classes)
    return ModelTable(
        input_shape=input_shape,
        rows=tuple(rows),
        parameters=sum(row.parameters for row in rows),
        multiply_adds=sum(row.multiply_adds for row in rows),
        activations=sum(row.activations for row in rows),
    )


def _trace_stack(
    layers: Sequence[Layer], place: _Place, classes: int, prefix: str = ""
) -> tuple[list[LayerRow], _Place]:
    rows: list[LayerRow] = []
    for index, layer in enumerate(layers, start=1):
        added, place = _trace_layer(layer, place, classes, f"{prefix}{index}")
        rows += added
    return rows, place


def _trace_layer(
    layer: Layer, place: _Place, classes: int, number: str
) -> tuple[list[LayerRow], _Place]:
    nested: list[LayerRow] = []
    branch = None
    if isinstance(layer, Residual):
        nested, branch = _trace_stack(layer.layers, place, classes, f"{number}.")
    try:
        change = effect(layer, place.shape, classes)
    except ModelError as error:
        raise ModelError(f"layer {number}, {layer.type}: {error}") from None
    after = place.after(change)
    if branch:
        after = after.joined(branch)
    return [_row(layer, number, place, change, after), *nested], after


def _row(
    layer: Layer, number: str, before: _Place, change: Effect, after: _Place
) -> LayerRow:
    return LayerRow(
        number=number,
        depth=number.count("."),
        type=layer.type,
        summary=_summary(layer, after.shape),
        input_shape=before.shape,
        output_shape=after.shape,
        formula=change.formula,
        parameter_shapes=change.parameter_shapes,
        parameters=sum(map(math.prod, change.parameter_shapes)),
        multiply_adds=change.multiply_adds,
        activations=math.prod(after.shape) + change.extra_elements,
        receptive_field=(after.height.pixels, after.width.pixels),
    )


def _summary(layer: Layer, output_shape: Shape) -> str:
    match layer:
        case Conv2d():
            return (
                f"{layer.type} {layer.out_channels}, {text.shape(layer.kernel_size)}"
                f"{_stride_note(layer.stride, (1, 1))}"
            )
        case MaxPool2d() | AvgPool2d():
            note = _stride_note(layer.stride, layer.kernel_size)
            return f"{layer.type} {text.shape(layer.kernel_size)}{note}"
        case AdaptiveAvgPool2d():
            return f"{layer.type} {text.shape(layer.output_size)}"
        case Linear():
            return f"{layer.type} {output_shape[0]}"
        case Dropout() | Dropout2d():
            return f"{layer.type} {layer.p:g}"
        case LeakyReLU():
            return f"{layer.type} {layer.negative_slope:g}"
        case _:
            return layer.type


def _stride_note(stride: tuple[int, int] | None, usual: tuple[int, int]) -> str:
    if stride in (None, usual):
        return ""
    height, width = stride
    return f", stride {height}" if height == width else f", stride {height}×{width}"


def _check_total(
    rows: Sequence[LayerRow], counts: Sequence[int], most: int, unit: str
) -> None:
    """Raises a ModelError that names the layer whose count takes the sum over most."""
    for row, total in zip(rows, accumulate(counts), strict=True):
        if total > most:
            raise ModelError(
                f"layer {row.number}, {row.type}: with it the model has "
                f"{text.quantity(total)} {unit}, allowed are {text.quantity(most)}"
            )


def _check_end(shape: Shape, classes: int) -> None:
    if shape != (classes,):
        ending = "flatten and linear" if len(shape) > 1 else "linear"
        raise ModelError(
            f"the model ends in {describe(shape)}, it must end in {classes} outputs, "
            f"one per class: end it with {ending}: {{out_features: classes}}"
        )
