"""From the tables and events of a run to what its two charts show."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cnn_tui.runs import events as happenings
from cnn_tui.runs.events import Event
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status
from cnn_tui.runs.series import Floats, Numbers, Smoothing, smooth
from cnn_tui.runs.table import Table
from cnn_tui.ui.charts import ChartData, Curve, Limits, Mark
from cnn_tui.ui.sentences import event_sentence

XMode = Literal["step", "epoch", "time"]
X_MODES: tuple[XMode, ...] = ("step", "epoch", "time")
SMOOTHING_FACTORS = (0.9, 0.97, 0.99, 0.0, 0.6)
"""In the order of the key; the first is where it begins."""

_X_KINDS: dict[XMode, Literal["count", "number", "duration"]] = {
    "step": "count",
    "epoch": "number",
    "time": "duration",
}


class Average:
    """The moving average of a growing column, continued where it ended."""

    def __init__(self, column: str) -> None:
        """Has seen no row yet."""
        self._column = column
        self._factor, self._revision = 0.0, -1
        self._values: Floats = np.empty(0)
        self._count = 0
        self._smoothing = Smoothing()

    def update(self, table: Table, factor: float) -> Floats:
        """Returns the average of all rows, of shape (rows,)."""
        if (factor, table.revision) != (self._factor, self._revision):
            self._restart(factor, table.revision)
        done, self._count = self._count, len(table)
        if self._count > len(self._values):
            room = np.empty(self._count - done + self._count // 8)
            self._values = np.concatenate([self._values[:done], room])
        steps, values = table["step"][done:], table[self._column][done:]
        more, self._smoothing = smooth(steps, values, factor, self._smoothing)
        self._values[done : self._count] = more
        return self._values[: self._count]

    def _restart(self, factor: float, revision: int) -> None:
        self._factor, self._revision = factor, revision
        self._values, self._count = np.empty(0), 0
        self._smoothing = Smoothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Charts:
    """What the two charts show."""

    loss: ChartData
    accuracy: ChartData


class Curves:
    """Makes charts of a run, remembering the averages between two calls."""

    def __init__(self) -> None:
        """Has seen no run yet."""
        self._loss, self._accuracy = Average("loss"), Average("accuracy")

    def follow(self, train: Table, factor: float) -> None:
        """Takes new rows into the averages: a part at a time where there are many."""
        self._loss.update(train, factor)
        self._accuracy.update(train, factor)

    def charts(
        self, reader: RunReader, status: Status | None, x_mode: XMode, factor: float
    ) -> Charts:
        """Returns what there is to show now."""
        # Once, for all curves: of a long run each copy takes megabytes.
        x = reader.train[x_mode].astype(np.float64)
        marks = tuple(_marks(reader.events, reader.train, x_mode))
        limits = _x_limits(status, x_mode)

        def chart(column: str, average: Average) -> ChartData:
            return ChartData(
                curves=tuple(_curves(reader, x, column, average, x_mode, factor)),
                marks=marks,
                x_label=x_mode,
                x_kind=_X_KINDS[x_mode],
                x_limits=limits,
                y_kind="percent" if column == "accuracy" else "number",
            )

        return Charts(
            loss=chart("loss", self._loss), accuracy=chart("accuracy", self._accuracy)
        )


def _curves(
    reader: RunReader,
    x: Floats,
    column: str,
    average: Average,
    x_mode: XMode,
    factor: float,
) -> Iterable[Curve]:
    train, tests = reader.train, reader.tests
    smoothed = average.update(train, factor)
    if factor:
        if column == "loss":
            yield Curve("batch", x, train[column], style="raw")
        yield Curve("train", x, smoothed)
    else:
        yield Curve("train", x, train[column])
    if np.isfinite(tests[f"validation_{column}"]).any():
        held_out = tests[f"validation_{column}"]
        yield Curve("val", tests[x_mode], held_out, style="points", role="third")
    yield Curve("test", tests[x_mode], tests[column], style="points", role="second")


def _x_limits(status: Status | None, x_mode: XMode) -> Limits | None:
    """Returns 0 and the end that is planned; None where it is not known."""
    if status is None or not status.total_steps:
        return None
    if x_mode == "step":
        return (0.0, float(status.total_steps))
    epochs = planned_epochs(status)
    return (0.0, epochs) if x_mode == "epoch" and epochs else None


def planned_epochs(status: Status) -> float | None:
    """Returns how many epochs the run is to have; None before the first update."""
    if not status.step or not status.epoch:
        return None
    return status.total_steps * status.epoch / status.step


def _marks(events: Iterable[Event], train: Table, x_mode: XMode) -> Iterable[Mark]:
    kept = sorted(filter(_has_mark, events), key=lambda event: _ORDER[type(event)])
    steps = np.array([event.step for event in kept], dtype=np.float64)
    places = _along(steps, train["step"], train[x_mode])
    for event, x in zip(kept, places, strict=True):
        glyph, role, labelled = _MARKS[type(event)]
        if isinstance(event, happenings.Evaluated) and event.best:
            glyph = "●"
        text = event_sentence(event)
        yield Mark(x=float(x), glyph=glyph, text=text, role=role, labelled=labelled)


def _along(steps: Floats, known_steps: Numbers, x: Numbers) -> Floats:
    """Returns x at ``steps``, which may lie between the known ones."""
    if not len(known_steps):
        return np.zeros_like(steps)
    if x is known_steps or np.array_equal(x, known_steps):
        return steps
    return np.interp(steps, known_steps, x)


_MARKS: dict[type[Event], tuple[str, Literal["note", "warning", "error"], bool]] = {
    happenings.CheckpointSaved: ("▼", "note", False),
    happenings.Evaluated: ("○", "note", False),
    happenings.Paused: ("=", "note", False),
    happenings.HyperparameterChanged: ("▲", "warning", True),
    happenings.RolledBack: ("<", "warning", True),
    happenings.LossExploded: ("!", "error", True),
    happenings.NonFinite: ("×", "error", True),
}
"""Glyph, role and whether it is named; all are there without braille, too.

What comes later in this table lies on top.
"""
_ORDER = {kind: place for place, kind in enumerate(_MARKS)}


def _has_mark(event: Event) -> bool:
    """Leaves out the checkpoints that are saved every few seconds and not kept."""
    if isinstance(event, happenings.CheckpointSaved):
        return bool(event.also_as)
    return type(event) in _MARKS
