"""What a chart shows, as plain values: curves, marks, and how numbers are meant."""

from dataclasses import KW_ONLY, dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]

Limits: TypeAlias = tuple[float, float]
"""The lowest and highest value of an axis, lowest first."""

Kind = Literal["number", "count", "percent", "duration"]
"""What a value means to a person: 0.087, 1,240, 97.2 % (of 0…1), 0:31 (of seconds)."""

LineStyle = Literal["line", "raw", "points"]
"""A solid line, a dim line behind the others, or dots joined by a dashed line."""

CurveRole = Literal["first", "second", "third", "fourth"]
"""Which colour of the series palette a curve has."""

MarkRole = Literal["note", "warning", "error"]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One series of values over x; values that are not finite are gaps.

    ``x`` and ``y`` become float64 arrays of shape (N,), ordered by x, without the
    points whose x is not finite.

    Raises:
        ValueError: ``x`` and ``y`` are not two rows of the same length.
    """

    label: str
    x: FloatArray
    y: FloatArray
    _: KW_ONLY
    style: LineStyle = "line"
    role: CurveRole = "first"

    def __post_init__(self) -> None:
        x, y = _ordered(self.x, self.y)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    def value_at(self, x: float) -> float | None:
        """Returns the value of the last point at or before ``x``; None before all."""
        index = int(np.searchsorted(self.x, x, side="right")) - 1
        return float(self.y[index]) if index >= 0 else None

    def values_between(self, low: float, high: float) -> FloatArray:
        """Returns the values of all points from x = ``low`` to x = ``high``."""
        first = np.searchsorted(self.x, low)
        return self.y[first : np.searchsorted(self.x, high, side="right")]


def _ordered(xs: ArrayLike, ys: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x, y = np.asarray(xs, dtype=np.float64), np.asarray(ys, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x and y must be equally long rows, not {x.shape}, {y.shape}")
    finite = np.isfinite(x)
    if not finite.all():
        x, y = x[finite], y[finite]
    if np.any(x[1:] < x[:-1]):
        order = np.argsort(x, kind="stable")
        x, y = x[order], y[order]
    return x, y


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that happened at ``x``, shown on the x axis.

    A ``labelled`` mark is also named below the axis and drawn as a dotted line.
    """

    x: float
    glyph: str
    text: str
    role: MarkRole = "note"
    labelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChartData:
    """All that one chart shows; curves and marks that come later lie on top.

    ``x_limits`` holds the x axis still where its end is known, say 0…total steps;
    without it the axis grows in steps.
    """

    curves: tuple[Curve, ...] = ()
    marks: tuple[Mark, ...] = ()
    x_label: str = "step"
    x_kind: Kind = "count"
    x_limits: Limits | None = None
    y_kind: Kind = "number"
    placeholder: str = "no values yet"

    def curves_of(self, style: LineStyle) -> tuple[Curve, ...]:
        """Returns the curves of one style."""
        return tuple(curve for curve in self.curves if curve.style == style)
