"""Several curves as one, with how far they lie apart: pure functions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from cnn_tui.runs.series import Floats
from cnn_tui.ui.charts import Band, Curve

Spread = Literal["off", "min–max", "± sd"]
SPREADS: tuple[Spread, ...] = get_args(Spread)
_MOST_POINTS = 4096


def band_of(curves: Sequence[Curve], spread: Spread) -> tuple[Curve, Band] | None:
    """Returns the mean of curves and what lies around it, like the first of them.

    From where the last one begins to where the first one ends; a gap in one is a gap.
    None where they share no x. The standard deviation is that of a sample.
    """
    x = _shared_x(curves)
    if not x.size:
        return None
    values = np.stack([np.interp(x, curve.x, curve.y) for curve in curves])
    mean = values.mean(axis=0)
    low, high = values.min(axis=0), values.max(axis=0)
    if spread == "± sd":
        deviation = values.std(axis=0, ddof=1)
        low, high = mean - deviation, mean + deviation
    like = replace(curves[0], x=x, y=mean, extremes=None)
    return like, Band(low=replace(like, y=low), high=replace(like, y=high))


def _shared_x(curves: Sequence[Curve]) -> Floats:
    """Returns x of the curve with the most points, as far as all have values."""
    if not all(curve.x.size for curve in curves):
        return np.empty(0)
    start = max(curve.x[0] for curve in curves)
    end = min(curve.x[-1] for curve in curves)
    longest = max((curve.x for curve in curves), key=len)
    first, last = longest.searchsorted([start, end])
    inside = longest[first:last]
    stride = -(-len(inside) // _MOST_POINTS) or 1
    return np.append(inside[::stride], end) if start <= end else np.empty(0)
