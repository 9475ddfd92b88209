"""From pixels to cells: two pixels, one above the other, in each."""

import itertools
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style

from cnn_tui.pictures.colours import Pixels
from cnn_tui.pictures.depth import Depth

Lines = list[list[Segment]]

_SHADES = " ░▒▓█"
_RAMP = " .:-=+*#%@"
_LUMINANCE = (0.299, 0.587, 0.114)
_SYSTEMS = {
    Depth.TRUE_COLOUR: ColorSystem.TRUECOLOR,
    Depth.COLOURS_256: ColorSystem.EIGHT_BIT,
    Depth.COLOURS_16: ColorSystem.STANDARD,
}

Cell = tuple[str, Style | None]
Pixel = tuple[int, int, int, int]


def drawn(pixels: Pixels, depth: Depth) -> Lines:
    """Returns pixels as lines of cells; neighbours of one kind are one segment.

    Each line stands for two rows of pixels. Without colours, the brightness of both is
    one character.
    """
    if pixels.shape[0] % 2:
        nothing = np.zeros((1, *pixels.shape[1:]), np.uint8)
        pixels = np.concatenate([pixels, nothing])
    pairs = zip(pixels[::2], pixels[1::2], strict=True)
    if depth in _SYSTEMS:
        return [_segments(_coloured(*pair, _SYSTEMS[depth])) for pair in pairs]
    ramp = _SHADES if depth is Depth.GREY else _RAMP
    return [_segments(_shaded(*pair, ramp)) for pair in pairs]


def write_png(pixels: Pixels, path: Path) -> None:
    """Writes pixels as a PNG file. Raises OSError."""
    from PIL import Image

    Image.fromarray(pixels, "RGBA").save(path, "PNG")


def _segments(cells: Iterator[Cell]) -> list[Segment]:
    return [
        Segment("".join(text for text, _ in same), style)
        for style, same in itertools.groupby(cells, lambda cell: cell[1])
    ]


def _coloured(
    upper: "np.ndarray", lower: "np.ndarray", system: ColorSystem
) -> Iterator[Cell]:
    for above, below in zip(upper.tolist(), lower.tolist(), strict=True):
        yield _cell(tuple(above), tuple(below), system)


@lru_cache(maxsize=8192)
def _cell(above: Pixel, below: Pixel, system: ColorSystem) -> Cell:
    up, down = _colour(above, system), _colour(below, system)
    if up == down:
        return " ", Style(bgcolor=up) if up else None
    if up is None:
        return "▄", Style(color=down)
    return "▀", Style(color=up, bgcolor=down)


def _colour(pixel: Pixel, system: ColorSystem) -> Color | None:
    if not pixel[3]:
        return None
    return Color.from_rgb(*pixel[:3]).downgrade(system)


def _shaded(upper: "np.ndarray", lower: "np.ndarray", ramp: str) -> Iterator[Cell]:
    pair = np.stack([upper, lower])
    brightness = (pair[..., :3] @ _LUMINANCE * (pair[..., 3] > 0)).mean(0) / 255
    last = len(ramp) - 1
    for place in (brightness * len(ramp)).astype(int).clip(0, last).tolist():
        yield ramp[place], None
