"""The rows of runs as series to be plotted once: pure arrays."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from cnn_tui.runs.comparison import Over, read_facts
from cnn_tui.runs.past_rows import read_past
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.series import Metric, smooth

Floats = npt.NDArray[np.float64]
SMOOTHING = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """Values over x, both of shape (N,); what is not finite is a gap.

    Accuracy is in percent, time in seconds.
    """

    name: Literal["train", "val", "test"]
    x: Floats
    y: Floats

    def thinned(self, most: int) -> "Series":
        """Returns at most so many of its points, evenly spaced, with both ends."""
        if len(self.x) <= most:
            return self
        kept = np.unique(np.linspace(0, len(self.x) - 1, most).astype(int))
        return Series(name=self.name, x=self.x[kept], y=self.y[kept])


def series_of(reader: RunReader, metric: Metric, over: Over) -> list[Series]:
    """Returns the training, averaged, and the evaluations of a run that was read.

    Without the ones that have no values. Over images there are none where it is not
    known how many a run sees in an epoch.
    """
    factor = 100.0 if metric == "accuracy" else 1.0
    epoch: float | None = 1.0
    if over == "images":
        epoch = read_facts(reader.path).images_per_epoch
    if epoch is None:
        return []
    found = []
    for name, table, values in _columns(reader, metric):
        x = table["epoch"] * epoch if over == "images" else table[over]
        known = np.isfinite(x)
        if np.isfinite(values[known]).any():
            found.append(Series(name=name, x=x[known], y=values[known] * factor))
    return found


def _columns(reader: RunReader, metric: Metric) -> Iterator[tuple[Any, ...]]:
    train, tests = reader.train, reader.tests
    start = read_past(reader.path).average(metric, SMOOTHING)
    smoothed, _ = smooth(train["step"], train[metric], SMOOTHING, start)
    average = smoothed.astype(np.float32)  # or a level curve shows how it was rounded
    yield "train", train, average
    yield "val", tests, tests[f"validation_{metric}"]
    yield "test", tests, tests[metric]
