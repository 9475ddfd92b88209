"""Pixels made larger, smaller, put side by side and marked."""

import itertools
from collections.abc import Sequence

import numpy as np

from cnn_tui.pictures.colours import Colour, Pixels

MARK: Colour = (255, 255, 255)


def blank(height: int, width: int) -> Pixels:
    """Returns pixels with nothing on them."""
    return np.zeros((height, width, 4), np.uint8)


def fitted(pixels: Pixels, height: int, width: int) -> Pixels:
    """Returns a picture as large as it can be within a size, in its own proportions.

    Larger by a whole factor, so that its pixels stay squares; smaller to any size.
    """
    factor = min(height // pixels.shape[0], width // pixels.shape[1])
    if factor >= 1:
        return enlarged(pixels, factor)
    share = min(height / pixels.shape[0], width / pixels.shape[1])
    return reduced(pixels, *(max(1, int(n * share)) for n in pixels.shape[:2]))


def enlarged(pixels: Pixels, factor: int) -> Pixels:
    """Returns each pixel as a square of ``factor``×``factor``."""
    return pixels.repeat(factor, 0).repeat(factor, 1)


def reduced(pixels: Pixels, height: int, width: int) -> Pixels:
    """Returns a picture in another size, each pixel the mean of its part of it."""
    parts = pixels.astype(np.float64)
    for axis, size in enumerate((height, width)):
        spans = _spans(pixels.shape[axis], size)
        means = [parts.take(range(*span), axis).mean(axis) for span in spans]
        parts = np.stack(means, axis)
    return parts.round().astype(np.uint8)


def side_by_side(
    pictures: Sequence[Pixels], columns: int, gap: int = 1, marked: int | None = None
) -> Pixels:
    """Returns pictures of one size in rows of ``columns``, one of them marked.

    The mark is a line around it, in the gap; so is room for it around all of them.
    """
    height, width = pictures[0].shape[:2]
    rows = -(-len(pictures) // columns)
    canvas = blank(rows * (height + gap) + gap, columns * (width + gap) + gap)
    for number, picture in enumerate(pictures):
        top, left = place(number, columns, (height, width), gap)
        if number == marked:
            frame(canvas, top - 1, left - 1, height + 2, width + 2)
        canvas[top : top + height, left : left + width] = picture
    return canvas


def place(
    number: int, columns: int, size: tuple[int, int], gap: int = 1
) -> tuple[int, int]:
    """Returns where a picture of ``side_by_side`` begins: (top, left)."""
    row, column = divmod(number, columns)
    return gap + row * (size[0] + gap), gap + column * (size[1] + gap)


def frame(
    pixels: Pixels,
    top: int,
    left: int,
    height: int,
    width: int,
    colour: Colour = MARK,
) -> None:
    """Draws a line around a rectangle, on its outermost pixels; what is off is off."""
    rows, columns = range(top, top + height), range(left, left + width)
    for y, x in itertools.chain(
        itertools.product((rows[0], rows[-1]), columns),
        itertools.product(rows, (columns[0], columns[-1])),
    ):
        if 0 <= y < pixels.shape[0] and 0 <= x < pixels.shape[1]:
            pixels[y, x] = (*colour, 255)


def _spans(length: int, parts: int) -> list[tuple[int, int]]:
    """Cuts a length into parts, none of them empty."""
    ends = [length * part // parts for part in range(parts + 1)]
    return [
        (start, max(start + 1, end))
        for start, end in itertools.pairwise(ends)
        if start < length
    ]
