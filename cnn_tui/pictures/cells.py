"""From pixels to cells: two pixels, one above the other, in each."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style

from cnn_tui.pictures.colours import Colour, Pixels
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

_BLOCKS = {
    (False, False): " ",
    (True, False): "▀",
    (False, True): "▄",
    (True, True): "█",
}
_NOTHING = -1
"""In the place of a colour: a pixel that is not painted."""

Cell = tuple[int, int]
"""The numbers of the colours of two pixels, one above the other."""
Colours = list[Color | None]


def drawn(pixels: Pixels, depth: Depth) -> Lines:
    """Returns pixels as lines of cells; what two colours can show is one segment.

    Each line stands for two rows of pixels. Without colours, the brightness of both is
    one character.
    """
    if pixels.shape[0] % 2:
        nothing = np.zeros((1, *pixels.shape[1:]), np.uint8)
        pixels = np.concatenate([pixels, nothing])
    if depth in _SYSTEMS:
        numbers, colours = _numbered(pixels, _SYSTEMS[depth])
        rows = zip(numbers[::2].tolist(), numbers[1::2].tolist(), strict=True)
        return [_coloured(zip(*pair, strict=True), colours) for pair in rows]
    ramp = _SHADES if depth is Depth.GREY else _RAMP
    pairs = zip(pixels[::2], pixels[1::2], strict=True)
    return [[Segment("".join(_shaded(*pair, ramp)))] for pair in pairs]


def colour_of(colour: Colour, depth: Depth) -> Color | None:
    """Returns a colour as a terminal has it; None where it has none."""
    if depth not in _SYSTEMS:
        return None
    return Color.from_rgb(*colour).downgrade(_SYSTEMS[depth])


def write_png(pixels: Pixels, path: Path) -> None:
    """Writes pixels as a PNG file. Raises OSError."""
    from PIL import Image

    Image.fromarray(pixels, "RGBA").save(path, "PNG")


def _numbered(pixels: Pixels, system: ColorSystem) -> tuple["np.ndarray", Colours]:
    """Returns the number of each pixel's colour, H×W, and the colours."""
    red, green, blue, alpha = (pixels[..., n].astype(np.int32) for n in range(4))
    packed = np.where(alpha > 0, (red << 16) + (green << 8) + blue, _NOTHING)
    values, places = np.unique(packed, return_inverse=True)
    colours = [_colour(value, system) for value in values.tolist()]
    same = {colour: number for number, colour in enumerate(colours)}
    numbers = np.array([same[colour] for colour in colours])
    return numbers[places].reshape(packed.shape), colours


def _coloured(cells: Iterable[Cell], colours: Colours) -> list[Segment]:
    """Cuts a line where a third colour begins: each segment names its colours once."""
    segments: list[Segment] = []
    run: list[Cell] = []
    in_run: set[int] = set()
    for cell in cells:
        if len(in_run.union(cell)) > 2:
            segments.append(_segment(run, in_run, colours))
            run, in_run = [], set()
        run.append(cell)
        in_run.update(cell)
    return [*segments, _segment(run, in_run, colours)]


def _segment(run: list[Cell], in_run: set[int], colours: Colours) -> Segment:
    """Returns cells of two colours; what nobody painted can only be a background."""
    ground = next((n for n in in_run if colours[n] is None), run[0][1])
    ink = next((n for n in in_run if n != ground), ground)
    text = "".join(_BLOCKS[up != ground, down != ground] for up, down in run)
    return Segment(
        text, _style(None if ink == ground else colours[ink], colours[ground])
    )


@lru_cache(maxsize=8192)
def _style(ink: Color | None, ground: Color | None) -> Style | None:
    return Style(color=ink, bgcolor=ground) if ink or ground else None


@lru_cache(maxsize=8192)
def _colour(packed: int, system: ColorSystem) -> Color | None:
    if packed == _NOTHING:
        return None
    return Color.from_rgb(packed >> 16, packed >> 8 & 255, packed & 255).downgrade(
        system
    )


def _shaded(upper: "np.ndarray", lower: "np.ndarray", ramp: str) -> Iterator[str]:
    pair = np.stack([upper, lower])
    brightness = (pair[..., :3] @ _LUMINANCE * (pair[..., 3] > 0)).mean(0) / 255
    last = len(ramp) - 1
    for place in (brightness * len(ramp)).astype(int).clip(0, last).tolist():
        yield ramp[place]
