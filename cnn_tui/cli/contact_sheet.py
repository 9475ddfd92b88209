"""Pictures in a terminal: two pixels a cell, in whatever colours there are."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from rich.color import Color
from rich.console import Console
from rich.style import Style
from rich.text import Text

from cnn_tui.text import printable

SIDE = 16
"""Pixels of a picture on the sheet, across and down."""
_NAME_COLUMNS = 12
_RAMP = " .:-=+*#%@"


def contact_sheet(
    images: "np.ndarray",
    labels: "np.ndarray",
    class_names: Sequence[str],
    console: Console,
) -> Iterator[Text]:
    """Yields the lines of a sheet with a row of pictures for each class.

    ``images`` is uint8 N×C×H×W, ``labels`` N. Without colours it is a ramp of
    characters.
    """
    per_row = max(1, (console.width - _NAME_COLUMNS) // (SIDE + 1))
    has_colours = console.color_system is not None
    for label, name in enumerate(class_names):
        chosen = images[np.flatnonzero(labels == label)[:per_row]]
        pictures = [_small(image) for image in chosen]
        for row in range(0, SIDE, 2):
            title = printable(name) if row == 0 else ""
            line = Text(f"{title[: _NAME_COLUMNS - 1]:<{_NAME_COLUMNS}}")
            for picture in pictures:
                draw = _half_blocks if has_colours else _characters
                line.append_text(draw(picture[row], picture[row + 1]))
                line.append(" ")
            line.rstrip()
            yield line
        yield Text()


def _small(image: "np.ndarray") -> "np.ndarray":
    """Returns a picture as SIDE×SIDE×3, each pixel the mean of its part of it."""
    channels, height, width = image.shape
    small = np.empty((SIDE, SIDE, channels))
    for y, (top, bottom) in enumerate(_spans(height)):
        for x, (left, right) in enumerate(_spans(width)):
            small[y, x] = image[:, top:bottom, left:right].mean((1, 2))
    return np.broadcast_to(small, (SIDE, SIDE, 3)).round().astype(int)


def _spans(length: int) -> list[tuple[int, int]]:
    """Cuts a length into SIDE parts, none of them empty."""
    ends = [length * part // SIDE for part in range(SIDE + 1)]
    return [(a, max(a + 1, b)) for a, b in itertools.pairwise(ends)]


def _half_blocks(upper: "np.ndarray", lower: "np.ndarray") -> Text:
    line = Text()
    for above, below in zip(upper, lower, strict=True):
        style = Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below))
        line.append("▀", style)
    return line


def _characters(upper: "np.ndarray", lower: "np.ndarray") -> Text:
    brightness = (upper + lower).mean(1) / 2 / 255
    places = (brightness * (len(_RAMP) - 1)).round().astype(int)
    return Text("".join(_RAMP[place] for place in places))
