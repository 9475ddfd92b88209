"""The frame of a chart: an axis on the left and one below, with ticks and labels."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cnn_tui.ui.charts.axes import Tick
from cnn_tui.ui.charts.cells import Cells, Ink, codepoints
from cnn_tui.ui.charts.raster import place


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The ticks, and the part of the chart that is left for the curves, in cells."""

    left: int
    width: int
    height: int
    x_ticks: tuple[Tick, ...] = ()
    y_ticks: tuple[Tick, ...] = ()

    @property
    def has_axes(self) -> bool:
        """Whether there is an axis to the left of and below the curves."""
        return self.left > 0


def build_frame(
    width: int, height: int, x_ticks: tuple[Tick, ...], y_ticks: tuple[Tick, ...]
) -> Frame:
    """Returns a frame of that size, as wide at the left as the labels need."""
    left = max((len(tick.label) for tick in y_ticks), default=0) + 1
    labels_height = 1 if x_ticks else 0
    return Frame(
        left=left,
        width=width - left,
        height=height - 1 - labels_height,
        x_ticks=x_ticks,
        y_ticks=y_ticks,
    )


def draw_frame(cells: Cells, frame: Frame) -> None:
    """Draws axes, ticks, labels, and a dotted line across at each tick."""
    if frame.has_axes:
        drawn = _drawn(frame, cells.width, cells.height)
        cells.glyphs[:], cells.inks[:] = drawn.glyphs, drawn.inks


@lru_cache(maxsize=32)
def _drawn(frame: Frame, width: int, height: int) -> Cells:
    cells = Cells.blank(width, height)
    column, row = frame.left - 1, frame.height
    cells.view(column, 0, 1, row).paint(codepoints("│"), Ink.AXIS)
    cells.view(column, row, 1, 1).paint(codepoints("└"), Ink.AXIS)
    cells.view(frame.left, row, frame.width, 1).paint(codepoints("─"), Ink.AXIS)
    for tick, up in _placed(frame.y_ticks, frame.height):
        across = cells.view(0, row - 1 - up, cells.width, 1)
        across.write(column - len(tick.label), 0, f"{tick.label}┤", Ink.TICK)
        across.inks[0, column] = Ink.AXIS
        across.view(frame.left, 0, frame.width, 1).paint(codepoints("┈"), Ink.GRID)
    for _, along in _placed(frame.x_ticks, frame.width):
        cells.write(frame.left + along, row, "┬", Ink.AXIS)
    _write_below(cells, frame)
    return cells


def _write_below(cells: Cells, frame: Frame) -> None:
    """Writes the labels of the x axis but those for which there is no room."""
    free_from = 0
    for tick, along in _placed(frame.x_ticks, frame.width):
        length = len(tick.label)
        start = min(frame.left + along - length // 2, cells.width - length)
        if start >= free_from:
            cells.write(start, frame.height + 1, tick.label, Ink.TICK)
            free_from = start + length + 1


def _placed(ticks: tuple[Tick, ...], size: int) -> list[tuple[Tick, int]]:
    """Returns ticks with their cells along an axis of ``size`` cells."""
    fractions = np.array([tick.fraction for tick in ticks])
    return list(zip(ticks, place(fractions, size).astype(int).tolist(), strict=True))
