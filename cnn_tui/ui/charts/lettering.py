"""Letters on curves, which tell them apart where colours do not."""

from collections.abc import Iterator

import numpy as np

from cnn_tui.ui.charts import raster
from cnn_tui.ui.charts.cells import Cells
from cnn_tui.ui.charts.data import Curve
from cnn_tui.ui.charts.scene import Scene, curve_ink

_DISTANCE = 24
"""Columns between two letters of a curve."""


def draw_letters(plot: Cells, scene: Scene) -> None:
    """Writes the letter of each curve at its end, and now and then along it.

    Where two would lie on each other, the later one goes to the left.
    """
    taken: set[tuple[int, int]] = set()
    lettered = [curve for curve in scene.data.curves if curve.letter]
    for number, curve in enumerate(lettered):
        rows = _rows(curve, scene, plot)
        shift = number * _DISTANCE // len(lettered)
        for column in _columns(rows, shift):
            place = _free_place(rows, column, taken)
            if place is not None:
                taken.add(place)
                plot.write(place[1], place[0], curve.letter, curve_ink(curve))


def _rows(curve: Curve, scene: Scene, plot: Cells) -> list[int]:
    """Returns the row of a curve in each column; -1 where it is not in view."""
    low, high = scene.x_axis.limits
    x = np.linspace(low, high, plot.width)
    values = np.full(plot.width, np.nan)
    last = curve.x.searchsorted(x, "right") - 1
    values[last >= 0] = curve.y[last[last >= 0]]
    values[x > _end(curve, scene, plot.width)] = np.nan
    level = raster.place(scene.y_axis.fractions(values), plot.height)
    in_view = (level >= 0) & (level < plot.height)
    rows: list[int] = (
        np.where(in_view, plot.height - 1 - level, -1).astype(int).tolist()
    )
    return rows


def _end(curve: Curve, scene: Scene, width: int) -> float:
    """Returns the last x of a curve, as far as its column goes on."""
    low, high = scene.x_axis.limits
    last = float(curve.x[-1]) if curve.x.size else low - high
    return last + (high - low) / max(1, width - 1) / 2


def _columns(rows: list[int], shift: int) -> Iterator[int]:
    """Yields where letters belong: the end in view, then others before it."""
    end = max((column for column, row in enumerate(rows) if row >= 0), default=-1)
    yield end
    yield from range(end - _DISTANCE // 2 - shift, 0, -_DISTANCE)


def _free_place(
    rows: list[int], column: int, taken: set[tuple[int, int]]
) -> tuple[int, int] | None:
    """Returns row and column of the curve there, or of the next free cell before."""
    for at in range(column, max(-1, column - _DISTANCE // 2), -1):
        if rows[at] >= 0 and (rows[at], at) not in taken:
            return rows[at], at
    return None
