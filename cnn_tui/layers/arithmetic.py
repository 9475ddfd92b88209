"""The table of a model: the shapes, parameters and multiply-adds of every layer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from cnn_tui import text
from cnn_tui.errors import ModelError
from cnn_tui.layers.effects import Effect, effect
from cnn_tui.layers.places import Place, Sight
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
class Unreadable:
    """What stands where a layer should, and why it is none: no image gets further."""

    type: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a model cannot be, and where.

    Attributes:
        number: The layer's; "" where it is the end or the whole that is wrong.
        input_shape: What arrives there.
    """

    number: str
    type: str
    reason: str
    input_shape: Shape

    def __str__(self) -> str:
        where = f"layer {self.number}, {self.type}: " if self.number else ""
        return f"{where}{self.reason}"


class _FaultError(ModelError):
    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


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
    table, fault = trace_partly(layers, input_shape, classes)
    if fault is not None:
        raise ModelError(str(fault))
    return table


def trace_partly(
    layers: Sequence[Layer | Unreadable], input_shape: Shape, classes: int
) -> tuple[ModelTable, Fault | None]:
    """Returns the table of the model as far as an image gets, and what stops it there.

    A residual in which it is stopped has no row, the layers before that in it have.
    """
    _, height, width = input_shape
    start = Place(
        shape=input_shape, height=Sight(limit=height), width=Sight(limit=width)
    )
    rows, fault = list[LayerRow](), None
    try:
        end = _trace_stack(layers, start, classes, rows)
        _check_total(rows, [r.parameters for r in rows], MAX_PARAMETERS, "parameters")
        activations = [row.activations for row in rows]
        _check_total(rows, activations, MAX_ACTIVATIONS, "values per image")
        _check_end(end.shape, classes, is_empty=not layers)
    except _FaultError as error:
        fault = error.fault
    return ModelTable(
        input_shape=input_shape,
        rows=tuple(rows),
        parameters=sum(row.parameters for row in rows),
        multiply_adds=sum(row.multiply_adds for row in rows),
        activations=sum(row.activations for row in rows),
    ), fault


def _trace_stack(
    layers: Sequence[Layer | Unreadable],
    place: Place,
    classes: int,
    rows: list[LayerRow],
    prefix: str = "",
) -> Place:
    """Adds the rows of the layers, as far as an image gets; returns what comes out."""
    for index, layer in enumerate(layers, start=1):
        place = _trace_layer(layer, place, classes, rows, f"{prefix}{index}")
    return place


def _trace_layer(
    layer: Layer | Unreadable,
    place: Place,
    classes: int,
    rows: list[LayerRow],
    number: str,
) -> Place:
    branch, index = None, len(rows)
    if isinstance(layer, Residual):
        branch = _trace_stack(layer.layers, place, classes, rows, f"{number}.")
    try:
        if isinstance(layer, Unreadable):
            raise ModelError(layer.reason)
        change = effect(layer, place.shape, classes)
    except ModelError as error:
        raise _fault(number, layer.type, str(error), place.shape) from None
    after = place.after(change)
    if branch:
        after = after.joined(branch)
    rows.insert(index, _row(layer, number, place, change, after))
    return after


def _fault(number: str, layer_type: str, reason: str, shape: Shape) -> _FaultError:
    return _FaultError(
        Fault(number=number, type=layer_type, reason=reason, input_shape=shape)
    )


def _row(
    layer: Layer, number: str, before: Place, change: Effect, after: Place
) -> LayerRow:
    return LayerRow(
        number=number,
        depth=number.count("."),
        type=layer.type,
        summary=summary(layer, after.shape[0]),
        input_shape=before.shape,
        output_shape=after.shape,
        formula=change.formula,
        parameter_shapes=change.parameter_shapes,
        parameters=sum(map(math.prod, change.parameter_shapes)),
        multiply_adds=change.multiply_adds,
        activations=math.prod(after.shape) + change.extra_elements,
        receptive_field=(after.height.pixels, after.width.pixels),
    )


def summary(layer: Layer, outputs: object) -> str:
    """Returns the name and main parameters of a layer: "conv2d 16, 5×5".

    ``outputs`` is how many a linear layer has.
    """
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
            return f"{layer.type} {outputs}"
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
    """Refuses at the layer whose count takes the sum over what is allowed."""
    for row, total in zip(rows, accumulate(counts), strict=True):
        if total > most:
            reason = (
                f"with it the model has {text.quantity(total)} {unit}, "
                f"allowed are {text.quantity(most)}"
            )
            raise _fault(row.number, row.type, reason, row.input_shape)


def _check_end(shape: Shape, classes: int, *, is_empty: bool) -> None:
    if is_empty:
        raise _fault("", "", "the model has no layers", shape)
    if shape != (classes,):
        ending = "flatten and linear" if len(shape) > 1 else "linear"
        reason = (
            f"the model ends in {describe(shape)}, it must end in {classes} outputs, "
            f"one per class: end it with {ending}: {{out_features: classes}}"
        )
        raise _fault("", "", reason, shape)
