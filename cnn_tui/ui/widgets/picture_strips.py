"""Pictures as rows of cells, two pixels in each."""

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    import numpy as np

_RAMP = " .:-=+*#%@"
_HALF_BLOCK = "▀"

_Rgb = tuple[int, int, int]


def picture_strips(picture: "np.ndarray", *, plain: bool = False) -> list[Strip]:
    """Draws a picture, uint8 H×W×3, in ⌈H/2⌉ rows of W cells.

    Textual brings the colours to what the terminal has; ``plain`` does with none.
    """
    rows = picture.tolist()
    if len(rows) % 2:
        rows.append([(0, 0, 0)] * len(rows[0]))
    draw = _characters if plain else _half_blocks
    return [draw(*pair) for pair in zip(rows[::2], rows[1::2], strict=True)]


def _half_blocks(upper: list[list[int]], lower: list[list[int]]) -> Strip:
    cells = zip(map(tuple, upper), map(tuple, lower), strict=True)
    return Strip(
        [
            Segment(_HALF_BLOCK * len(list(same)), _style(*colours))
            for colours, same in groupby(cells)
        ],
        len(upper),
    )


@lru_cache(maxsize=4096)
def _style(above: _Rgb, below: _Rgb) -> Style:
    return Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))


def _characters(upper: list[list[int]], lower: list[list[int]]) -> Strip:
    levels = [(sum(a) + sum(b)) / (6 * 255) for a, b in zip(upper, lower, strict=True)]
    text = "".join(_RAMP[round(level * (len(_RAMP) - 1))] for level in levels)
    return Strip([Segment(text, Style.null())], len(upper))
