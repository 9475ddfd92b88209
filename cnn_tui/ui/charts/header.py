"""The top row of a chart: the legends, or every value at the cursor.

What does not fit is left out, the least important first; no number is ever cut.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

from cnn_tui.ui.charts import axes
from cnn_tui.ui.charts.cells import Cells, Ink, narrow
from cnn_tui.ui.charts.data import Curve, Mark
from cnn_tui.ui.charts.scene import Scene, curve_ink, mark_ink

Piece: TypeAlias = tuple[str, Ink]
Entry: TypeAlias = list[Piece]

_GAP = "  "


def write_header(row: Cells, scene: Scene) -> None:
    """Writes what is at the cursor, or the legends of marks and of curves."""
    if scene.cursor is not None:
        _write(row, 0, _readout(scene, row.width))
        return
    curves = _first_fitting(_legends(scene), row.width)
    start = row.width - _length(curves)
    _write(row, start, curves)
    _write(row, 0, _legend_of_marks(scene, row.width, start - len(_GAP)))


def _legends(scene: Scene) -> Iterator[list[Entry]]:
    curves = scene.data.curves
    yield [_named(curve, scene) for curve in curves]
    if any(curve.letter for curve in curves):
        yield [_sign(curve, scene) for curve in curves]
    for shown in _ever_fewer(_without_raw(curves)):
        yield [_named(curve, scene) for curve in shown]


def _legend_of_marks(scene: Scene, width: int, room: int) -> list[Entry]:
    """Returns an entry for each kind of mark in view, as many as there is room for."""
    marks = {mark.glyph: mark for _, mark in scene.marks_in_view(width)}
    entries: list[Entry] = []
    for glyph, mark in marks.items():
        if name := scene.data.mark_names.get(glyph):
            entry = [(glyph, mark_ink(mark)), (narrow(f" {name}"), Ink.TEXT)]
            if _length([*entries, entry]) <= room:
                entries.append(entry)
    return entries


def _readout(scene: Scene, width: int) -> list[Entry]:
    """Returns the values at the cursor, and what the marks are that it is on.

    Raw values go first where not everything fits, then marks get shorter.
    """
    cursor = scene.cursor_column(width)
    marks = [mark for column, mark in scene.marks_in_view(width) if column == cursor]
    names = [_mark_names(mark, scene) for mark in reversed(marks)]
    everything = _readings(scene, scene.data.curves) + [name[0] for name in names]
    if _length(everything) <= width:
        return everything
    entries = _first_fitting(_shorter_readings(scene), width)
    for name in names:
        longer = [[*entries, entry] for entry in name]
        entries = _first_fitting([*longer, entries], width)
    return entries


def _readings(scene: Scene, curves: Iterable[Curve]) -> list[Entry]:
    values = [_named(curve, scene) + _value(curve, scene) for curve in curves]
    return [[(f"{scene.data.x_label} {_x_text(scene)}", Ink.CURSOR)], *values]


def _shorter_readings(scene: Scene) -> Iterator[list[Entry]]:
    """Yields readings without raw curves, then names, then more and more curves."""
    curves = _without_raw(scene.data.curves)
    yield _readings(scene, curves)
    for shown in _ever_fewer(curves):
        values = [_sign(curve, scene) + _value(curve, scene) for curve in shown]
        yield [[(_x_text(scene), Ink.CURSOR)], *values]


def _x_text(scene: Scene) -> str:
    return axes.value_text(scene.cursor or 0.0, scene.data.x_kind)


def _mark_names(mark: Mark, scene: Scene) -> list[Entry]:
    """Returns what a mark may be called, the longest first."""
    ink = mark_ink(mark)
    return [[(narrow(text), ink)] for text in scene.data.mark_texts(mark)]


def _sign(curve: Curve, scene: Scene) -> Entry:
    sign = curve.letter or scene.marker.sign(curve.style)
    return [(sign, curve_ink(curve))]


def _named(curve: Curve, scene: Scene) -> Entry:
    name = scene.data.name_of(curve)
    return [*_sign(curve, scene), (narrow(f" {name}"), Ink.TEXT)]


def _value(curve: Curve, scene: Scene) -> Entry:
    value = curve.value_at(scene.cursor or 0.0)
    text = "–" if value is None else axes.value_text(value, scene.data.y_kind)
    return [(f" {text}", Ink.VALUE)]


def _without_raw(curves: Iterable[Curve]) -> list[Curve]:
    return [curve for curve in curves if curve.style != "raw"]


def _ever_fewer(curves: Sequence[Curve]) -> Iterator[Sequence[Curve]]:
    """Yields all curves, then fewer; those that lie on top stay longest."""
    return (curves[start:] for start in range(len(curves) + 1))


def _first_fitting(choices: Iterable[list[Entry]], width: int) -> list[Entry]:
    return next((entries for entries in choices if _length(entries) <= width), [])


def _write(row: Cells, column: int, entries: Sequence[Entry]) -> None:
    for entry in entries:
        for text, ink in entry:
            row.write(column, 0, text, ink)
            column += len(text)
        column += len(_GAP)


def _length(entries: Sequence[Entry]) -> int:
    texts = sum(len(text) for entry in entries for text, _ in entry)
    return texts + len(_GAP) * max(0, len(entries) - 1)
