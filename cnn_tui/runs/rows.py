"""The metrics rows of a run, streamed from disk: no table, whatever its length."""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from pathlib import Path

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from cnn_tui.runs.layout import METRICS
from cnn_tui.runs.lines import LineFollower, check_lines, decode_lines
from cnn_tui.runs.records import MetricsRow

_metrics = msgspec.json.Decoder(MetricsRow)


def metrics_rows(path: Path) -> Iterator[MetricsRow]:
    """Yields the train and test rows of the run at ``path`` that count, in file order.

    No rewind voids them, and each kind has at most one row per step, ascending: the
    rows that a ``RunReader`` has. The file is read twice, and of it only the rewinds
    are held. Rows that are appended meanwhile may be among them, up to a new rewind.

    Raises:
        RunDirectoryError: something else is in the place of the file.
    """
    check_lines(path / METRICS)
    rewinds = [row.rewind_to for row in _all_rows(path) if row.rewind_to is not UNSET]
    history = _History(rewinds)
    for row in _all_rows(path):
        if row.rewind_to is UNSET:
            if (counted := history.counted(row)) is not None:
                yield counted
        elif not history.rewind(row.rewind_to):
            return


def _all_rows(path: Path) -> Iterator[MetricsRow]:
    for lines in LineFollower(path / METRICS).chunks(deadline=math.inf):
        yield from decode_lines(_metrics, lines)[0]


class _History:
    """Which rows count, given the rewinds that are still to come."""

    def __init__(self, rewinds: Sequence[int]) -> None:
        """Stands at the first row; ``rewinds`` are the steps that are gone back to."""
        self._train, self._tests = _CountedSteps(rewinds), _CountedSteps(rewinds)
        # No row counts beyond the lowest rewind to come; the last is that of them all.
        self._ceilings = [math.inf, *accumulate(reversed(rewinds), min)]

    def rewind(self, step: int) -> bool:
        """Goes back; returns whether this rewind was known."""
        self._ceilings.pop()
        if is_known := bool(self._ceilings):
            self._train.rewind(step)
            self._tests.rewind(step)
        return is_known

    def counted(self, row: MetricsRow) -> MetricsRow | None:
        """Returns what counts of a row."""
        if (step := row.step) is UNSET:
            return None
        if row.train_loss is not UNSET and not self._train.admits(step):
            row = replace(row, train_loss=UNSET)
        if row.test_loss is not UNSET and not self._tests.admits(step):
            row = replace(row, test_loss=UNSET)
        is_of_a_kind = row.train_loss is not UNSET or row.test_loss is not UNSET
        return row if is_of_a_kind and step <= self._ceilings[-1] else None


class _CountedSteps:
    """The steps of one kind that count so far, as few of them as rewinds can tell."""

    def __init__(self, rewinds: Sequence[int]) -> None:
        """Knows where any rewind of the file goes back to."""
        self._rewinds = sorted(set(rewinds))
        self._steps = [-1]

    def admits(self, step: int) -> bool:
        """Returns whether a row of ``step`` comes after all that count, and counts."""
        last = self._steps[-1]
        if step <= last:
            return False
        if bisect_left(self._rewinds, last) == bisect_left(self._rewinds, step):
            self._steps.pop()  # no rewind goes back to between these two
        self._steps.append(step)
        return True

    def rewind(self, step: int) -> None:
        """Takes away the steps after ``step``."""
        while self._steps[-1] > step:
            self._steps.pop()
