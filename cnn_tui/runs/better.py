"""Is B better than A, or are these the seeds? Numbers alone.

Accuracies by seed are compared in pairs where most seeds are in both groups: what a
seed does to both then falls out of the difference. The interval is Welch's, which is
Student's where there are pairs. From ten seeds on it is that of the bootstrap, with
tails as wide as so few values need: the expanded percentile interval of Hesterberg
2015, "What Teachers Should Know about the Bootstrap", The American Statistician 69(4).
With fewer it would not be honest: no resampled mean lies outside of what was seen, and
all of n pairs lie on one side of the truth in one case of 2^(n − 1).
"""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import NormalDist

import numpy as np

from cnn_tui.runs.series import Floats
from cnn_tui.runs.student import cdf, quantile

CONFIDENCE = 0.95
POWER = 0.8
"""Of the number of seeds that would settle it."""
MOST_SEEDS = 100
"""That are proposed."""
LEAST_FOR_BOOTSTRAP = 10
_RESAMPLES = 10_000
_ROUNDING = 1e-9
"""A standard error that floating point makes of equal numbers."""

Accuracies = Mapping[Hashable, float]
"""0…1, by seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much higher the mean accuracy of B is than that of A."""

    mean: float
    low: float
    high: float
    confidence: float
    """That the true difference is from low to high."""
    seeds: tuple[int, ...]
    """How many pairs; or how many seeds of B, and of A."""
    needed: int | None = None
    """Seeds of each that would settle it with 80 % power; None: over 100, or it is."""

    @property
    def has_spread(self) -> bool:
        """Whether seeds differ: where they do not, nothing is known of the spread."""
        return self.low < self.high

    @property
    def method(self) -> str:
        """What the interval is by."""
        is_many = min(self.seeds) >= LEAST_FOR_BOOTSTRAP
        return "bootstrap" if is_many else "Student's t"

    @property
    def is_settled(self) -> bool:
        """Whether no difference at all is outside of the interval."""
        return self.has_spread and not self.low <= 0 <= self.high


def difference(
    a: Accuracies, b: Accuracies, confidence: float = CONFIDENCE
) -> Difference | None:
    """Returns the difference of B to A; None where a group has less than two seeds."""
    parts = _parts(a, b)
    if min(map(len, parts)) < 2:
        return None
    mean, error, df = _welch(parts)
    t = quantile((1 + confidence) / 2, df)
    low, high = mean - t * error, mean + t * error
    if error and min(map(len, parts)) >= LEAST_FOR_BOOTSTRAP:
        low, high = _bootstrap(parts, t * error)
    found = Difference(
        mean=mean,
        low=low,
        high=high,
        confidence=confidence,
        seeds=tuple(map(len, parts)),
    )
    if found.is_settled or not found.has_spread:
        return found
    return replace(found, needed=_needed(parts, mean, confidence))


def against_best(
    groups: Sequence[Accuracies],
) -> list[tuple[int, int, Difference | None]]:
    """Returns each other group's place, the best one's, and the difference to it.

    A group of one seed is the best one of such groups alone. Which one is best is seen
    only afterwards, so that each pair of groups counts as a comparison; by Holm (1979),
    the clearest of m is held to 1 − 0.05/m, the next one to 1 − 0.05/(m − 1), until one
    is not settled.
    """
    known = [place for place, group in enumerate(groups) if group]
    if len(known) < 2:
        return []
    means = [np.mean([*group.values()]) if group else 0.0 for group in groups]
    best = max(known, key=lambda place: (len(groups[place]) > 1, means[place]))
    pairs = [(a, b) if b == best else (b, a) for a, b in combinations(known, 2)]
    pairs.sort(key=lambda pair: _chance(groups[pair[0]], groups[pair[1]]))
    rest = sum(min(map(len, _parts(groups[a], groups[b]))) > 1 for a, b in pairs)
    found = []
    for a, b in pairs:
        one = difference(groups[a], groups[b], 1 - (1 - CONFIDENCE) / max(1, rest))
        rest -= one is not None and one.is_settled
        if b == best:
            found.append((a, b, one))
    return found


def _parts(a: Accuracies, b: Accuracies) -> list[Floats]:
    """Returns samples whose means add up to the difference: the pairs, or B and −A."""
    both = [seed for seed in a if seed in b]
    if len(both) > 1 and 2 * len(both) > max(len(a), len(b)):
        return [np.array([b[seed] - a[seed] for seed in both])]
    return [np.array([*b.values()]), -np.array([*a.values()])]


def _welch(parts: Sequence[Floats]) -> tuple[float, float, int]:
    """Returns the sum of means, its standard error, its degrees of freedom.

    These are by Welch and Satterthwaite, rounded down; of one sample, n − 1.
    """
    squares = [float(part.var(ddof=1)) / len(part) for part in parts]
    parted = sum(s**2 / (len(p) - 1) for s, p in zip(squares, parts, strict=True))
    df = sum(squares) ** 2 / parted if parted else 1
    mean = float(sum(part.mean() for part in parts))
    error = math.sqrt(sum(squares))
    return mean, error if error > _ROUNDING else 0.0, int(df + _ROUNDING)


def _bootstrap(parts: Sequence[Floats], reach: float) -> tuple[float, float]:
    """Returns the interval between resampled means whose normal one has that reach."""
    random = np.random.default_rng(0)  # the same question has the same answer
    means = np.zeros(_RESAMPLES)
    for part in parts:
        shares = np.full(len(part), 1 / len(part))
        drawn = random.multinomial(len(part), shares, size=_RESAMPLES)
        means += drawn @ part / len(part)
    spread = math.sqrt(sum(float(part.var()) / len(part) for part in parts))
    tail = NormalDist().cdf(-reach / spread)
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def _needed(parts: Sequence[Floats], mean: float, confidence: float) -> int | None:
    """Returns how many seeds would settle a difference as large as the one seen.

    n ≥ (t(1 − α/2) + t(power))² · σ² / δ², with t of the n that is asked about:
    NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.2.2.
    """
    variance = sum(float(part.var(ddof=1)) for part in parts)
    for seeds in range(max(map(len, parts)) + 1, MOST_SEEDS + 1):
        df = len(parts) * (seeds - 1)
        both = quantile((1 + confidence) / 2, df) + quantile(POWER, df)
        if both**2 * variance <= seeds * mean**2:
            return seeds
    return None


def _chance(a: Accuracies, b: Accuracies) -> float:
    """Returns how likely seeds alone make such a difference, by Student's t."""
    parts = _parts(a, b)
    if min(map(len, parts)) < 2:
        return 1.0
    mean, error, df = _welch(parts)
    return 2 * cdf(-abs(mean) / error, df) if error else 1.0
