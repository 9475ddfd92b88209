"""The curves of the runs that a fork went on from, drawn behind its own."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np

from cnn_tui.runs.past_rows import past_of
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.series import Metric
from cnn_tui.ui.charts import Curve
from cnn_tui.ui.curves import RunCurves, XMode


class PastCurves:
    """The parent of a run as it went on itself, and what was before it.

    Those that are gone are not shown; where nothing was forked, nothing is read.
    """

    def __init__(self, run: Path) -> None:
        """Reads which runs these are, and no rows yet."""
        self.rows = past_of(run)
        found = self.rows.runs
        self._readers = [reader for reader, _ in found]
        self._runs = [RunCurves(reader) for reader in self._readers]
        # Of the parent all is shown, of its own ancestors what it goes on from.
        self._ends = [math.inf, *(step for _, step in found[1:])][: len(found)]

    @property
    def version(self) -> int:
        """Grows whenever there are new rows."""
        return sum(reader.version for reader in self._readers)

    @property
    def is_complete(self) -> bool:
        """Whether all rows that are there can be drawn."""
        return all(reader.complete for reader in self._readers) and all(
            run.is_complete for run in self._runs
        )

    def follow(self, factor: float, budget_seconds: float, deadline: float) -> None:
        """Reads on, and averages what was read with ``factor`` of the past."""
        for reader, run in zip(self._readers, self._runs, strict=True):
            reader.poll(budget_seconds)
            run.follow(factor, deadline)

    def curves(self, metric: Metric, x_mode: XMode) -> Iterator[Curve]:
        """Yields what lies behind the curves of a run: training and tests."""
        kinds: dict[str, Literal["raw", "points"]] = {"train": "raw", "test": "points"}
        for series, style in kinds.items():
            parts = [
                _up_to(curve, reader, end)
                for reader, run, end in self._oldest_first()
                for curve in run.curves(metric, x_mode)
                if curve.series == series
            ]
            if any(x.size for x, _ in parts):
                x, y = (np.concatenate(column) for column in zip(*parts, strict=True))
                name = "parent" if series == "train" else "parent test"
                yield Curve(name, x, y, style=style, role="fourth")

    def _oldest_first(self) -> list[tuple[RunReader, RunCurves, float]]:
        return list(zip(self._readers, self._runs, self._ends, strict=True))[::-1]


def _up_to(curve: Curve, reader: RunReader, step: float) -> tuple[Any, Any]:
    """Returns x and y of a curve, a row of the run for each, up to ``step``."""
    table = reader.train if curve.style != "points" else reader.tests
    count = int(table["step"].searchsorted(step, "right"))
    return curve.x[:count], curve.y[:count]
