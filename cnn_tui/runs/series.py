"""Smoothing of a series, also in parts: a pure function in numpy."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Metric = Literal["loss", "accuracy"]

_BLOCK_ROWS = 2**14
"""What is smoothed at a time, so that all of it stays in the processor's cache."""
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
    end = start or Smoothing()
    smoothed = np.empty(len(values))
    for first in range(0, len(values), _BLOCK_ROWS):
        block = slice(first, first + _BLOCK_ROWS)
        smoothed[block], end = _smooth_block(steps[block], values[block], factor, end)
    return smoothed, end


def _smooth_block(
    steps: Numbers, values: Numbers, factor: float, start: Smoothing
) -> tuple[Floats, Smoothing]:
    smoothed = np.full(len(values), np.nan)
    finite = np.isfinite(values)
    if not finite.any():
        return smoothed, start
    kept_steps = steps[finite].astype(np.int64)
    before = kept_steps[0] - 1
    if start.step is not None:
        before = min(before, start.step)  # whatever a file says of the rows before
    decay = np.power(factor, np.diff(kept_steps, prepend=before), dtype=np.float64)
    remaining = np.cumprod(decay)
    totals = _recurrence(decay, (1 - decay) * values[finite], start.total)
    weights = 1 - (1 - start.weight) * remaining
    smoothed[finite] = totals / weights
    return smoothed, Smoothing(
        total=float(totals[-1]), weight=float(weights[-1]), step=int(kept_steps[-1])
    )


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
