"""Many pictures of one size on a page: how large, which of them, and as cells."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from rich.segment import Segment
from rich.style import Style

from cnn_tui.pictures.canvas import blank, enlarged, frame, reduced, side_by_side
from cnn_tui.pictures.cells import Lines, drawn
from cnn_tui.pictures.colours import Pixels
from cnn_tui.pictures.depth import Depth

Size = tuple[int, int]
"""Height and width."""

_LEAST_SIDE = 8
"""Of pictures that are made smaller."""
_MARKED = Style(reverse=True, bold=True)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """Pictures of one size, in an order.

    Attributes:
        paint: Returns the pixels of some of them, N×H×W×4.
        captions: One for each, below it: the first set that is no wider than they are.
        marked: The one that is looked at.
    """

    count: int
    size: Size
    paint: Callable[[range], Pixels]
    captions: Sequence[Sequence[str]] = field(default=())
    marked: int | None = None
    least_shown: int = 4
    """They are made smaller until so many fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """How a sheet is laid out in some room, and which part of it is seen."""

    size: Size
    """Of each picture, in pixels."""
    columns: int
    shown: range
    captions: Sequence[str] | None
    """Of all pictures; None where they are too small."""


def page_of(sheet: Sheet, lines: int, columns: int) -> Page:
    """Returns the page with the marked picture, for a room in cells.

    The pictures are as large as they all fit, by a whole factor; else they have their
    own size, if a few fit, or a part of it.
    """
    size = _picture_size(sheet, lines, columns)
    across, down = _grid(sheet, size, lines, columns)
    first = (sheet.marked or 0) // (across * down) * (across * down)
    return Page(
        size=size,
        columns=across,
        shown=range(first, min(first + across * down, sheet.count)),
        captions=_captions(sheet, size),
    )


def sheet_lines(sheet: Sheet, page: Page, depth: Depth) -> Lines:
    """Returns a page as lines of cells."""
    pictures = [_resized(picture, page.size) for picture in sheet.paint(page.shown)]
    if page.captions is None:
        marked = None if sheet.marked is None else sheet.marked - page.shown.start
        return drawn(side_by_side(pictures, page.columns, marked=marked), depth)
    lines = []
    for start in range(0, len(pictures), page.columns):
        lines += drawn(_row(pictures[start : start + page.columns]), depth)
        numbers = page.shown[start : start + page.columns]
        lines.append(list(_caption_line(sheet, page, numbers)))
    return lines


def enlarged_part(
    pixels: Pixels, cursor: Size, lines: int, columns: int
) -> tuple[Pixels, range, range]:
    """Returns a picture as large as it fits, with a line around one of its pixels.

    Of one that does not fit, the part around that pixel. The ranges are the rows and
    the columns that are seen.
    """
    room = (max(1, 2 * lines - 2), max(1, columns - 2))
    rows, across = (
        _around(at, size, most)
        for at, size, most in zip(cursor, pixels.shape[:2], room, strict=True)
    )
    part = pixels[rows.start : rows.stop, across.start : across.stop]
    factor = max(1, min(room[0] // len(rows), room[1] // len(across)))
    canvas = blank(len(rows) * factor + 2, len(across) * factor + 2)
    canvas[1:-1, 1:-1] = enlarged(part, factor)
    top, left = (cursor[0] - rows.start) * factor, (cursor[1] - across.start) * factor
    frame(canvas, top, left, factor + 2, factor + 2)
    return canvas, rows, across


def _around(at: int, size: int, most: int) -> range:
    start = min(max(0, at - most // 2), max(0, size - most))
    return range(start, min(size, start + most))


def _picture_size(sheet: Sheet, lines: int, columns: int) -> Size:
    def number(size: Size) -> int:
        across, down = _grid(sheet, size, lines, columns)
        return across * down

    height, width = sheet.size
    for factor in range(max(2 * lines // height, 1), 1, -1):
        size = (height * factor, width * factor)
        if size[1] <= columns and number(size) >= sheet.count:
            return size
    size = sheet.size
    for divisor in range(1, max(1, min(sheet.size) // _LEAST_SIDE) + 1):
        size = (-(-height // divisor), -(-width // divisor))
        if number(size) >= min(sheet.count, sheet.least_shown) and size[1] <= columns:
            break
    return size


def _grid(sheet: Sheet, size: Size, lines: int, columns: int) -> tuple[int, int]:
    """Returns how many pictures fit across and down, with gaps; at least one."""
    across = (columns - 1) // (size[1] + 1)
    if _captions(sheet, size) is None:
        down = (2 * lines - 1) // (size[0] + 1)
    else:
        down = lines // (-(-size[0] // 2) + 1)
    return max(1, across), max(1, down)


def _captions(sheet: Sheet, size: Size) -> Sequence[str] | None:
    """Returns the captions that fit under a picture, and leave a gap."""
    fitting = (c for c in sheet.captions if max(map(len, c), default=0) <= size[1])
    return next(fitting, None)


def _row(pictures: Sequence[Pixels]) -> Pixels:
    """Returns pictures side by side, with a gap before each."""
    gap = blank(pictures[0].shape[0], 1)
    return np.concatenate([part for one in pictures for part in (gap, one)], 1)


def _caption_line(sheet: Sheet, page: Page, numbers: range) -> Iterator[Segment]:
    assert page.captions is not None
    for number in numbers:
        text = page.captions[number].ljust(page.size[1])
        yield Segment(" ")
        yield Segment(text, _MARKED if number == sheet.marked else None)


def _resized(picture: Pixels, size: Size) -> Pixels:
    factor = size[0] // picture.shape[0]
    return enlarged(picture, factor) if factor else reduced(picture, *size)
