"""A growing numpy table of metrics rows, ascending by step."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_FIRST_CAPACITY = 1024
_LARGEST = float(np.finfo(np.float32).max)
"""No trainer writes larger values, and sums of larger ones might overflow."""


class Table:
    """Rows with a ``step`` column; others are floats, NaN for what is no number.

    Attributes:
        revision: Grows when rows were taken away: results for earlier rows are void.
    """

    def __init__(self, columns: Mapping[str, str]) -> None:
        """Makes an empty table; ``columns`` maps names beside "step" to numpy types."""
        self._dtype = np.dtype([("step", "f8"), *columns.items()])
        # An array per column: going through one does not touch the others' memory.
        self._columns = {
            name: np.empty(_FIRST_CAPACITY, self._dtype[name])
            for name in self._dtype.fields or ()
        }
        self._count = 0
        self.revision = 0

    def __len__(self) -> int:
        """Returns the number of rows."""
        return self._count

    def __getitem__(self, column: str) -> npt.NDArray[Any]:
        """Returns a read-only view of a column; take it anew after each poll."""
        view = self._columns[column][: self._count]
        view.flags.writeable = False
        return view

    def extend(self, rows: Sequence[tuple[Any, ...]]) -> int:
        """Appends the rows whose step is higher than all before; returns how many."""
        with np.errstate(over="ignore"):
            new = np.array(rows, self._dtype)
        highest_before = np.maximum.accumulate(new["step"])
        highest_before[1:] = highest_before[:-1]
        highest_before[:1] = -1
        new = new[new["step"] > np.maximum(highest_before, self._last_step)]
        count = self._count + len(new)
        self._reserve(count)
        for name, column in self._columns.items():
            sane = np.abs(new[name]) <= _LARGEST
            column[self._count : count] = np.where(sane, new[name], np.nan)
        self._count = count
        return len(new)

    def rewind(self, step: int) -> None:
        """Takes away the rows after ``step``."""
        self._count = int(np.searchsorted(self["step"], step, side="right"))
        self.revision += 1

    @property
    def _last_step(self) -> int:
        return int(self["step"][-1]) if self._count else -1

    def _reserve(self, count: int) -> None:
        for name, column in self._columns.items():
            if count > len(column):
                grown = np.empty(max(count, 2 * len(column)), column.dtype)
                grown[: self._count] = column[: self._count]
                self._columns[name] = grown
