"""The rows of the runs that a fork went on from, and where they leave an average."""

from collections.abc import Sequence
from pathlib import Path

from cnn_tui.runs.lineage import ancestors
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.series import Metric, Smoothing, smooth

_NEAREST = 16
"""Ancestors whose rows are read."""
_REMEMBERED_ROWS = 5_000
"""Of what lies further back, an average keeps less than 0.99⁵⁰⁰⁰ ≈ 10⁻²²."""


class PastRows:
    """The rows of the parent of a run, and of those before it.

    Those that are gone have none.

    Attributes:
        runs: The runs, nearest first, each with the step at which it was left.
    """

    def __init__(self, runs: Sequence[tuple[RunReader, int]] = ()) -> None:
        """Reads no rows yet; without runs there are none."""
        self.runs = runs

    @property
    def complete(self) -> bool:
        """Whether all rows that were there at the last poll have been read."""
        return all(reader.complete for reader, _ in self.runs)

    def poll(self, budget_seconds: float) -> None:
        """Reads on, each run for about so long."""
        for reader, _ in self.runs:
            reader.poll(budget_seconds)

    def average(self, column: Metric, factor: float) -> Smoothing:
        """Returns where the moving average of these rows ends, for the fork's own."""
        end = Smoothing()
        for reader, step in reversed(self.runs):
            steps = reader.train["step"]
            last = int(steps.searchsorted(step, "right"))
            first = (
                0 if end.step is None else int(steps.searchsorted(end.step, "right"))
            )
            part = slice(max(first, last - _REMEMBERED_ROWS), last)
            values = reader.train[column][part]
            _, end = smooth(steps[part], values, factor, end)
        return end


def past_of(run: Path) -> PastRows:
    """Returns the past of a run, of which no row has been read yet."""
    found = ancestors(run)[:_NEAREST]
    return PastRows([(RunReader(path), step) for path, step in found])


def read_past(run: Path) -> PastRows:
    """Returns the past of a run once all of it has been read."""
    past = past_of(run)
    while not past.complete:
        past.poll(1.0)
    return past
