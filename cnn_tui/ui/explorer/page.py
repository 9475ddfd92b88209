"""How pictures, sum and numbers of one value share the screen."""

from dataclasses import dataclass

from textual.content import Content
from textual.geometry import Size

from cnn_tui.pictures.colours import Pixels
from cnn_tui.pictures.depth import Depth
from cnn_tui.ui.explorer.maps import laid_out, sheets
from cnn_tui.ui.explorer.numbers import Signs
from cnn_tui.ui.explorer.view import View
from cnn_tui.ui.explorer.words import details, sums

_OTHER_LINES = 3
"""Title, captions and keys."""
_LEAST_SUMS, _LEAST_SCORES = 18, 33
"""Columns of the sum, and of the scores of classes."""
_SCORE_LINES = 15
"""Of a score: its sum, and ten classes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Page:
    """What is shown of a value.

    Attributes:
        height: Lines of the pictures and the sum.
    """

    pixels: Pixels
    captions: str
    height: int
    sums: list[Content]
    details: list[Content]


def page(
    view: View, size: Size, depth: Depth, signs: Signs, *, shows_all: bool
) -> Page:
    """Returns what there is room for on a screen of a size."""
    drawn = sheets(view, shows_all=shows_all)
    room = max(size.height - _OTHER_LINES, 2)
    natural = -(-max(sheet.pixels.shape[0] for sheet in drawn) // 2)
    rows = _detail_rows(view, room, room - natural)
    least = _LEAST_SCORES if view.class_names else _LEAST_SUMS
    pixels, captions = laid_out(drawn, 2 * (room - rows), max(size.width - least, 1))
    height = room - rows if view.class_names else -(-pixels.shape[0] // 2)
    beside = size.width - pixels.shape[1] - 1
    return Page(
        pixels=pixels,
        captions=captions,
        height=height,
        sums=sums(view, beside, height),
        details=details(view, size.width, room - height, depth, signs),
    )


def _detail_rows(view: View, room: int, beside: int) -> int:
    """Returns how many lines the numbers get, of ``room``.

    ``beside`` is what pictures leave that are not enlarged.
    """
    if view.is_flat:
        return max(room - max(_SCORE_LINES, room // 2), 1)
    kernel = len(view.term.values)
    wanted = (kernel + 1) * len(view.told.terms)
    return min(max(kernel, min(wanted, beside, room // 2)), room - 1)
