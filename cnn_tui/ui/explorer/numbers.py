"""Windows and kernels in numbers, each on the colour of its value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from textual.content import Content

from cnn_tui.pictures.colours import diverging
from cnn_tui.pictures.depth import Depth

_WIDTHS = (6, 5, 4)
"""Of a number, where there is much room, and where there is little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What marks a number: it is padding, or it has won."""

    padding: str = "░"
    winner: str = "▸"


PLAIN = Signs(padding="#", winner=">")
"""Where there is ASCII alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Numbers in rows and columns.

    Attributes:
        sign: What stands before it: "×".
        values: H×W.
        limit: The size that has the full colour.
        padding: Which of them are padding, H×W.
        winner: Row and column of the one that is marked.
    """

    values: np.ndarray
    limit: float
    sign: str = ""
    padding: np.ndarray | None = None
    winner: tuple[int, int] | None = None


def short(value: float, width: int) -> str:
    """Returns a number in so many characters, as exact as they allow: "−.11"."""
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "NaN")
    for digits in range(width - 1, -1, -1):
        text = f"{value:.{digits}f}"
        if not float(text):
            text = text.removeprefix("-")
        text = text.replace("0.", ".", 1) if text.lstrip("-")[:2] == "0." else text
        if len(text) <= width:
            return "0" if value == 0 else text.replace("-", "−")
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    return f"{mantissa}e{int(exponent)}".replace("-", "−")


def side_by_side(
    grids: Sequence[Grid], width: int, depth: Depth, signs: Signs
) -> list[Content] | None:
    """Returns grids of as many rows as lines, with as many digits as there is room for.

    None where they do not fit at all.
    """
    columns = sum(grid.values.shape[1] for grid in grids)
    room = width - sum(2 for grid in grids if grid.sign)
    fitting = [digits for digits in _WIDTHS if columns * (digits + 1) <= room]
    if not fitting:
        return None
    blocks = [_rows(grid, fitting[0], depth, signs) for grid in grids]
    return [Content.assemble(*row) for row in zip(*blocks, strict=True)]


def _rows(grid: Grid, width: int, depth: Depth, signs: Signs) -> list[Content]:
    """Returns the rows of a grid, its sign before the one in the middle."""
    middle = (len(grid.values) - 1) // 2
    styles = _styles(grid, depth)
    rows = []
    for y, values in enumerate(grid.values.tolist()):
        sign = f" {grid.sign if y == middle else ' '}" if grid.sign else ""
        cells = [
            (f"{_mark(grid, y, x, signs)}{short(value, width):>{width}}", styles[y][x])
            for x, value in enumerate(values)
        ]
        rows.append(Content.assemble(sign, *cells))
    return rows


def _mark(grid: Grid, y: int, x: int, signs: Signs) -> str:
    if grid.winner == (y, x):
        return signs.winner
    if grid.padding is not None and grid.padding[y, x]:
        return signs.padding
    return " "


def _styles(grid: Grid, depth: Depth) -> list[list[str]]:
    """Returns black or white on the colour of each value; none without colours."""
    if depth in (Depth.GREY, Depth.ASCII):
        return [[""] * grid.values.shape[1]] * len(grid.values)
    colours = diverging(grid.values, grid.limit)[..., :3].tolist()
    return [[_style(*colour) for colour in row] for row in colours]


def _style(red: int, green: int, blue: int) -> str:
    is_bright = 0.299 * red + 0.587 * green + 0.114 * blue > 110
    text = "#000000" if is_bright else "#ffffff"
    return f"{text} on #{red:02x}{green:02x}{blue:02x}"
