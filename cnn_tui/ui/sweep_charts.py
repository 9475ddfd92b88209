"""From what a sweep has found to its two charts: the best so far, and slices."""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from cnn_tui.runs.config_values import Scalar
from cnn_tui.sweeps.overview import Overview, TrialRow
from cnn_tui.sweeps.space import Choices, Dimension, short_names
from cnn_tui.text import printable
from cnn_tui.ui.charts import ChartData, Curve, CurveRole, Mark
from cnn_tui.ui.charts.data import Kind

_CURVES: dict[str, tuple[str, CurveRole]] = {
    "complete": ("trials", "first"),
    "pruned": ("pruned", "second"),
}
_BEST: CurveRole = "third"


def best_chart(found: Overview) -> ChartData:
    """Returns the value of each trial by its number, and the best until then."""
    line = found.best_so_far()
    return ChartData(
        curves=(
            *_clouds((trial, float(trial.number)) for trial in found.trials),
            Curve("best so far", *_columns(line), role=_BEST),
        ),
        x_label="trial",
        x_limits=(0.0, float(max(1, found.plan.trials - 1))),
        y_kind=_y_kind(found),
        placeholder="no trial is finished yet",
    )


def slice_chart(found: Overview, key: str) -> ChartData:
    """Returns the value of each trial by what it has for one key."""
    dimension = found.plan.space[key]
    placed = ((trial, _place(dimension, trial, key)) for trial in found.trials)
    best = found.best
    top = [] if best is None else [(best, _place(dimension, best, key))]
    return ChartData(
        curves=(*_clouds(placed), *_clouds(top, "best", _BEST)),
        marks=tuple(_names(dimension)),
        x_label=short_names(found.plan.space)[key],
        x_kind=_x_kind(dimension),
        x_limits=_limits(dimension),
        y_kind=_y_kind(found),
        placeholder="no trial is finished yet",
    )


def _clouds(
    placed: Iterable[tuple[TrialRow, float | None]],
    name: str = "",
    role: CurveRole | None = None,
) -> Iterator[Curve]:
    """Yields the points of each state."""
    placed = list(placed)
    for state, (series, usual) in _CURVES.items():
        points = [
            (x, trial.value)
            for trial, x in placed
            if trial.state == state and x is not None and trial.value is not None
        ]
        if points:
            yield Curve(
                name or series, *_columns(points), style="dots", role=role or usual
            )


def _columns(
    pairs: Sequence[tuple[float, float]],
) -> tuple[np.ndarray, np.ndarray]:
    table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return table[:, 0], table[:, 1]


def _place(dimension: Dimension, trial: TrialRow, key: str) -> float | None:
    """Returns where the value of a trial is on the axis; None where it has none."""
    if key not in trial.values:
        return None
    value = trial.values[key]
    if isinstance(dimension, Choices):
        shown = list(map(_word, dimension.values))
        return float(shown.index(_word(value))) if _word(value) in shown else None
    if not isinstance(value, int | float) or (dimension.is_log and value <= 0):
        return None
    return math.log10(value) if dimension.is_log else float(value)


def _limits(dimension: Dimension) -> tuple[float, float]:
    """Returns the ends of the axis, with some room beside single values."""
    if isinstance(dimension, Choices):
        return -0.5, len(dimension.values) - 0.5
    if dimension.is_log:
        return math.log10(dimension.low), math.log10(dimension.high)
    return float(dimension.low), float(dimension.high)


def _names(dimension: Dimension) -> Iterator[Mark]:
    """Yields where each single value stands, with its name."""
    if isinstance(dimension, Choices):
        for place, value in enumerate(dimension.values):
            yield Mark(x=float(place), glyph="▲", text=_word(value), labelled=True)


def _x_kind(dimension: Dimension) -> Kind:
    if isinstance(dimension, Choices):
        return "count"
    if dimension.is_log:
        return "power"
    return "count" if dimension.is_whole else "number"


def _y_kind(found: Overview) -> Kind:
    return "percent" if found.plan.is_maximized else "number"


def _word(value: Scalar) -> str:
    return printable(str(value).lower() if isinstance(value, bool) else value)
