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
        shift = number * _DISTANCE // max(1, len(lettered))
        for column in _columns(curve, scene, plot.width, shift):
            place = _free_place(curve, scene, plot, column, taken)
            if place is not None:
                taken.add(place)
                plot.write(place[1], place[0], curve.letter, curve_ink(curve))


def _columns(curve: Curve, scene: Scene, width: int, shift: int) -> Iterator[int]:
    """Yields where letters belong: the end in view, then others before it."""
    if not curve.x.size:
        return
    fraction = scene.x_axis.fraction(float(curve.x[-1]))
    end = min(width - 1, int(raster.place(np.array([fraction]), width)[0]))
    yield end
    yield from range(end - _DISTANCE // 2 - shift, 0, -_DISTANCE)


def _free_place(
    curve: Curve,
    scene: Scene,
    plot: Cells,
    column: int,
    taken: set[tuple[int, int]],
) -> tuple[int, int] | None:
    """Returns row and column of the curve there, or of the next free cell before."""
    for at in range(column, max(-1, column - _DISTANCE // 2), -1):
        row = _row(curve, scene, plot, at)
        if row is not None and (row, at) not in taken:
            return row, at
    return None


def _row(curve: Curve, scene: Scene, plot: Cells, column: int) -> int | None:
    """Returns the row of a curve in a column; None where it is not in view."""
    x = scene.x_axis.value_at(column / max(1, plot.width - 1))
    value = curve.value_at(x)
    up = np.nan if value is None else scene.y_axis.fraction(value)
    level = raster.place(np.array([up]), plot.height)[0]
    return plot.height - 1 - int(level) if 0 <= level < plot.height else None
