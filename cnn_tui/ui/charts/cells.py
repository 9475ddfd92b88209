"""A grid of coloured characters that knows which of its cells changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, auto
from itertools import pairwise
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from textual.geometry import Region, Size

from cnn_tui.text import printable

Codepoints: TypeAlias = NDArray[np.uint32]
Inks: TypeAlias = NDArray[np.uint8]

_SPACE = ord(" ")


class Ink(IntEnum):
    """What a cell is drawn as; the widget has one component class for each."""

    BLANK = 0
    AXIS = auto()
    GRID = auto()
    TICK = auto()
    TEXT = auto()
    VALUE = auto()
    CURSOR = auto()
    FIRST = auto()
    SECOND = auto()
    THIRD = auto()
    FOURTH = auto()
    FIFTH = auto()
    SIXTH = auto()
    RAW_FIRST = auto()
    RAW_SECOND = auto()
    RAW_THIRD = auto()
    RAW_FOURTH = auto()
    RAW_FIFTH = auto()
    RAW_SIXTH = auto()
    NOTE = auto()
    WARNING = auto()
    ERROR = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Code points and inks, both of shape (height, width)."""

    glyphs: Codepoints
    inks: Inks

    @classmethod
    def blank(cls, width: int, height: int) -> Self:
        """Returns a grid on which nothing is drawn."""
        glyphs = np.full((height, width), _SPACE, dtype=np.uint32)
        return cls(glyphs, np.zeros((height, width), dtype=np.uint8))

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.glyphs.shape[1])

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.glyphs.shape[0])

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(self.width, self.height)

    def view(self, column: int, row: int, width: int, height: int) -> "Cells":
        """Returns a part of the grid; what is written to it is written here."""
        rows, columns = slice(row, row + height), slice(column, column + width)
        return Cells(self.glyphs[rows, columns], self.inks[rows, columns])

    def paint(self, glyphs: Codepoints, ink: Ink) -> None:
        """Draws the glyphs that are not 0, broadcast over the grid."""
        drawn = np.broadcast_to(glyphs != 0, self.glyphs.shape)
        np.copyto(self.glyphs, glyphs, where=drawn)
        self.inks[drawn] = ink

    def write(self, column: int, row: int, text: str, ink: Ink) -> None:
        """Writes text literally, one cell a character, cut at the right edge."""
        codes = codepoints(narrow(text))[: max(0, self.width - column)]
        self.glyphs[row, column : column + len(codes)] = codes
        self.inks[row, column : column + len(codes)] = ink

    def is_blank(self, column: int, row: int, width: int) -> bool:
        """Returns whether nothing is written in that part of a row."""
        part = self.glyphs[row, max(0, column) : max(0, column + width)]
        return bool((part == _SPACE).all())

    def replace(self, ascii_of: Mapping[str, str]) -> None:
        """Replaces all glyphs beyond ASCII; "?" stands for those not in the table."""
        for code in np.unique(self.glyphs[self.glyphs > 127]).tolist():
            self.glyphs[self.glyphs == code] = ord(ascii_of.get(chr(code), "?"))

    def runs(self, row: int) -> list[tuple[str, Ink]]:
        """Returns one row as the longest pieces of text of one ink."""
        inks = self.inks[row]
        bounds = [0, *(np.flatnonzero(np.diff(inks)) + 1).tolist(), self.width]
        text = self.glyphs[row].tobytes().decode("utf-32-le")
        spans = pairwise(bounds)
        return [(text[a:b], Ink(int(inks[a]))) for a, b in spans if a < b]

    def changes_since(self, old: "Cells") -> list[Region]:
        """Returns the smallest region in each row with all cells unlike ``old``'s.

        Both grids have the same size. There is one region a row because Textual sends
        a row from its start to the end of each region.
        """
        changed = (self.glyphs != old.glyphs) | (self.inks != old.inks)
        regions = []
        for row in np.flatnonzero(changed.any(axis=1)).tolist():
            first, last = np.flatnonzero(changed[row])[[0, -1]].tolist()
            regions.append(Region(first, row, last - first + 1, 1))
        return regions


def narrow(text: str) -> str:
    """Returns text for one line, with "?" for characters not one cell wide."""
    return "".join(char if cell_len(char) == 1 else "?" for char in printable(text))


def codepoints(text: str) -> Codepoints:
    """Returns the code points of text."""
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
