"""Answers about a network as sheets of pictures."""

from collections.abc import Callable, Sequence

import numpy as np

from cnn_tui.look.messages import LayerFacts, OcclusionMap, Patches, Rectangle
from cnn_tui.pictures.canvas import frame
from cnn_tui.pictures.colours import Pixels, diverging, from_image, limit_of, share_of
from cnn_tui.pictures.sheet import Sheet
from cnn_tui.text import printable
from cnn_tui.ui.inside.place import Scale
from cnn_tui.ui.inside.words import value_word

_MARGIN = 4
"""Pixels around what a channel sees."""


def as_maps(outputs: "np.ndarray") -> "np.ndarray":
    """Returns outputs as C×H×W; a flat one is a map of one place for each feature."""
    return outputs if outputs.ndim == 3 else outputs[:, None, None]


def kernels(
    filters: "np.ndarray | None", layers: Sequence[LayerFacts], row: int
) -> "np.ndarray | None":
    """Returns the weights of ``layers[row]`` as out×in×H×W.

    Those of a linear layer behind a flatten have the shape of what was flattened.
    """
    if filters is None or filters.ndim not in (2, 4):
        return None
    if filters.ndim == 4:
        return filters
    for before in reversed(layers[:row]):
        if before.type == "flatten" and len(before.input_shape) == 3:
            return filters.reshape(len(filters), *before.input_shape)
        if before.output_shape != layers[row].input_shape:
            break
    return filters[:, None, None, :]


def limits(values: "np.ndarray", scale: Scale, net_limit: float) -> "np.ndarray":
    """Returns what has the full colour in each of C×H×W."""
    if scale is Scale.UNIT:
        return np.array([limit_of(value) for value in values])
    whole = net_limit if scale is Scale.NET else limit_of(values)
    return np.full(len(values), whole)


def painted(values: "np.ndarray", limits: "np.ndarray") -> Pixels:
    """Returns N×H×W as pixels, each by its own limit."""
    number, height, width = values.shape
    shares = values / np.where(limits > 0, limits, 1)[:, None, None]
    return diverging(shares.reshape(-1, width), 1.0).reshape(number, height, width, 4)


def value_sheet(
    values: "np.ndarray",
    limits: "np.ndarray",
    marked: int,
    note: Callable[[int], str] = lambda number: "",
) -> Sheet:
    """Returns C×H×W as pictures with their numbers, and with notes where they fit."""
    numbers = [str(number + 1) for number in range(len(values))]
    noted = [f"{n}{note(i)}" for i, n in enumerate(numbers)]
    return Sheet(
        count=len(values),
        size=values.shape[1:],
        paint=lambda part: painted(
            values[part.start : part.stop], limits[part.start : part.stop]
        ),
        captions=(noted, numbers),
        marked=marked,
    )


def patch_sheet(patches: Patches, class_names: Sequence[str], marked: int) -> Sheet:
    """Returns what excites a channel: the surroundings, a line around what it saw."""
    surroundings = _surroundings(patches)
    pictures = [
        _cut(picture, region, surroundings)
        for picture, region in zip(patches.images, patches.regions, strict=True)
    ]
    said = [
        f"{printable(class_names[label])} {value_word(value)}"
        for label, value in zip(patches.labels, patches.values, strict=True)
    ]
    values = [value_word(value) for value in patches.values]
    return _fixed(np.stack(pictures), (said, values), marked)


def occlusion_sheet(found: OcclusionMap, image: "np.ndarray", marked: int) -> Sheet:
    """Returns how far a class falls where a picture is covered, over it and alone."""
    picture, fall = from_image(image), diverging(found.drop)
    share = np.abs(found.drop) / (limit_of(found.drop) or 1)
    weight = share_of(share)[..., :1] / 255
    over = (picture * (1 - weight) + fall * weight).round().astype(np.uint8)
    said = ["over the picture", "alone"]
    return _fixed(np.stack([over, fall]), (said,), marked, least_shown=1)


def _fixed(
    pictures: Pixels,
    captions: Sequence[Sequence[str]],
    marked: int,
    least_shown: int = 4,
) -> Sheet:
    return Sheet(
        count=len(pictures),
        size=pictures.shape[1:3],
        paint=lambda part: pictures[part.start : part.stop],
        captions=captions,
        marked=marked,
        least_shown=least_shown,
    )


def _surroundings(patches: Patches) -> tuple[int, int]:
    """Returns the size that shows each region, and some of what is around it."""
    size = patches.images.shape[2:]
    height = max(region.height for region in patches.regions) + 2 * _MARGIN
    width = max(region.width for region in patches.regions) + 2 * _MARGIN
    return min(height, size[0]), min(width, size[1])


def _cut(image: "np.ndarray", region: Rectangle, size: tuple[int, int]) -> Pixels:
    """Returns a part of a picture around a region, with a line outside of that."""
    picture = from_image(image)
    frame(picture, region.top - 1, region.left - 1, region.height + 2, region.width + 2)
    top = region.top + region.height // 2 - size[0] // 2
    left = region.left + region.width // 2 - size[1] // 2
    top = min(max(0, top), picture.shape[0] - size[0])
    left = min(max(0, left), picture.shape[1] - size[1])
    return picture[top : top + size[0], left : left + size[1]]
