"""Small pictures in rows, with words below each."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style

from cnn_tui.pictures.canvas import fitted, side_by_side
from cnn_tui.pictures.cells import drawn
from cnn_tui.pictures.colours import Pixels
from cnn_tui.pictures.depth import Depth

_GAP = 1
_SMALL, _LARGE = 16, 28
_ROOMY_WIDTH = 120
_MUTED, _MARKED = Style(dim=True), Style(bold=True, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """How many pictures of which size there is room for."""

    side: int
    """The most pixels across and down."""
    columns: int
    rows: int

    @property
    def size(self) -> int:
        """Pictures on a page."""
        return self.columns * self.rows

    @property
    def height(self) -> int:
        """Lines that a page takes."""
        return self.rows * _lines_of(self.side)


def strip(width: int) -> Grid:
    """Returns one row of small pictures, as many as fit across; one at least."""
    return Grid(side=_SMALL, columns=max(1, (width - _GAP) // (_SMALL + _GAP)), rows=1)


def grid(width: int, height: int) -> Grid:
    """Returns what fits into so many cells across and lines down; one at least."""
    side = _LARGE if width >= _ROOMY_WIDTH else _SMALL
    return Grid(
        side=side,
        columns=max(1, (width - _GAP) // (side + _GAP)),
        rows=max(1, height // _lines_of(side)),
    )


def thumbnail_lines(
    pictures: Sequence[Pixels],
    captions: Sequence[str],
    marked: int | None,
    layout: Grid,
    depth: Depth,
) -> list[list[Segment]]:
    """Returns lines for the pictures of a page, one of them marked."""
    lines: list[list[Segment]] = []
    for start in range(0, len(pictures), layout.columns):
        row = range(start, min(start + layout.columns, len(pictures)))
        small = [fitted(pictures[n], layout.side, layout.side) for n in row]
        at = None if marked is None or marked not in row else marked - start
        lines += drawn(side_by_side(small, layout.columns, _GAP, at), depth)
        width = small[0].shape[1] + _GAP
        words = [Segment(" " * _GAP)]
        for number in row:
            style = _MARKED if number == marked else _MUTED
            words += _padded(captions[number], width, style)
        lines.append(words)
    return lines


def _padded(text: str, width: int, style: Style) -> list[Segment]:
    shown = set_cell_size(text, min(cell_len(text), width - 1))
    return [Segment(shown, style), Segment(" " * (width - cell_len(shown)))]


def _lines_of(side: int) -> int:
    return (side + 2 * _GAP + 1) // 2 + 1
