"""Answers about a network as sheets of pictures."""

from collections.abc import Callable, Sequence

import numpy as np

from cnn_tui.look.messages import LayerFacts, OcclusionMap, Patches
from cnn_tui.pictures.canvas import enlarged, frame
from cnn_tui.pictures.colours import Pixels, diverging, from_image, limit_of, share_of
from cnn_tui.pictures.sheet import Sheet
from cnn_tui.text import significant
from cnn_tui.ui.inside.place import Scale


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


def patch_sheet(patches: Patches, class_names: Sequence[str]) -> Sheet:
    """Returns the pictures that excite a channel, with a line around what it saw."""
    pictures = np.stack([_outlined(patches, n) for n in range(len(patches.images))])
    said = [
        f"{class_names[label]} {significant(value)}"
        for label, value in zip(patches.labels, patches.values, strict=True)
    ]
    return _fixed(pictures, said)


def occlusion_sheet(found: OcclusionMap, image: "np.ndarray") -> Sheet:
    """Returns a picture, how far a class falls where it is covered, and both."""
    picture, drop = from_image(image), found.drop
    fall = diverging(drop)
    share = np.abs(drop) / (limit_of(drop) or 1)
    weight = share_of(share)[..., :1] / 255
    both = (picture * (1 - weight) + fall * weight).round().astype(np.uint8)
    said = ["the picture", "the fall", "both"]
    return _fixed(np.stack([picture, fall, both]), said)


def _fixed(pictures: Pixels, captions: Sequence[str]) -> Sheet:
    return Sheet(
        count=len(pictures),
        size=pictures.shape[1:3],
        paint=lambda part: pictures[part.start : part.stop],
        captions=(captions,),
    )


def _outlined(patches: Patches, number: int) -> Pixels:
    """Returns a picture with a line around a region, twice as large where it is small.

    The line lies around what is seen, so that it hides nothing of it.
    """
    picture, region = from_image(patches.images[number]), patches.regions[number]
    factor = 2 if max(picture.shape[:2]) <= 32 else 1
    picture = enlarged(picture, factor)
    top, left = region.top * factor - 1, region.left * factor - 1
    size = region.height * factor + 2, region.width * factor + 2
    frame(picture, top, left, *size)
    return picture
