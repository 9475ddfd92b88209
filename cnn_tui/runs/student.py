"""Student's t distribution, for whole degrees of freedom."""

import math
from functools import lru_cache

_HIGHEST = 1e6
_HALVINGS = 80


def cdf(t: float, df: int) -> float:
    """Returns the share of Student's t below ``t``, with ``df`` ≥ 1 degrees of freedom.

    By the finite sums of Abramowitz and Stegun, Handbook of Mathematical Functions,
    26.7.3 and 26.7.4.
    """
    angle = math.atan(t / math.sqrt(df))
    cosine, sine = math.cos(angle), math.sin(angle)
    is_odd = df % 2
    term = cosine if is_odd else 1.0
    total = 0.0
    for k in range(2 + is_odd, df + 1, 2):
        total += term
        term *= cosine**2 * (k - 1) / k
    if is_odd:
        return 0.5 + (angle + sine * total) / math.pi
    return 0.5 + sine * total / 2


@lru_cache(maxsize=1000)
def quantile(share: float, df: int) -> float:
    """Returns the t that ``share``, 0.5…1, of the distribution lies below."""
    low, high = 0.0, _HIGHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if cdf(middle, df) < share else (low, middle)
    return high
