"""A confusion matrix as colours and cells."""

from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from cnn_tui.pictures.cells import colour_of
from cnn_tui.pictures.colours import LEVELS, NEGATIVE, POSITIVE, ZERO, Colour
from cnn_tui.pictures.depth import Depth
from cnn_tui.runs.confusion import Confusion
from cnn_tui.text import printable

Line = list[Segment]

_NAME_WIDTH = 12
_SIDE_WIDTH = 8
_DARK, _LIGHT = (0, 0, 0), (230, 230, 230)
_MUTED = Style(dim=True)
_AT_CURSOR = Style(bold=True, underline=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What of a matrix is shown, and how."""

    width: int
    height: int
    row: int
    column: int
    """The cell under the cursor."""
    top: int = 0
    left: int = 0
    """The first row and column that are shown."""
    as_shares: bool = False
    depth: Depth


def columns_that_fit(matrix: Confusion, width: int) -> int:
    """Returns how many columns there is room for, at least one."""
    room = width - _name_width(matrix) - _SIDE_WIDTH
    return min(len(matrix.counts), max(1, room // _cell_width(matrix)))


def rows_that_fit(matrix: Confusion, height: int) -> int:
    """Returns how many rows there is room for, at least one."""
    return min(len(matrix.counts), max(1, height - 2))


def scrolled(first: int, at: int, shown: int, total: int) -> int:
    """Returns the first place to show, so that ``at`` is among those shown."""
    return min(max(first, at - shown + 1), at, total - shown)


def matrix_lines(matrix: Confusion, frame: Frame) -> list[Line]:
    """Returns headings, rows with their recall, and the precision below."""
    columns = range(frame.left, frame.left + columns_that_fit(matrix, frame.width))
    rows = range(frame.top, frame.top + rows_that_fit(matrix, frame.height))
    cell, names = _cell_width(matrix), _name_width(matrix)
    heading = [Segment("true ↓".ljust(names), _MUTED)]
    below = [Segment("precision".ljust(names), _MUTED)]
    for column in columns:
        style = _AT_CURSOR if column == frame.column else _MUTED
        name = _cut(matrix.class_names[column], cell - 1)
        room = " " * (cell - 1 - cell_len(name))
        heading += [Segment(room), Segment(name, style), Segment(" ")]
        below.append(Segment(_cell(_percent(matrix.precision[column]), cell)))
    heading.append(Segment("recall".rjust(_SIDE_WIDTH), _MUTED))
    below.append(Segment(_percent(matrix.accuracy).rjust(_SIDE_WIDTH)))
    lines = [_row(matrix, frame, row, columns) for row in rows]
    return [heading, *lines, below]


def _row(matrix: Confusion, frame: Frame, row: int, columns: range) -> Line:
    width, names = _cell_width(matrix), _name_width(matrix)
    name = _cut(matrix.class_names[row], names - 1)
    style = _AT_CURSOR if row == frame.row else None
    line = [Segment(name, style), Segment(" " * (names - cell_len(name)))]
    for column in columns:
        count = int(matrix.counts[row, column])
        text = _percent(matrix.shares[row, column]) if frame.as_shares else str(count)
        strength = float(matrix.strengths[row, column])
        style = _style(strength, row == column, frame.depth)
        if (row, column) == (frame.row, frame.column):
            style = Style(reverse=True, bold=True)
        line.append(Segment(_cell(text if count else "·", width)[:-1], style))
        line.append(Segment(" "))
    return [*line, Segment(_percent(matrix.recall[row]).rjust(_SIDE_WIDTH))]


def _cut(name: str, cells: int) -> str:
    shown = printable(name)
    return set_cell_size(shown, min(cell_len(shown), cells))


def _cell(text: str, width: int) -> str:
    return f"{text:>{width - 1}} "


def _style(strength: float, is_right: bool, depth: Depth) -> Style | None:
    level = round(strength * LEVELS) / LEVELS
    if not level:
        return None
    end: Colour = NEGATIVE if is_right else POSITIVE
    mixed = [round(z + level * (e - z)) for z, e in zip(ZERO, end, strict=True)]
    text = colour_of(_DARK if level > 0.5 else _LIGHT, depth)
    return Style(color=text, bgcolor=colour_of((mixed[0], mixed[1], mixed[2]), depth))


def _percent(share: float) -> str:
    if np.isnan(share):
        return "–"
    return "100" if share >= 0.9995 else f"{100 * share:.1f}"


def _cell_width(matrix: Confusion) -> int:
    return max(4, len(str(matrix.counts.max()))) + 1


def _name_width(matrix: Confusion) -> int:
    longest = max(cell_len(printable(name)) for name in matrix.class_names)
    return min(max(longest, len("precision")), _NAME_WIDTH) + 1
