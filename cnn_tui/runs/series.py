"""Numpy for charts: smoothing, thinning, finding a row. Pure functions."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

_FORGOTTEN = 1e-18
"""A weight that no longer changes a float64 sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothing:
    """Where an exponential moving average stands, to go on with the next rows."""

    total: float = 0.0
    weight: float = 0.0
    step: int | None = None


def smooth(
    steps: Numbers, values: Numbers, factor: float, start: Smoothing | None = None
) -> tuple[Floats, Smoothing]:
    """Returns the bias-corrected exponential moving average of a series.

    ``factor`` (0 = none, below 1) is the share of the past that is kept per update, so
    that the curve does not depend on how many updates lie between two rows. Where a
    value is not finite, so is the result; the average goes on after the gap.

        m_i = d_i m_{i−1} + (1 − d_i) x_i,  d_i = factor^(step_i − step_{i−1}),
        result_i = m_i / (1 − Π d)          (Kingma and Ba 2015, section 3)

    Args:
        steps: Ascending, of shape (n,).
        values: Of shape (n,).
        factor: At least 0, below 1.
        start: What the rows before these returned.

    Returns:
        The average, of shape (n,), and what to continue with.
    """
    start = start or Smoothing()
    smoothed = np.full(len(values), np.nan)
    finite = np.isfinite(values)
    if not finite.any():
        return smoothed, start
    kept_steps = steps[finite].astype(np.int64)
    before = kept_steps[0] - 1 if start.step is None else start.step
    decay = np.power(factor, np.diff(kept_steps, prepend=before), dtype=np.float64)
    remaining = np.cumprod(decay)
    totals = _recurrence(decay, (1 - decay) * values[finite], start.total)
    weights = 1 - (1 - start.weight) * remaining
    smoothed[finite] = totals / weights
    return smoothed, Smoothing(
        total=float(totals[-1]), weight=float(weights[-1]), step=int(kept_steps[-1])
    )


def column_of(x: Numbers, left: float, right: float, columns: int) -> Numbers:
    """Returns the chart column of each x: 0 … columns − 1, −1 outside and for NaN."""
    with np.errstate(invalid="ignore"):
        place = (x - left) * (columns / (right - left))
        inside = (x >= left) & (x <= right)
    return np.where(inside, np.minimum(place, columns - 1), -1).astype(np.int64)


def envelope(
    x: Numbers, y: Numbers, left: float, right: float, columns: int
) -> tuple[Numbers, Floats, Floats]:
    """Returns the lowest and the highest value in each chart column that has rows.

    Args:
        x: Ascending, of shape (n,).
        y: Of shape (n,); values that are not finite count only where all are.
        left: The left edge of the chart.
        right: Its right edge, above ``left``.
        columns: How many columns there are.

    Returns:
        Column numbers (ascending), lows and highs, all of shape (m,), m ≤ columns.
    """
    place, first, y = _by_column(x, y, left, right, columns)
    if not len(place):
        return place, np.empty(0), np.empty(0)
    return place, np.fmin.reduceat(y, first), np.fmax.reduceat(y, first)


def last_per_column(
    x: Numbers, y: Numbers, left: float, right: float, columns: int
) -> tuple[Numbers, Floats]:
    """Returns the last finite value in each chart column that has rows, else NaN.

    The arguments are those of ``envelope``.
    """
    place, first, y = _by_column(x, y, left, right, columns)
    if not len(place):
        return place, np.empty(0)
    found = np.where(np.isfinite(y), np.arange(len(y)), -1)
    last = np.maximum.reduceat(found, first)
    return place, np.where(last < first, np.nan, y[last])


def nearest(x: Numbers, position: float) -> int | None:
    """Returns the index of the row nearest to ``position``; None if there are none.

    Of two equally near ones it is the earlier. ``x`` is ascending.
    """
    if not len(x):
        return None
    after = min(int(np.searchsorted(x, position)), len(x) - 1)
    before = max(0, after - 1)
    return before if position - x[before] <= x[after] - position else after


def _recurrence(decay: Floats, inputs: Floats, start: float) -> Floats:
    """Returns m with m_i = decay_i · m_{i−1} + inputs_i and m_{−1} = ``start``.

    By doubling the reach of each sum (Hillis and Steele 1986), so that numpy does the
    work and, unlike with a division by the running product, nothing overflows.
    """
    totals, reach = inputs.copy(), decay.copy()
    totals[0] += decay[0] * start
    distance = 1
    while distance < len(totals) and reach[distance:].max() > _FORGOTTEN:
        totals[distance:] += reach[distance:] * totals[:-distance]
        reach[distance:] *= reach[:-distance]
        distance *= 2
    return totals


def _by_column(
    x: Numbers, y: Numbers, left: float, right: float, columns: int
) -> tuple[Numbers, Numbers, Floats]:
    """Returns the columns that have rows, where each begins, and y, finite or NaN."""
    column = column_of(x, left, right, columns)
    inside = column >= 0
    values = np.where(np.isfinite(y[inside]), y[inside], np.nan).astype(np.float64)
    # A damaged file's time may run backwards; a chart's columns must not.
    ascending = np.maximum.accumulate(column[inside])
    place, first = np.unique(ascending, return_index=True)
    return place, first, values
