"""From the rows and events of runs to what the two charts show."""

import math
import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Literal

import numpy as np

from cnn_tui.runs import events as happenings
from cnn_tui.runs.events import Event
from cnn_tui.runs.past_rows import PastRows
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status
from cnn_tui.runs.series import Floats, Metric, Numbers, Smoothing, smooth
from cnn_tui.runs.table import Table
from cnn_tui.ui.charts import (
    ChartData,
    Curve,
    CurveRole,
    Extremes,
    Limits,
    LineStyle,
    Mark,
)
from cnn_tui.ui.glyphs import MARK_NAMES
from cnn_tui.ui.sentences import event_sentence

XMode = Literal["step", "epoch", "time"]
X_MODES: tuple[XMode, ...] = ("step", "epoch", "time")
METRICS: tuple[Metric, ...] = ("loss", "accuracy")
SMOOTHING_FACTORS = (0.9, 0.97, 0.99, 0.0, 0.6)
"""In the order of the key; the first is where it begins."""

_ROWS_AT_ONCE = 2**13
X_KINDS: dict[XMode, Literal["count", "number", "duration"]] = {
    "step": "count",
    "epoch": "number",
    "time": "duration",
}


class Average:
    """The moving average of a growing column, continued where it ended."""

    def __init__(self, column: Metric, factor: float, past: PastRows) -> None:
        """Has seen no row yet; ``past`` are those before the first one."""
        self.extremes = Extremes()
        self._column = column
        self._factor = factor
        self._values = np.empty(0, np.float32)
        self._count = 0
        self._past = past
        self._smoothing: Smoothing | None = None

    @property
    def values(self) -> Numbers:
        """The average of the rows that it has come to."""
        return self._values[: self._count]

    def follow(self, table: Table, deadline: float) -> None:
        """Goes on, until ``deadline`` on the monotonic clock, but at least a part."""
        self._reserve(len(table))
        while self._count < len(table):
            self._go_on(table)
            if time.monotonic() >= deadline:
                break
        self.extremes.follow(self.values)

    def _go_on(self, table: Table) -> None:
        if self._smoothing is None:
            self._smoothing = self._past.average(self._column, self._factor)
        part = slice(self._count, min(self._count + _ROWS_AT_ONCE, len(table)))
        values, self._smoothing = smooth(
            table["step"][part],
            table[self._column][part],
            self._factor,
            self._smoothing,
        )
        self._values[part] = values
        self._count = part.stop

    def _reserve(self, count: int) -> None:
        if count > len(self._values):
            grown = np.empty(count + count // 8, np.float32)
            grown[: self._count] = self.values
            self._values = grown


class Order:
    """Whether a growing column is finite and ascending."""

    def __init__(self) -> None:
        """Has seen no value yet."""
        self.holds = True
        self._count = 0
        self._last = -math.inf

    def follow(self, values: Numbers) -> None:
        """Looks at what was appended."""
        new = values[self._count :]
        if self.holds and new.size:
            is_rising = new[0] >= self._last and not (new[1:] < new[:-1]).any()
            self.holds = bool(is_rising and np.isfinite(new).all())
            self._count, self._last = len(values), new[-1]


class RunCurves:
    """The curves of one run, remembering what was worked out between two looks."""

    def __init__(
        self, reader: RunReader, run: str = "", past: PastRows | None = None
    ) -> None:
        """Has seen no row yet; ``run`` is what the run is called beside others.

        Its averages go on from ``past``.
        """
        self._reader = reader
        self._run = run
        self._past = past or PastRows()
        self._begin(SMOOTHING_FACTORS[0])

    @property
    def is_complete(self) -> bool:
        """Whether all rows that were read can be drawn."""
        count = len(self._reader.train)
        return self._past.complete and all(
            len(each.values) == count for each in self._averages.values()
        )

    def follow(self, factor: float, deadline: float = math.inf) -> None:
        """Takes new rows in: after ``deadline`` a part of them waits for the next time.

        The averages keep ``factor`` of the past per update.
        """
        train = self._reader.train
        if train.revision != self._revision:
            self._begin(factor)
        elif factor != self._factor:
            self._average_anew(factor)
        self._losses.follow(train["loss"])
        for x_mode, order in self._orders.items():
            order.follow(train[x_mode])
        if not self._past.complete:
            self._past.poll(max(0.0, deadline - time.monotonic()))
        if self._past.complete:
            for average in self._averages.values():
                average.follow(train, deadline)

    def curves(self, metric: Metric, x_mode: XMode) -> Iterable[Curve]:
        """Yields the curves of a metric, as far as they were followed."""
        train, tests = self._reader.train, self._reader.tests
        if metric == "loss" and self._factor:
            yield self._long("batch", x_mode, train["loss"], self._losses, style="raw")
        average = self._averages[metric]
        yield self._long("train", x_mode, average.values, average.extremes)
        if np.isfinite(tests[f"validation_{metric}"]).any():
            yield self._points("val", x_mode, f"validation_{metric}", role="third")
        yield self._points("test", x_mode, metric, role="second")

    def marks(self, x_mode: XMode) -> Iterable[Mark]:
        """Yields what happened; what is of one kind, at one step, is one mark."""
        return _marks(self._reader.events, self._reader.train, x_mode)

    def _long(
        self,
        series: str,
        x_mode: XMode,
        y: Numbers,
        extremes: Extremes,
        style: LineStyle = "line",
    ) -> Curve:
        x = self._reader.train[x_mode][: len(y)]
        known = extremes if self._orders[x_mode].holds else None
        return Curve(series, x, y, run=self._run, style=style, extremes=known)

    def _points(
        self, series: str, x_mode: XMode, column: str, role: CurveRole
    ) -> Curve:
        x, y = self._reader.tests[x_mode], self._reader.tests[column]
        return Curve(series, x, y, run=self._run, style="points", role=role)

    def _begin(self, factor: float) -> None:
        """Begins anew, with new objects: curves that were made keep the old ones."""
        self._revision = self._reader.train.revision
        self._losses = Extremes()
        self._orders = {x_mode: Order() for x_mode in X_MODES}
        self._average_anew(factor)

    def _average_anew(self, factor: float) -> None:
        self._factor = factor
        self._averages = {
            metric: Average(metric, factor, self._past) for metric in METRICS
        }


def charts(
    runs: Sequence[RunCurves], x_mode: XMode, x_limits: Limits | None
) -> dict[Metric, ChartData]:
    """Returns what there is to show of runs: a chart for each metric."""
    marks = tuple(mark for run in runs for mark in run.marks(x_mode))
    return {
        metric: ChartData(
            curves=tuple(curve for run in runs for curve in run.curves(metric, x_mode)),
            marks=marks,
            mark_names=MARK_NAMES,
            x_label=x_mode,
            x_kind=X_KINDS[x_mode],
            x_limits=x_limits,
            y_kind="percent" if metric == "accuracy" else "number",
        )
        for metric in METRICS
    }


def x_limits_of(status: Status | None, x_mode: XMode) -> Limits | None:
    """Returns 0 and the end that is planned; None where it is not known."""
    if status is None or not status.total_steps:
        return None
    if x_mode == "step":
        return (0.0, float(status.total_steps))
    epochs = planned_epochs(status)
    return (0.0, epochs) if x_mode == "epoch" and epochs else None


def step_at(x: float, train: Table, x_mode: XMode) -> int:
    """Returns the last update that was done at ``x``."""
    if x_mode == "step":
        return max(0, int(x))
    place = int(train[x_mode].searchsorted(x, "right"))
    return int(train["step"][place - 1]) if place else 0


def planned_epochs(status: Status) -> float | None:
    """Returns how many epochs the run is to have; None before the first update."""
    if not status.step or not status.epoch:
        return None
    return status.total_steps * status.epoch / status.step


def _marks(events: Iterable[Event], train: Table, x_mode: XMode) -> Iterable[Mark]:
    kept = sorted(filter(_has_mark, events), key=lambda event: _ORDER[type(event)])
    alike = [list(found) for _, found in groupby(kept, lambda it: (type(it), it.step))]
    steps = np.array([event.step for event, *_ in alike], dtype=np.float64)
    places = _along(steps, train, x_mode)
    for found, x in zip(alike, places, strict=True):
        event = found[-1]
        glyph, role, labelled = _MARKS[type(event)]
        if isinstance(event, happenings.Evaluated) and event.best:
            glyph = "●"
        text = " · ".join(map(event_sentence, found))
        yield Mark(x=float(x), glyph=glyph, text=text, role=role, labelled=labelled)


def _along(steps: Floats, train: Table, x_mode: XMode) -> Floats:
    """Returns x at ``steps``, which may lie between those of the rows."""
    if x_mode == "step":
        return steps
    if not len(train):
        return np.zeros_like(steps)
    places: Floats = np.interp(steps, train["step"], train[x_mode])
    return places


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
