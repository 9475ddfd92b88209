"""What a chart shows, as plain values: curves, marks, and how numbers are meant."""

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from cnn_tui.ui.charts.extremes import Extremes, FloatArray, IntArray, Numbers

Limits: TypeAlias = tuple[float, float]
"""The lowest and highest value of an axis, lowest first."""
ALL: Limits = (-math.inf, math.inf)

Kind = Literal["number", "count", "percent", "duration", "power"]
"""What a value means to a person: 0.087, 1,240, 97.2 % (of 0…1), 0:31 (of seconds),
0.0100 (of its logarithm, −2)."""

LineStyle = Literal["line", "raw", "points", "dots"]
"""A solid line, a dim one behind the others, dots joined by a dashed one, or alone."""
WITH_POINTS: tuple[LineStyle, ...] = ("points", "dots")

CurveRole = Literal["first", "second", "third", "fourth", "fifth", "sixth"]
"""Which colour of the series palette a curve has."""

MarkRole = Literal["note", "warning", "error"]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One series of values of one run, over x; values that are not finite are gaps.

    ``x`` and ``y`` become arrays of shape (N,), ordered by x, without the points whose
    x is not finite. A long curve that grows brings the ``extremes`` of its y, and is
    known to be in order: drawing it then costs no more than drawing a short one.

    Raises:
        ValueError: ``x`` and ``y`` are not two rows of the same length.
    """

    series: str
    x: FloatArray
    y: Numbers
    _: KW_ONLY
    run: str = ""
    style: LineStyle = "line"
    role: CurveRole = "first"
    extremes: Extremes | None = None
    letter: str = ""
    """Stands at its end, along it and in the legend: told apart without colours."""
    is_dashed: bool = False

    def __post_init__(self) -> None:
        if self.extremes is None:
            x, y = _ordered(self.x, self.y)
            object.__setattr__(self, "x", x)
            object.__setattr__(self, "y", y)

    def places(self, x: FloatArray) -> IntArray:
        """Returns how many points lie before each of these x."""
        return np.searchsorted(self.x, x)

    def value_at(self, x: float) -> float | None:
        """Returns the value of the last point at or before ``x``; None before all."""
        index = self._count_until(x) - 1
        return float(self.y[index]) if index >= 0 else None

    def extremes_between(
        self, starts: IntArray, stops: IntArray, *, log: bool
    ) -> tuple[FloatArray, FloatArray]:
        """Returns the lowest and highest y of each range of points; NaN for none."""
        extremes = self.extremes or _NO_EXTREMES
        return extremes.between(self.y, starts, stops, log=log)

    def span(self, limits: Limits = ALL, *, log: bool = False) -> Limits | None:
        """Returns the lowest and highest y that can be drawn, of x within limits."""
        start = self.places(np.array(limits[:1]))
        stop = np.array([self._count_until(limits[1])])
        (low,), (high,) = self.extremes_between(start, stop, log=log)
        return (float(low), float(high)) if low <= high else None

    def _count_until(self, x: float) -> int:
        """Returns how many points lie at or before ``x``."""
        return int(np.searchsorted(self.x, x, side="right"))


_NO_EXTREMES = Extremes()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """What lies between two curves with the same x; ``low`` has its colour."""

    low: Curve
    high: Curve


def _ordered(xs: ArrayLike, ys: ArrayLike) -> tuple[FloatArray, Numbers]:
    x, y = np.asarray(xs, dtype=np.float64), np.asarray(ys)
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
    without it the axis grows in steps. ``mark_names`` say what glyphs of marks mean.
    """

    curves: tuple[Curve, ...] = ()
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    mark_names: Mapping[str, str] = field(default_factory=dict)
    x_label: str = "step"
    x_kind: Kind = "count"
    x_limits: Limits | None = None
    y_kind: Kind = "number"
    placeholder: str = "no values yet"

    def curves_of(self, style: LineStyle) -> tuple[Curve, ...]:
        """Returns the curves of one style."""
        return tuple(curve for curve in self.curves if curve.style == style)

    def name_of(self, curve: Curve) -> str:
        """Returns the name of a curve; its run is named where there are several."""
        runs = {each.run for each in self.curves}
        return curve.series if len(runs) == 1 else f"{curve.run} {curve.series}"

    def mark_texts(self, mark: Mark) -> tuple[str, ...]:
        """Returns what a mark can be called, the longest first."""
        name = self.mark_names.get(mark.glyph, mark.text)
        return f"{mark.glyph} {mark.text}", f"{mark.glyph} {name}", mark.glyph
