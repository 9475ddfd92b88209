"""The pictures beside one value: what it is made from, and the map that it is of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cnn_tui.layers import AvgPool2d, Conv2d, MaxPool2d
from cnn_tui.look.messages import Rectangle
from cnn_tui.look.what_if import Sliding, axes_of, mode_of, padded
from cnn_tui.pictures.canvas import (
    blank,
    enlarged,
    frame,
    reduced,
    side_by_side,
)
from cnn_tui.pictures.colours import (
    Pixels,
    diverging,
    from_image,
    limit_of,
)
from cnn_tui.ui.explorer.view import View

GAP = 1
"""Pixels between pictures."""
_HATCH = (96, 96, 104)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """A picture, and the rectangle in it that is outlined, in its own pixels."""

    caption: str
    pixels: Pixels
    outlined: Rectangle | None = None
    can_miss: bool = False
    """Whether it is left out where there is no room for it in its own size."""


def sheets(view: View, *, shows_all: bool) -> list[Sheet]:
    """Returns what is to be drawn, from the picture to the map."""
    picture = Sheet(
        caption=f"picture{_sees(view.told.regions['0'], view.seen.image.shape[1:])}",
        pixels=from_image(view.seen.image),
        outlined=view.told.regions["0"],
    )
    if view.is_flat:
        return [picture, *_weighed(view)]
    shown = [
        _input(view),
        *([_output(view, shows_all)] if view.seen.maps.ndim == 3 else []),
    ]
    is_picture = view.before_number == "0" and len(view.before) == 1
    return shown if is_picture else [picture, *shown]


def laid_out(sheets: Sequence[Sheet], height: int, width: int) -> tuple[Pixels, str]:
    """Returns pictures in a row, as large as there is room for, and their captions.

    ``height`` and ``width`` are in pixels; a picture that fits is enlarged by a whole
    factor, one that does not is reduced.
    """
    total = sum(sheet.pixels.shape[1] + GAP for sheet in sheets) - GAP
    tallest = max(sheet.pixels.shape[0] for sheet in sheets)
    if total > width or tallest > height:
        sheets = [sheet for sheet in sheets if not sheet.can_miss]
    sizes = _sizes([sheet.pixels.shape[:2] for sheet in sheets], height, width)
    canvas = blank(max(h for h, _ in sizes), sum(w + GAP for _, w in sizes) - GAP)
    in_a_row = "  ".join(sheet.caption for sheet in sheets)
    captions, left = "", 0
    for index, (sheet, size) in enumerate(zip(sheets, sizes, strict=True)):
        canvas[: size[0], left : left + size[1]] = _scaled(sheet, size)
        is_last = index == len(sheets) - 1
        room = None if is_last else size[1]
        captions = captions.ljust(left) + sheet.caption[:room]
        left += size[1] + GAP
    is_cut = any(sheet.caption not in captions for sheet in sheets)
    return canvas, in_a_row if is_cut and len(in_a_row) <= width else captions


def canvas_of(
    layer: Sliding, values: np.ndarray, limit: float
) -> tuple[Pixels, int, int]:
    """Returns H×W with its padding, hatched, and how many rows and columns that adds.

    Only those above and on the left are counted.
    """
    height, width = axes_of(layer, values.shape)
    mode = mode_of(layer)
    if not (sum(height.padding) or sum(width.padding)):
        return diverging(values, limit), 0, 0
    filled = padded(values, (height.padding, width.padding), mode)
    pixels = diverging(filled, limit)
    top, left = height.padding[0], width.padding[0]
    outside = np.ones(filled.shape, bool)
    outside[top : top + values.shape[0], left : left + values.shape[1]] = False
    rows, columns = np.indices(filled.shape)
    pixels[outside & ((rows + columns) % 2 == 0), :3] = _HATCH
    return pixels, top, left


def _sees(region: Rectangle, size: tuple[int, ...]) -> str:
    """Returns which part of the picture is looked at."""
    if (region.height, region.width) == tuple(size):
        return ": all"
    return f" {region.height}×{region.width}"


def _input(view: View) -> Sheet:
    """Returns the input channel of the term that is looked at, and the window in it."""
    values = view.before[view.input_channel if view.before.ndim == 3 else None]
    pixels, top, left = _padded(view, values)
    window = view.window
    placed = Rectangle(
        top=window.top + top,
        left=window.left + left,
        height=window.height,
        width=window.width,
    )
    _dim_skipped(pixels, placed, view.told.dilation)
    return Sheet(caption=_input_words(view), pixels=pixels, outlined=placed)


def _padded(view: View, values: np.ndarray) -> tuple[Pixels, int, int]:
    limit = limit_of(view.before)
    if isinstance(view.layer, Conv2d | MaxPool2d | AvgPool2d):
        return canvas_of(view.layer, values, limit)
    return diverging(values, limit), 0, 0


def _input_words(view: View) -> str:
    if view.before_number == "0":
        return "picture"
    words = f"in {view.input_channel + 1}/{len(view.before)}"
    return f"{words}, all count" if view.is_projected else words


def _dim_skipped(pixels: Pixels, window: Rectangle, dilation: tuple[int, int]) -> None:
    """Darkens the places of a window that a dilated kernel leaves out."""
    rows, columns = np.indices((window.height, window.width))
    skipped = (rows % dilation[0] > 0) | (columns % dilation[1] > 0)
    rows, columns = rows[skipped] + window.top, columns[skipped] + window.left
    inside = (rows >= 0) & (rows < pixels.shape[0])
    inside &= (columns >= 0) & (columns < pixels.shape[1])
    pixels[rows[inside], columns[inside], :3] //= 2


def _output(view: View, shows_all: bool) -> Sheet:
    """Returns the map of the channel, as far as it was visited."""
    channel, y, x = view.place
    values = view.seen.maps[channel]
    pixels = diverging(values, limit_of(view.seen.maps))
    if not shows_all:
        pixels[~view.visited] = 0
    done = "all" if shows_all else f"{int(view.visited.sum())} of {view.visited.size}"
    at = Rectangle(top=y, left=x, height=1, width=1)
    return Sheet(
        caption=f"out {channel + 1}/{len(view.seen.maps)} · {done}",
        pixels=pixels,
        outlined=at,
    )


def _weighed(view: View) -> list[Sheet]:
    """Returns weights × values where they were before they were flattened.

    First their sum over the channels, then each channel.
    """
    products = view.term.values.astype(float) * _weights(view)
    if len(view.shape) != 3:
        return [Sheet(caption="weight × value", pixels=diverging(_folded(products)))]
    channels = products.reshape(view.shape)
    limit = limit_of(channels)
    tiles = [diverging(channel, limit) for channel in channels]
    return [
        Sheet(caption="for / against", pixels=diverging(channels.sum(0))),
        Sheet(
            caption=f"each of {len(tiles)} channels",
            pixels=side_by_side(tiles, _columns(len(tiles))),
            can_miss=True,
        ),
    ]


def _weights(view: View) -> np.ndarray:
    assert view.term.weights is not None
    return view.term.weights


def _columns(count: int) -> int:
    """Returns how many of so many are in a row of a wide rectangle."""
    return max(1, round(math.sqrt(2 * count)))


def _folded(values: np.ndarray) -> np.ndarray:
    """Returns flat values in rows of as many; what is left over is 0."""
    columns = max(1, round(math.sqrt(len(values))))
    rows = -(-len(values) // columns)
    filled = np.zeros(rows * columns)
    filled[: len(values)] = values
    return filled.reshape(rows, columns)


def _sizes(
    sizes: Sequence[tuple[int, ...]], height: int, width: int
) -> list[tuple[int, int]]:
    """Returns how large each of some pictures is drawn; the smallest grow first."""
    width -= GAP * (len(sizes) - 1)
    shares = [min(1.0, height / h) for h, _ in sizes]
    needed = sum(share * w for share, (_, w) in zip(shares, sizes, strict=True))
    if needed > width:
        shares = [share * width / needed for share in shares]

    def scaled(shares: Sequence[float]) -> list[tuple[int, int]]:
        return [
            (max(1, int(share * h)), max(1, int(share * w)))
            for share, (h, w) in zip(shares, sizes, strict=True)
        ]

    def larger(shares: list[float]) -> list[float] | None:
        for index in sorted(range(len(sizes)), key=lambda i: shares[i] * sizes[i][1]):
            grown = [share + (at == index) for at, share in enumerate(shares)]
            tall, wide = (
                grown[index] * sizes[index][0],
                sum(w for _, w in scaled(grown)),
            )
            if shares[index] >= 1 and tall <= height and wide <= width:
                return grown
        return None

    while (grown := larger(shares)) is not None:
        shares = grown
    return scaled(shares)


def _scaled(sheet: Sheet, size: tuple[int, int]) -> Pixels:
    """Returns a sheet in a size, with the outline around what it is of."""
    height, width = sheet.pixels.shape[:2]
    if size[0] >= height and size[1] >= width:
        pixels = enlarged(sheet.pixels, size[0] // height)
    else:
        pixels = reduced(sheet.pixels, *size)
    if (region := sheet.outlined) is not None:
        down, across = size[0] / height, size[1] / width
        top, left = int(region.top * down), int(region.left * across)
        bottom = max(top + 1, int((region.top + region.height) * down))
        right = max(left + 1, int((region.left + region.width) * across))
        frame(pixels, top - 1, left - 1, bottom - top + 2, right - left + 2)
    return pixels
