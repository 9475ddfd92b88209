"""A layer explained: its words in lines, its windows and what it sees in pictures."""

from collections.abc import Iterator, Sequence

import numpy as np
from textual.content import Content

from cnn_tui import text
from cnn_tui.layers import (
    Conv2d,
    Linear,
    MaxPool2d,
    Region,
    Residual,
    Stage,
    receptive_field,
    region_before,
    whole,
)
from cnn_tui.layers.stages import previous
from cnn_tui.look.messages import Rectangle
from cnn_tui.look.what_if import Sliding, axes_of
from cnn_tui.pictures.colours import NEGATIVE, POSITIVE, Colour, Pixels, from_image
from cnn_tui.shaping.explained import explained
from cnn_tui.ui.explorer.maps import Sheet

HEADING_WIDTH = 15
_LEGEND = "orange: the first value's window, blue: the next, white: both"
_FIRST, _NEXT, _BOTH = POSITIVE, NEGATIVE, (240, 240, 240)
_GROUND: Colour = (56, 56, 62)
_HATCH: Colour = (104, 104, 112)
_MOST_PLACES = 512
"""Of a side that is drawn: a picture of more would only be made smaller again."""


def title(stage: Stage, stages: Sequence[Stage]) -> str:
    """Returns which layer it is, and what becomes of its input's shape."""
    shapes = f"{text.shape(stage.input_shape)} → {text.shape(stage.output_shape)}"
    last = stages[-1].number.partition(".")[0]
    return f"Layer {stage.number} of {last}: {stage.layer.type} · {shapes}"


def lines(stage: Stage) -> list[Content]:
    """Returns how the numbers of a layer come about, and what the colours mean."""
    legend = [("colours", _LEGEND)] if _places(stage) else []
    return [
        Content.assemble((heading.ljust(HEADING_WIDTH), "$foreground 60%"), words)
        for heading, words in (*explained(stage), *legend)
    ]


def sheets(
    stage: Stage, stages: Sequence[Stage], image: "np.ndarray | None"
) -> Iterator[Sheet]:
    """Yields what a layer sees of the image, then its input and its output.

    ``image`` is uint8 H×W×3, or None where none is loaded.
    """
    yield _seen(stage, stages, image)
    if len(stage.input_shape) == 3:
        yield _input(stage)
    if len(stage.output_shape) == 3:
        yield _output(stage)


def _seen(stage: Stage, stages: Sequence[Stage], image: "np.ndarray | None") -> Sheet:
    shape = stages[0].input_shape
    region = _region_seen(stage, stages)
    if image is None or image.shape[:2] != shape[1:]:
        pixels, name = _ground(*shape[1:]), "image"
    else:
        pixels, name = from_image(image.transpose(2, 0, 1)), "picture"
    caption = f"{name}: sees {region.height}×{region.width}"
    return Sheet(caption=caption, pixels=pixels, outlined=_rectangle(region))


def _region_seen(stage: Stage, stages: Sequence[Stage]) -> Region:
    """Returns what of the image the value in the middle of a layer's output sees."""
    at: Stage | None = stage
    while at and len(at.output_shape) == 1:
        if isinstance(at.layer, Linear | Residual):
            break
        at = previous(stages, at)  # a feature sees what the value did that it was
    size = whole(at.output_shape if at else stages[0].input_shape)
    middle = Region.at(size.height // 2, size.width // 2)
    return receptive_field(stages, at, middle)["0"] if at else middle


def _input(stage: Stage) -> Sheet:
    """Returns the places of the input, with padding, and the first two windows."""
    layer, shape = stage.layer, stage.input_shape
    (top, bottom), (left, right) = _padding(stage)
    rows, columns = top + shape[1] + bottom, left + shape[2] + right
    pixels = _ground(rows, columns)
    y, x = np.indices(pixels.shape[:2])
    inside = (y >= top) & (y < top + shape[1]) & (x >= left) & (x < left + shape[2])
    pixels[~inside & ((y + x) % 2 == 0), :3] = _HATCH
    regions = [region_before(layer, shape, place) for place in _places(stage)]
    moved = [
        Region(top=r.top + top, left=r.left + left, height=r.height, width=r.width)
        for r in regions
    ]
    _paint(pixels, moved, _dilation(stage))
    padded = ", hatched: padding" if (rows, columns) != shape[1:] else ""
    return Sheet(
        caption=f"input {text.shape(shape[1:])}{padded}",
        pixels=pixels,
        outlined=_rectangle(moved[0]) if moved else None,
    )


def _output(stage: Stage) -> Sheet:
    sizes = stage.output_shape[1:]
    pixels = _ground(*sizes)
    _paint(pixels, _places(stage), (1, 1))
    return Sheet(caption=f"output {text.shape(sizes)}", pixels=pixels, can_miss=True)


def _places(stage: Stage) -> list[Region]:
    """Returns the first place of the output and the next one, if there are any."""
    if len(stage.output_shape) != 3:
        return []
    _, height, width = stage.output_shape
    following = [Region.at(0, 1)] * (width > 1) or [Region.at(1, 0)] * (height > 1)
    return [Region.at(0, 0), *following]


def _padding(stage: Stage) -> tuple[tuple[int, int], tuple[int, int]]:
    if not isinstance(stage.layer, Sliding):
        return (0, 0), (0, 0)
    height, width = axes_of(stage.layer, stage.input_shape[1:])
    return height.padding, width.padding


def _dilation(stage: Stage) -> tuple[int, int]:
    layer = stage.layer
    return layer.dilation if isinstance(layer, Conv2d | MaxPool2d) else (1, 1)


def _paint(
    pixels: Pixels, regions: Sequence[Region], dilation: tuple[int, int]
) -> None:
    """Colours the places of two windows, those of a dilated kernel alone."""
    height, width = pixels.shape[:2]
    masks = []
    for region in regions:
        mask = np.zeros((height, width), bool)
        area = region.clipped(height, width)
        mask[
            area.top : area.top + area.height : dilation[0],
            area.left : area.left + area.width : dilation[1],
        ] = True
        masks.append(mask)
    for mask, colour in zip(masks, (_FIRST, _NEXT), strict=False):
        pixels[mask, :3] = colour
    if len(masks) == 2:
        pixels[masks[0] & masks[1], :3] = _BOTH


def _rectangle(region: Region) -> Rectangle:
    return Rectangle(
        top=region.top, left=region.left, height=region.height, width=region.width
    )


def _ground(rows: int, columns: int) -> Pixels:
    size = min(rows, _MOST_PLACES), min(columns, _MOST_PLACES)
    return np.full((*size, 4), (*_GROUND, 255), np.uint8)
