"""The layers of a model one by one, and what a value of each is made from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from cnn_tui.layers.effects import conv_axis, output_shape, pool_axis
from cnn_tui.layers.shapes import Shape, projection
from cnn_tui.layers.specs import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    Residual,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One layer at its place.

    Attributes:
        number: As in the table of the model: "4", or "7.2" in the residual 7.
        path: The name of its module in the torch model: "3", "6.body.1".
    """

    number: str
    path: str
    layer: Layer
    input_shape: Shape
    output_shape: Shape


def stages(layers: Sequence[Layer], input_shape: Shape, classes: int) -> list[Stage]:
    """Returns the layers in the order of the table: a residual, then those in it."""
    return list(_stages(layers, input_shape, classes))


def _stages(
    layers: Sequence[Layer],
    shape: Shape,
    classes: int,
    number: str = "",
    path: str = "",
) -> Iterator[Stage]:
    for index, layer in enumerate(layers):
        after = output_shape(layer, shape, classes)
        stage = Stage(
            number=f"{number}{index + 1}",
            path=f"{path}{index}",
            layer=layer,
            input_shape=shape,
            output_shape=after,
        )
        yield stage
        if isinstance(layer, Residual):
            nested = f"{stage.number}.", f"{stage.path}.body."
            yield from _stages(layer.layers, shape, classes, *nested)
        shape = after


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A rectangle of places; in padding it is below 0, or beyond the size."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def at(cls, y: int, x: int) -> Self:
        """Returns one place."""
        return cls(top=y, left=x, height=1, width=1)

    def clipped(self, height: int, width: int) -> "Region":
        """Returns the part of it that lies within a size; at least one place."""
        top, left = min(max(self.top, 0), height - 1), min(max(self.left, 0), width - 1)
        bottom = min(max(self.top + self.height, top + 1), height)
        right = min(max(self.left + self.width, left + 1), width)
        return Region(top=top, left=left, height=bottom - top, width=right - left)

    def joined(self, other: "Region") -> "Region":
        """Returns the smallest one around both."""
        top, left = min(self.top, other.top), min(self.left, other.left)
        bottom = max(self.top + self.height, other.top + other.height)
        right = max(self.left + self.width, other.left + other.width)
        return Region(top=top, left=left, height=bottom - top, width=right - left)


def region_before(layer: Layer, input_shape: Shape, region: Region) -> Region:
    """Returns which places of a layer's input a region of its output is made from.

    With stride S, padding P and a window that reaches over R places, the output i sees
    i·S − P up to i·S − P + R − 1.
    """
    match layer:
        case Conv2d() | MaxPool2d() | AvgPool2d():
            top, height = _span(layer, input_shape, 0, region.top, region.height)
            left, width = _span(layer, input_shape, 1, region.left, region.width)
            return Region(top=top, left=left, height=height, width=width)
        case AdaptiveAvgPool2d():
            top, height = _adaptive(layer, input_shape, 0, region.top, region.height)
            left, width = _adaptive(layer, input_shape, 1, region.left, region.width)
            return Region(top=top, left=left, height=height, width=width)
        case Linear() | Flatten():
            return whole(input_shape)
        case Residual():
            return _residual(layer, input_shape, region)
        case _:
            return region


def receptive_field(
    stages: Sequence[Stage], stage: Stage, region: Region
) -> dict[str, Region]:
    """Returns what a region of a stage's output is made from, back to the image.

    By the numbers of the stages whose outputs they are of, "0" for the image; all lie
    within the sizes there.
    """
    found: dict[str, Region] = {}
    while True:
        size = whole(stage.input_shape)
        region = region_before(stage.layer, stage.input_shape, region)
        region = region.clipped(size.height, size.width)
        before = previous(stages, stage)
        found[before.number if before else "0"] = region
        if before is None:
            return found
        stage = before


def previous(stages: Sequence[Stage], stage: Stage) -> Stage | None:
    """Returns the stage whose output a stage gets; None where it gets the image."""
    parent, _, index = stage.number.rpartition(".")
    by_number = {s.number: s for s in stages}
    if index != "1":
        return by_number[".".join(filter(None, (parent, str(int(index) - 1))))]
    return previous(stages, by_number[parent]) if parent else None


def whole(shape: Shape) -> Region:
    """Returns all places of a shape; a flat one has as many columns as features."""
    height, width = shape[1:] if len(shape) == 3 else (1, shape[0])
    return Region(top=0, left=0, height=height, width=width)


def _span(
    layer: Conv2d | MaxPool2d | AvgPool2d, shape: Shape, index: int, at: int, size: int
) -> tuple[int, int]:
    axis_of = conv_axis if isinstance(layer, Conv2d) else pool_axis
    axis = axis_of(layer, shape, index)  # type: ignore[arg-type]
    start = at * axis.stride - axis.padding[0]
    return start, (size - 1) * axis.stride + axis.reach


def _adaptive(
    layer: AdaptiveAvgPool2d, shape: Shape, index: int, at: int, size: int
) -> tuple[int, int]:
    places, windows = shape[1 + index], layer.output_size[index]
    start = at * places // windows
    end = -(-(at + size) * places // windows)
    return start, end - start


def _residual(layer: Residual, shape: Shape, region: Region) -> Region:
    """Returns what both ways of a residual see."""
    inner, shapes = list(layer.layers), [shape]
    for nested in inner:
        shapes.append(output_shape(nested, shapes[-1], 0))
    skip = projection(shape, shapes[-1])
    past = region if skip is None else region_before(skip, shape, region)
    for nested, before in zip(reversed(inner), reversed(shapes[:-1]), strict=True):
        region = region_before(nested, before, region)
    return region.joined(past)
