"""What a learning-rate range test says: a rate to train with, and why."""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from cnn_tui.preflight.messages import RatePoint
from cnn_tui.text import significant

Floats = npt.NDArray[np.float64]

_BURST = 4.0
"""Times the lowest loss, as in fastai."""
_SMOOTHING = 2.0
"""Updates: the standard deviation of the window that is averaged over."""
_BEGINNING = 10
"""Updates at the lowest rates, whose mean loss is that of a net left as it is."""
_CLEAR = 3.0
"""How many times the noise of a batch a fall is larger than, to be one."""
_LEAST_FALL = 0.04
"""The share of the loss at the beginning that a fall is at least."""
_SAFE = 1 / 3
"""The share of the rate of a burst that is the most to be suggested."""
_TOP = 1.25
"""Times the loss at the beginning, the most that is shown."""
_UNDONE = 0.9
"""The share of a fall that is lost again where training went wrong."""


class RateRange(msgspec.Struct, frozen=True, kw_only=True):
    """The rates of a test, both above 0."""

    low: float
    high: float

    def rates(self, count: int) -> list[float]:
        """Returns ``count`` rates, each larger than the one before by one factor."""
        grown: list[float] = np.geomspace(self.low, self.high, count).tolist()
        return grown


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """The rate to take, if the curve shows one, and the other rules of thumb."""

    rate: float | None
    """None where the loss does not fall."""
    reason: str
    steepest: float | None = None
    """The rate at which the loss falls fastest."""
    tenth_of_lowest: float | None = None
    """A tenth of the rate at which the loss is lowest."""
    valley: float | None = None
    """The middle of the longest fall."""
    bursts_from: float | None = None
    """The rate from which on what was learned is lost, or the loss not finite."""


def usual_range(optimizer: str) -> RateRange:
    """Returns the rates to try: those that scale a step by its gradient need less."""
    if optimizer == "sgd":
        return RateRange(low=1e-4, high=10.0)
    return RateRange(low=1e-5, high=1.0)


def smoothed(losses: Sequence[float]) -> Floats:
    """Returns a Gaussian average over a few updates before and after each.

    Weights are normalized at both ends, too. An average of the past alone would lag,
    and by that name a rate that is too large.
    """
    places = np.arange(len(losses))
    distances = (places[:, None] - places) / _SMOOTHING
    weights = np.exp(-(distances**2) / 2)
    averages: Floats = weights @ np.array(losses, float) / weights.sum(axis=1)
    return averages


def has_burst(points: Sequence[RatePoint]) -> bool:
    """Tells whether the last of these points is the end of a test."""
    losses = [point.loss for point in points if point.loss is not None]
    if len(losses) < len(points):
        return True
    curve = smoothed(losses)
    return bool(curve[-1] > _BURST * curve.min())


def shown(points: Sequence[RatePoint]) -> tuple[Floats, Floats, Floats]:
    """Returns what a chart shows, in three rows of one length.

    Log₁₀ of the rates, the losses, and their average. What is far above the beginning
    is NaN: of a burst it is enough to see where it begins.
    """
    rates, losses = _finite(points)
    rows = losses, smoothed(losses.tolist()) if len(losses) else losses
    top = _TOP * losses[:_BEGINNING].mean() if len(losses) else 0.0
    raw, average = (np.where(row <= top, row, np.nan) for row in rows)
    return np.log10(rates), raw, average


def suggest(points: Sequence[RatePoint]) -> Suggestion:
    """Returns the rate that a range test suggests.

    That is midway, by logarithms, between where the loss falls fastest and where it is
    lowest, but at most a third of the rate from which it bursts. Where even the fall
    comes later than that, it is a tenth of the rate with the lowest loss: a net that
    learns only just below its burst is soon beyond it. What is above the loss
    at the beginning counts as equal to it: a burst casts no shadow on the fall before.
    """
    rates, losses = _finite(points)
    if not len(losses):
        return Suggestion(rate=None, reason="no update had a loss that is a number")
    beginning = losses[:_BEGINNING].mean()
    clear = max(_CLEAR * _noise(losses), _LEAST_FALL * beginning)
    end = _burst(losses, beginning, clear)
    bursts_from = points[end].rate if end < len(points) else None
    curve = smoothed(np.minimum(losses, beginning).tolist())[: max(1, end)]
    lowest = int(curve.argmin())
    if lowest == 0 or beginning - curve[lowest] <= clear:
        return Suggestion(
            rate=None,
            reason=_why_none(rates, bursts_from),
            bursts_from=_round(bursts_from),
        )
    steepest = float(rates[int(np.gradient(curve)[: lowest + 1].argmin())])
    most = np.inf if bursts_from is None else _SAFE * bursts_from
    between = float(np.sqrt(steepest * rates[lowest]))
    tenth = float(rates[lowest]) / 10
    if steepest > most:
        rate, place = tenth, "a tenth of the second, as the fall comes so late"
    elif between > most:
        rate, place = most, "a third of that"
    else:
        rate, place = between, "between the first two"
    return Suggestion(
        rate=_round(rate),
        reason=_why(steepest, rates[lowest], bursts_from, place),
        steepest=_round(steepest),
        tenth_of_lowest=_round(tenth),
        valley=_round(rates[_middle_of_longest_fall(curve)]),
        bursts_from=_round(bursts_from),
    )


def other_rules(found: Suggestion) -> str:
    """Returns what other rules of thumb say, in words."""
    middle, tenth = (
        significant(rate, 2) for rate in (found.valley, found.tenth_of_lowest)
    )
    return f"other rules: middle of the fall {middle}, a tenth of the lowest {tenth}"


def _finite(points: Sequence[RatePoint]) -> tuple[Floats, Floats]:
    known = [(point.rate, point.loss) for point in points if point.loss is not None]
    values = np.array(known, float).reshape(-1, 2)
    return values[:, 0], values[:, 1]


def _noise(losses: Floats) -> float:
    """Returns how far the loss of a batch is from that of the next, usually."""
    return float(np.median(np.abs(np.diff(losses)))) if len(losses) > 1 else 0.0


def _burst(losses: Floats, beginning: float, clear: float) -> int:
    """Returns the place of the first update that went wrong, or that after the last.

    It is where the fall is undone, or the loss is twice that of the beginning.
    """
    curve = smoothed(losses.tolist())
    fall = beginning - np.minimum.accumulate(curve)
    undone = beginning - (1 - _UNDONE) * fall
    limit = np.where(fall > clear, undone, 2 * beginning)
    # The average alone knows of it too early, a batch alone may be a hard one.
    wrong = np.flatnonzero((curve > limit) & (losses > limit))
    return int(wrong[0]) if len(wrong) else len(losses)


def _middle_of_longest_fall(curve: Floats) -> int:
    """Returns the place in the middle of the longest falling subsequence."""
    lengths, starts = np.ones(len(curve), int), np.arange(len(curve))
    for place in range(1, len(curve)):
        higher = np.flatnonzero(curve[:place] > curve[place])
        if len(higher):
            best = higher[lengths[higher].argmax()]
            lengths[place], starts[place] = lengths[best] + 1, starts[best]
    end = int(lengths.argmax())
    return int(starts[end] + end) // 2


def _why(steepest: float, lowest: float, burst: float | None, place: str) -> str:
    falls, low = significant(steepest, 2), significant(lowest, 2)
    if burst is None:
        return f"the loss falls fastest at {falls} and is lowest at {low}: between them"
    return (
        f"the loss falls fastest at {falls}, is lowest at {low} and bursts from "
        f"{significant(burst, 2)}: {place}"
    )


def _why_none(rates: Floats, burst: float | None) -> str:
    low, high = (significant(float(rate), 2) for rate in (rates[0], rates[-1]))
    if burst is None:
        return f"the loss falls clearly at no rate from {low} to {high}"
    return (
        f"the loss falls clearly at no rate from {low} on, and bursts from "
        f"{significant(burst, 2)}: stay well below that"
    )


def _round(rate: float | None) -> float | None:
    return None if rate is None else float(f"{rate:.2g}")
