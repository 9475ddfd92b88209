"""The frame of a chart, laid out by plotext: axes, ticks and their labels.

The only module that imports plotext. Its figure class is private, but the public
functions share one global figure, which threads and charts would get from each other.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from plotext._figure import _figure_class

from cnn_tui.ui.charts.axes import Tick
from cnn_tui.ui.charts.cells import Cells, Codepoints, codepoints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """A laid-out frame and the part of it that is left for the curves, in cells."""

    glyphs: Codepoints
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def bare(cls, width: int, height: int) -> Self:
        """Returns a frame without axes, that leaves all its cells for the curves."""
        blank = Cells.blank(width, height).glyphs
        return cls(glyphs=blank, left=0, top=0, width=width, height=height)

    @property
    def has_axes(self) -> bool:
        """Whether there is an axis to the left of and below the curves."""
        return self.left > 0


@lru_cache(maxsize=32)
def build_frame(
    width: int, height: int, x_ticks: tuple[Tick, ...], y_ticks: tuple[Tick, ...]
) -> Frame:
    """Returns a frame of that size; labels for which there is no room are left out."""
    figure = _figure_class()
    # plot_size() would cut the size to that of the terminal.
    figure._limit_size(False, False)
    figure.plot_size(width, height)
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    # Logarithms stay outside: plotext applies them to its own data, once per build.
    figure.xlim(0, 1)
    figure.ylim(0, 1)
    figure.xticks([tick.fraction for tick in x_ticks], [tick.label for tick in x_ticks])
    figure.yticks([tick.fraction for tick in y_ticks], [tick.label for tick in y_ticks])
    # Without any data plotext draws no axes.
    figure.scatter([0.0], [0.0], marker=" ")
    figure.build()
    matrix = figure.monitor.matrix
    rows = ["".join(row) for row in reversed(matrix.marker)]
    columns, lines = matrix.Cols_canvas, matrix.Rows_canvas
    return Frame(
        glyphs=codepoints("".join(rows)).reshape(height, width),
        left=columns.start,
        top=height - lines.stop,
        width=len(columns),
        height=len(lines),
    )
