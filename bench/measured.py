"""What a measurement returns."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One number; ``value`` is None where ``note`` says why there is none."""

    value: float | None
    lowest: float | None = None
    highest: float | None = None
    note: str = ""


Results = dict[str, Measured]
"""By the key of a budget."""


def median(samples: Iterable[float], note: str = "") -> Measured:
    """Returns the median of samples, with the lowest and the highest as its spread."""
    values = sorted(samples)
    return Measured(
        value=statistics.median(values),
        lowest=values[0],
        highest=values[-1],
        note=note or f"n = {len(values)}",
    )


def percentile(samples: Iterable[float], percent: int) -> Measured:
    """Returns the sample that ``percent`` of all samples do not exceed (nearest rank).

    Its spread is from the lowest to the highest sample.
    """
    values = sorted(samples)
    rank = -(-len(values) * percent // 100)
    return Measured(
        value=values[max(rank, 1) - 1],
        lowest=values[0],
        highest=values[-1],
        note=f"n = {len(values)}",
    )


def ratios(over: Sequence[float], under: Sequence[float], note: str = "") -> Measured:
    """Returns the median of the ratios of two contestants, round by round."""
    return median((a / b for a, b in zip(over, under, strict=True)), note)


def skipped(reason: str) -> Measured:
    """Returns what stands for a number that could not be measured here."""
    return Measured(value=None, note=f"skipped: {reason}")
