"""The glyphs that curves are drawn with, for terminals with and without braille."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_tui.ui.charts.cells import Codepoints
from cnn_tui.ui.charts.data import WITH_POINTS, LineStyle
from cnn_tui.ui.charts.raster import BoolArray

MarkerName = Literal["braille", "dot", "ascii"]
MarkerChoice = Literal["auto", "braille", "dot", "ascii"]

_BRAILLE_BLANK = 0x2800
_BRAILLE_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
_TERMINALS_WITHOUT_BRAILLE = ("linux", "vt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A set of glyphs; a cell holds ``dots_across`` × ``dots_down`` dots."""

    dots_across: int
    dots_down: int
    line: str
    raw: str
    point: str
    shade: str
    """Of a band."""

    def glyphs(self, dots: BoolArray, style: LineStyle) -> Codepoints:
        """Returns the code point of each cell for a mask of dots; 0 for no dots."""
        if self.dots_across > 1:
            return _braille(dots)
        return np.where(dots, ord(self.sign(style, joined=True)), 0).astype(np.uint32)

    def sign(self, style: LineStyle, *, joined: bool = False) -> str:
        """Returns the glyph that stands for a style in a legend, or between points."""
        if style in WITH_POINTS and not joined:
            return self.point
        return self.raw if style == "raw" else self.line


MARKERS: Mapping[MarkerName, Marker] = {
    "braille": Marker(
        dots_across=2, dots_down=4, line="━", raw="╌", point="●", shade="░"
    ),
    "dot": Marker(dots_across=1, dots_down=1, line="•", raw="·", point="○", shade="░"),
    "ascii": Marker(
        dots_across=1, dots_down=1, line="*", raw=".", point="o", shade=":"
    ),
}


def choose_marker(choice: MarkerChoice, terminal: str) -> MarkerName:
    """Returns the glyphs to use; ``terminal`` is what $TERM says, for "auto"."""
    if choice != "auto":
        return choice
    return "dot" if terminal.startswith(_TERMINALS_WITHOUT_BRAILLE) else "braille"


def _braille(dots: BoolArray) -> Codepoints:
    rows, columns = dots.shape[0] // 4, dots.shape[1] // 2
    cells = dots.reshape(rows, 4, columns, 2)
    codes = np.einsum("rdcs,ds->rc", cells, _BRAILLE_BITS)
    return np.where(codes, codes + _BRAILLE_BLANK, 0).astype(np.uint32)
