"""The lowest and highest values of a long row, without going through all of it."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
Numbers: TypeAlias = NDArray[Any]

BLOCK_ROWS = 64
"""Few enough that the ends of a column, which are no whole blocks, cost little."""
LARGEST = 1e150  # differences and products of larger values overflow
SMALLEST = 1e-150


class Extremes:
    """Remembers the extremes of a growing row by blocks.

    Values that cannot be drawn are left out: NaN, infinities, what exceeds
    ``LARGEST``; on a logarithmic axis also what is below ``SMALLEST``.
    """

    def __init__(self) -> None:
        """Has seen no value yet."""
        # Of each block the lowest, the highest and the lowest above zero.
        self._blocks = np.empty((3, 0))
        self._count = 0

    def follow(self, values: Numbers) -> None:
        """Takes in what was appended to a row; the rest of it is as it was."""
        done, self._count = self._count, len(values) // BLOCK_ROWS
        if self._count > self._blocks.shape[1]:
            room = np.empty((3, self._count - done + self._count // 2))
            self._blocks = np.concatenate([self._blocks[:, :done], room], axis=1)
        if self._count > done:
            new = values[done * BLOCK_ROWS : self._count * BLOCK_ROWS]
            self._blocks[:, done : self._count] = _extremes(new.reshape(-1, BLOCK_ROWS))

    def between(
        self, values: Numbers, starts: IntArray, stops: IntArray, *, log: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Returns the extremes of several parts of the row; NaN where there is none.

        Args:
            values: The row; only where parts are no whole blocks is it looked at.
            starts, stops: Where parts begin and end, ascending, of shape (parts,).
            log: Whether values at and below zero cannot be drawn.
        """
        blocks = self._blocks[2 if log else 0], self._blocks[1]
        first = -(-starts // BLOCK_ROWS)
        last = np.minimum(stops // BLOCK_ROWS, self._count)
        has_blocks = first < last
        head_stops = np.where(has_blocks, first * BLOCK_ROWS, stops)
        tail_starts = np.where(has_blocks, last * BLOCK_ROWS, stops)
        low, high = np.full((2, len(starts)), np.nan)
        _widen(low, high, (values, values), starts, head_stops, log=log)
        _widen(low, high, blocks, first, last, log=log)
        _widen(low, high, (values, values), tail_starts, stops, log=log)
        return low, high


def drawable(values: Numbers, *, log: bool) -> FloatArray:
    """Returns values with NaN for those that have no place on any axis."""
    values = values.astype(np.float64, copy=False)
    has_place = np.abs(values) <= LARGEST
    if log:
        has_place &= values >= SMALLEST
    return np.where(has_place, values, np.nan)


def _extremes(blocks: Numbers) -> FloatArray:
    """Returns lowest, highest and lowest above zero, of shape (3, blocks)."""
    values = drawable(blocks, log=False)
    above_zero = drawable(blocks, log=True)
    return np.stack(
        [
            np.fmin.reduce(values, axis=1),
            np.fmax.reduce(values, axis=1),
            np.fmin.reduce(above_zero, axis=1),
        ]
    )


def _widen(
    low: FloatArray,
    high: FloatArray,
    rows: tuple[Numbers, Numbers],
    starts: IntArray,
    stops: IntArray,
    *,
    log: bool,
) -> None:
    """Takes the lowest of parts of one row and the highest of another into account."""
    filled = np.flatnonzero(starts < stops)
    if filled.size:
        which, firsts, stride = _places(starts[filled], stops[filled])
        lowest, highest = (drawable(row[which], log=log) for row in rows)
        least = np.fmin.reduceat(lowest, firsts)[::stride]
        greatest = np.fmax.reduceat(highest, firsts)[::stride]
        low[filled] = np.fmin(low[filled], least)
        high[filled] = np.fmax(high[filled], greatest)


def _places(
    starts: IntArray, stops: IntArray
) -> tuple[slice | IntArray, IntArray, int]:
    """Returns which places to look at, and where among them each part begins.

    Every second begin is one between two parts where the stride is 2: to look at a
    little too much, in one piece, takes less time than to pick.
    """
    begin, end = starts[0], stops[-1]
    lengths = stops - starts
    count = lengths.sum()
    if 2 * count > end - begin:
        bounds = np.stack([starts, stops], axis=1).ravel()[:-1]
        return slice(begin, end), bounds - begin, 2
    firsts = np.cumsum(lengths) - lengths
    return np.arange(count) + np.repeat(starts - firsts, lengths), firsts, 1
