"""Axes that people can read and that hold still: round limits, round ticks."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_tui import text
from cnn_tui.ui.charts.data import Kind, Limits
from cnn_tui.ui.charts.extremes import SMALLEST, FloatArray, Numbers, drawable

Scale = Literal["linear", "log", "error"]
"""By value, by its logarithm, or by the logarithm of what is missing to 100 %."""

_ROUND = (1, 2, 5, 10)
_ROUND_SECONDS = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10_800, 21_600, 43_200),
)
_DAY_SECONDS = 86_400
_LEAST_ERROR = 1e-9  # what is missing less is missing for rounding
_TOLERANCE = 1e-9  # for quotients that are whole numbers but for rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The range of values along one side of a chart."""

    low: float
    high: float
    kind: Kind = "number"
    scale: Scale = "linear"

    @property
    def limits(self) -> Limits:
        """The values at both ends."""
        return self.low, self.high

    def fractions(self, values: Numbers) -> FloatArray:
        """Returns where values lie, 0 at ``low`` and 1 at ``high``; NaN for nowhere.

        By error nothing lies above the axis: what is as good as perfect is at its top.
        """
        low, high = self._scaled_limits
        fractions = (self._scaled(values) - low) / (high - low)
        return np.minimum(fractions, 1.0) if self.scale == "error" else fractions

    def fraction(self, value: float) -> float:
        """Returns where one value lies, 0 at ``low`` and 1 at ``high``."""
        return float(self.fractions(np.array([value]))[0])

    def value_at(self, fraction: float) -> float:
        """Returns the value that lies at ``fraction`` of the axis."""
        low, high = self._scaled_limits
        value = low + fraction * (high - low)
        if self.scale == "error":
            return 1 - 10**-value
        return float(10**value) if self.scale == "log" else value

    @property
    def _scaled_limits(self) -> Limits:
        low, high = self._scaled(np.array([self.low, self.high]))
        return float(low), float(high)

    def _scaled(self, values: Numbers) -> FloatArray:
        values = drawable(values, log=self.scale == "log")
        if self.scale == "error":
            return -np.log10(np.maximum(1 - values, _LEAST_ERROR))
        return np.log10(values) if self.scale == "log" else values


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis, as a fraction of its length."""

    fraction: float
    label: str


def joint_span(spans: Iterable[Limits | None]) -> Limits | None:
    """Returns the lowest and highest value of several spans; None without any."""
    found = [span for span in spans if span is not None]
    if not found:
        return None
    return min(low for low, _ in found), max(high for _, high in found)


def round_axis(span: Limits | None, kind: Kind, scale: Scale = "linear") -> Axis:
    """Returns an axis with round limits around all values of ``span``."""
    if scale == "linear":
        low, high = _round_limits(*(span or (0.0, 1.0)), kind)
    elif scale == "log":
        low, high = _round_log_limits(*(span or (0.1, 1.0)))
    else:
        best, worst = (1 - value for value in reversed(span or (0.0, 0.9)))
        least, greatest = _round_log_limits(
            max(best, _LEAST_ERROR), max(worst, _LEAST_ERROR)
        )
        low, high = 1 - greatest, 1 - least
    return Axis(low=low, high=high, kind=kind, scale=scale)


def steady_axis(
    previous: Axis | None, span: Limits | None, kind: Kind, scale: Scale = "linear"
) -> Axis:
    """Returns ``previous`` while the values fit and fill half of it, or a round one.

    An axis that moves makes the whole chart move, on the screen and on the wire.
    """
    fresh = round_axis(span, kind, scale)
    if previous is None or (previous.kind, previous.scale) != (kind, scale):
        return fresh
    if span is None:
        return previous
    low, high = previous.fraction(fresh.low), previous.fraction(fresh.high)
    fits = previous.low <= span[0] and span[1] <= previous.high
    return previous if fits and high - low > 0.5 else fresh


def ticks(axis: Axis, most: int) -> tuple[Tick, ...]:
    """Returns at most ``most`` (1 or more) ticks at round values of the axis."""
    if axis.scale == "log":
        values = _log_values(*axis.limits, most)
        labels = [_plain(value) for value in values]
    elif axis.scale == "error":
        errors = _log_values(1 - axis.high, 1 - axis.low, most)
        values = [1 - error for error in reversed(errors)]
        labels = [_percent(1 - error, error) for error in reversed(errors)]
    else:
        step = _step(axis, most)
        values = _multiples(axis, step)
        labels = [_label(value, step, axis) for value in values]
    pairs = zip(axis.fractions(np.array(values)), labels, strict=True)
    return tuple(Tick(float(fraction), label) for fraction, label in pairs)


def value_text(value: float, kind: Kind) -> str:
    """Returns one value with the digits that a person reads out."""
    if not math.isfinite(value) or kind == "number":
        return text.significant(value)
    if kind == "percent":
        return text.percent(value)
    if kind == "power":
        return text.significant(10**value)
    return text.duration(value) if kind == "duration" else text.count(round(value))


def _round_step(rough: float) -> float:
    """Returns the smallest of 1, 2, 5 × 10ⁿ that is not below ``rough``."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in _ROUND if rough <= m * power * (1 + _TOLERANCE))


def _round_limits(low: float, high: float, kind: Kind) -> Limits:
    is_share = kind == "percent" and low >= 0 and high <= 1
    if high - low <= max(SMALLEST, _TOLERANCE * max(abs(low), abs(high))):
        low, high = _widened(low, high)
    step = _round_up((high - low) / 5, kind)
    low = math.floor(low / step + _TOLERANCE) * step
    high = max(math.ceil(high / step - _TOLERANCE) * step, low + step)
    return (max(low, 0.0), min(high, 1.0)) if is_share else (low, high)


def _widened(low: float, high: float) -> Limits:
    if max(abs(low), abs(high)) <= SMALLEST:
        return 0.0, 1.0
    return low - abs(low) / 2, high + abs(high) / 2


def _round_log_limits(low: float, high: float) -> Limits:
    round_low, round_high = _round_below(low), _round_step(high)
    if round_high <= round_low * (1 + _TOLERANCE):
        return _round_below(low * 0.9), _round_step(high * 1.1)
    return round_low, round_high


def _round_below(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value) + _TOLERANCE)
    rounds = [m * power for m in _ROUND if m * power <= value * (1 + _TOLERANCE)]
    return rounds[-1] if rounds else power


def _step(axis: Axis, most: int) -> float:
    """Returns the round distance that puts at most ``most`` ticks on the axis."""
    step = _round_up((axis.high - axis.low) / most, axis.kind)
    while len(_multiples(axis, step)) > most:
        step = _round_up(step * 1.5, axis.kind)
    return step


def _round_up(rough: float, kind: Kind) -> float:
    """Returns the next distance that people count in: whole ones, parts of an hour."""
    if kind in ("count", "power"):
        return _round_step(max(rough, 1.0))
    if kind != "duration":
        return _round_step(rough)
    if rough > _ROUND_SECONDS[-1]:
        return _DAY_SECONDS * _round_step(max(rough / _DAY_SECONDS, 1.0))
    return next(float(step) for step in _ROUND_SECONDS if rough <= step)


def _multiples(axis: Axis, step: float) -> list[float]:
    first = math.ceil(axis.low / step - _TOLERANCE)
    last = math.floor(axis.high / step + _TOLERANCE)
    return [index * step for index in range(first, last + 1)]


def _log_values(low: float, high: float, most: int) -> list[float]:
    """Returns 1, 2, 5 × 10ⁿ, or 1, 5 × 10ⁿ, or as many decades as there is room for."""
    first = math.floor(math.log10(low) + _TOLERANCE)
    last = math.floor(math.log10(high) + _TOLERANCE)
    low, high = low * (1 - _TOLERANCE), high * (1 + _TOLERANCE)
    for mantissas in ((1, 2, 5), (1, 5), (1,)):
        powers = (10.0**n for n in range(first, last + 1))
        values = [m * power for power in powers for m in mantissas]
        values = [value for value in values if low <= value <= high]
        if len(values) <= most:
            return values
    stride = math.ceil(len(values) / most)
    return values[::stride]


def _label(value: float, step: float, axis: Axis) -> str:
    if axis.kind == "duration":
        return text.duration(value)
    if axis.kind == "percent":
        return _percent(value, step)
    if axis.kind == "power":
        return _plain(10**value)
    largest = max(abs(axis.low), abs(axis.high))
    if largest < 1e6 and step >= 1e-4:
        return f"{value:,.{_decimals(step)}f}"
    if axis.kind == "count" and largest < 1e9:
        in_millions = value and step >= 1e3
        return f"{value / 1e6:g} M" if in_millions else text.count(round(value))
    return _plain(value, digits=_magnitude(largest) - _magnitude(step) + 1)


def _percent(value: float, step: float) -> str:
    return f"{100 * value:.{_decimals(100 * step)}f} %"


def _decimals(step: float) -> int:
    return max(0, -_magnitude(step))


def _magnitude(value: float) -> int:
    return math.floor(math.log10(value) + _TOLERANCE)


def _plain(value: float, digits: int = 6) -> str:
    """Returns a number as short as it can be written: 1000, 0.05, 1e-5, 2.5e7."""
    return re.sub(r"e\+?(-?)0*", r"e\1", f"{value:.{digits}g}")
