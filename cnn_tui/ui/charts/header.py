"""The top row of a chart: the legend, and every value at the cursor."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from cnn_tui.ui.charts import axes
from cnn_tui.ui.charts.cells import Cells, Ink, narrow
from cnn_tui.ui.charts.data import Curve
from cnn_tui.ui.charts.scene import Scene, curve_ink, mark_ink

Piece: TypeAlias = tuple[str, Ink]

_GAP = "  "


def write_header(row: Cells, scene: Scene) -> None:
    """Writes the legend at the right, or what is at the cursor from the left.

    Raw curves are left out where not everything fits.
    """
    curves = scene.data.curves
    pieces = _pieces(scene, curves, row.width)
    if _length(pieces) > row.width:
        smooth = [curve for curve in curves if curve.style != "raw"]
        pieces = _pieces(scene, smooth, row.width)
    at_right = max(0, row.width - _length(pieces))
    column = at_right if scene.cursor is None else 0
    for text, ink in pieces:
        row.write(column, 0, text, ink)
        column += len(text)


def _pieces(scene: Scene, curves: Sequence[Curve], width: int) -> list[Piece]:
    entries = [_curve_pieces(curve, scene) for curve in curves]
    if scene.cursor is not None:
        position = axes.value_text(scene.cursor, scene.data.x_kind)
        entries.insert(0, [(f"{scene.data.x_label} {position}", Ink.CURSOR)])
        entries += _mark_pieces(scene, width)
    return _joined(entries)


def _curve_pieces(curve: Curve, scene: Scene) -> list[Piece]:
    sign = scene.marker.sign(curve.style)
    pieces = [(f"{sign} ", curve_ink(curve)), (narrow(curve.label), Ink.TEXT)]
    if scene.cursor is not None:
        value = curve.value_at(scene.cursor)
        text = "–" if value is None else axes.value_text(value, scene.data.y_kind)
        pieces.append((f" {text}", Ink.VALUE))
    return pieces


def _mark_pieces(scene: Scene, width: int) -> Iterable[list[Piece]]:
    """Returns an entry for each mark in the column of the cursor."""
    cursor = scene.cursor_column(width)
    for column, mark in scene.marks_in_view(width):
        if column == cursor:
            yield [(narrow(f"{mark.glyph} {mark.text}"), mark_ink(mark))]


def _joined(entries: Iterable[list[Piece]]) -> list[Piece]:
    """Returns all pieces in a row, with a gap between entries."""
    pieces: list[Piece] = []
    for entry in entries:
        pieces += [(_GAP, Ink.BLANK), *entry] if pieces else entry
    return pieces


def _length(pieces: Sequence[Piece]) -> int:
    return sum(len(text) for text, _ in pieces)
