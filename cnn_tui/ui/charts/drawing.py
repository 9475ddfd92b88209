"""Draws a whole chart into a grid of cells: a pure function of its scene and size."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from cnn_tui.ui.charts import axes, raster
from cnn_tui.ui.charts.axes import Axis, Tick
from cnn_tui.ui.charts.cells import Cells, Ink, codepoints, narrow
from cnn_tui.ui.charts.data import WITH_POINTS, LineStyle
from cnn_tui.ui.charts.frame import Frame, build_frame, draw_frame
from cnn_tui.ui.charts.header import write_header
from cnn_tui.ui.charts.lettering import draw_letters
from cnn_tui.ui.charts.scene import Scene, band_ink, curve_ink, mark_ink

_LEAST_WIDTH = 12  # less leaves no room for labels
_LABEL_WIDTH = len("99.9 %")
_ASCII = dict(zip("│┤└─┬┈┊▲△▼●○×→–−∞…", "|++-+.:^^v@ox>--~.", strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the rows of a chart are used for, from top to bottom."""

    header_height: int
    frame: Frame
    footer_height: int


def lay_out(scene: Scene, width: int, height: int) -> Layout:
    """Divides a chart of that size; what there is no room for is left out."""
    header = int(height >= 5 and width >= _LEAST_WIDTH)
    has_names = any(mark.labelled for mark in scene.data.marks)
    footer = int(has_names and height >= 10 and width >= _LEAST_WIDTH)
    frame = _frame(scene, width, height - header - footer)
    return Layout(header_height=header, frame=frame, footer_height=footer)


def draw(scene: Scene, layout: Layout, width: int, height: int) -> Cells:
    """Returns the chart as a grid of ``width`` × ``height`` cells."""
    cells = Cells.blank(width, height)
    frame, top = layout.frame, layout.header_height
    right = width - frame.left
    draw_frame(cells.view(0, top, width, height - top), frame)
    _draw_plot(cells.view(frame.left, top, right, frame.height), scene)
    if frame.has_axes:
        axis_row = top + frame.height
        _draw_marks(cells.view(frame.left, axis_row, right, 1), scene)
    if layout.header_height:
        write_header(cells.view(frame.left, 0, right, 1), scene)
    if layout.footer_height:
        _name_marks(cells.view(frame.left, height - 1, right, 1), scene)
    if scene.marker_name == "ascii":
        cells.replace(_ASCII)
    return cells


def _frame(scene: Scene, width: int, height: int) -> Frame:
    """Returns the frame with ticks, or without, or none, as there is room."""
    if width >= _LEAST_WIDTH and height >= 4:
        x_ticks = _x_ticks(scene.x_axis, width - _LABEL_WIDTH - 1)
        y_ticks = _y_ticks(scene.y_axis, height)
        return build_frame(width, height, x_ticks, y_ticks)
    if width >= 4 and height >= 3:
        return build_frame(width, height, (), ())
    return Frame(left=0, width=width, height=height)


@lru_cache(maxsize=32)
def _x_ticks(x_axis: Axis, width: int) -> tuple[Tick, ...]:
    """Returns the most ticks that leave three cells between their labels."""
    for most in range(max(2, width // 4), 1, -1):
        found = axes.ticks(x_axis, most)
        longest = max((len(tick.label) for tick in found), default=0)
        if len(found) * (longest + 3) - 3 <= width:
            return found
    return axes.ticks(x_axis, 1)


@lru_cache(maxsize=32)
def _y_ticks(y_axis: Axis, height: int) -> tuple[Tick, ...]:
    """Returns ticks on at most half the rows.

    Their labels have one width, so that charts line up and other limits do not
    shift the curves.
    """
    found = axes.ticks(y_axis, most=max(2, height // 2))
    return tuple(replace(tick, label=f"{tick.label:>{_LABEL_WIDTH}}") for tick in found)


def _draw_plot(plot: Cells, scene: Scene) -> None:
    """Draws from the back to the front; the last to be drawn has the cell."""
    if not plot.glyphs.size:
        return
    for column, mark in scene.marks_in_view(plot.width):
        if mark.labelled:
            _draw_upright(plot, column, "┊", Ink.GRID)
    _draw_bands(plot, scene)
    _draw_strokes(plot, scene, "raw")
    cursor = scene.cursor_column(plot.width)
    if cursor is not None:
        _draw_upright(plot, cursor, "│", Ink.CURSOR)
    _draw_strokes(plot, scene, "points")
    _draw_strokes(plot, scene, "line")
    _draw_points(plot, scene)
    draw_letters(plot, scene)
    if scene.is_empty:
        _write_centred(plot, scene.data.placeholder)


def _draw_upright(plot: Cells, column: int, glyph: str, ink: Ink) -> None:
    plot.view(column, 0, 1, plot.height).paint(codepoints(glyph), ink)


def _draw_strokes(plot: Cells, scene: Scene, style: LineStyle) -> None:
    marker = scene.marker
    shape = plot.height * marker.dots_down, plot.width * marker.dots_across
    for curve in scene.data.curves_of(style):
        dots = raster.stroke(curve, scene.x_axis, scene.y_axis, shape)
        if style == "points" or curve.is_dashed:
            dots[:, np.arange(shape[1]) // marker.dots_across % 2 == 1] = False
        plot.paint(marker.glyphs(dots, style), curve_ink(curve))


def _draw_bands(plot: Cells, scene: Scene) -> None:
    shape = plot.height, plot.width
    for band in scene.data.bands:
        inside = raster.area(band, scene.x_axis, scene.y_axis, shape)
        shade = np.where(inside, ord(scene.marker.shade), 0).astype(np.uint32)
        plot.paint(shade, band_ink(band))


def _draw_points(plot: Cells, scene: Scene) -> None:
    shape = plot.height, plot.width
    curves = (curve for curve in scene.data.curves if curve.style in WITH_POINTS)
    for curve in curves:
        rows, columns = raster.points(curve, scene.x_axis, scene.y_axis, shape)
        plot.glyphs[rows, columns] = ord(scene.marker.point)
        plot.inks[rows, columns] = curve_ink(curve)


def _write_centred(plot: Cells, text: str) -> None:
    column = max(0, (plot.width - len(text)) // 2)
    plot.write(column, (plot.height - 1) // 2, text, Ink.TEXT)


def _draw_marks(axis_row: Cells, scene: Scene) -> None:
    for column, mark in dict(scene.marks_in_view(axis_row.width)).items():
        axis_row.write(column, 0, mark.glyph, mark_ink(mark))


def _name_marks(row: Cells, scene: Scene) -> None:
    """Names the labelled marks below themselves, the latest first, without overlap."""
    for column, mark in reversed(scene.marks_in_view(row.width)):
        if mark.labelled:
            names = [narrow(text) for text in scene.data.mark_texts(mark)]
            name = next((name for name in names if len(name) <= row.width), "")
            start = max(0, min(column, row.width - len(name)))
            if row.is_blank(start - 1, 0, len(name) + 2):
                row.write(start, 0, name, mark_ink(mark))
