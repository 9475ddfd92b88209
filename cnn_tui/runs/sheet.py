"""Runs beside their values, each found once: what filters and orders go through."""

from collections.abc import Sequence

from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.columns import Column, Find, Value
from cnn_tui.runs.known import Known


class Sheet:
    """Runs as they are now; new ones, or more that is known, are another sheet."""

    def __init__(self, runs: Sequence[RunSummary], known: Known) -> None:
        """Finds nothing yet."""
        self.runs = runs
        self.known = known
        self._values: dict[Find, list[Value]] = {}

    def values(self, column: Column) -> list[Value]:
        """Returns the value of each run, in their order."""
        if (values := self._values.get(column.value)) is None:
            values = [column.value(run, self.known) for run in self.runs]
            self._values[column.value] = values
        return values
