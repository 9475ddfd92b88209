"""The rows of a loop, gathered until they are written."""

from collections.abc import Mapping
from typing import Literal

Kind = Literal["train", "test"]
Row = dict[str, object]


class RowBuffer:
    """Puts values of one step and kind into one row, while that is still in memory."""

    def __init__(self) -> None:
        """Has no row yet."""
        self._rows: list[Row] = []
        self._open: dict[Kind, Row] = {}
        self._last_steps: dict[Kind, int] = {"train": -1, "test": -1}

    def __len__(self) -> int:
        """Returns the number of rows to be written."""
        return len(self._rows)

    def add(
        self,
        kind: Kind,
        step: int,
        epoch: float | None,
        seconds: float,
        found: Mapping[str, float],
    ) -> int | None:
        """Adds values; returns the step that training went back to, if it did."""
        went_back = step < self._last_steps[kind]
        if went_back:
            self._rewind(step - 1)
        row = self._open.get(kind)
        if row is None or row["step"] != step:
            row = self._new_row(kind, step, seconds)
        if epoch is not None:
            row["epoch"] = epoch
        row |= found
        return step - 1 if went_back else None

    def take(self) -> list[Row]:
        """Returns the rows to be written, and forgets them."""
        rows, self._rows = self._rows, []
        self._open.clear()
        return rows

    def _new_row(self, kind: Kind, step: int, seconds: float) -> Row:
        """Begins a row; what comes after its step was written is in no curve."""
        row: Row = {"step": step, "time": seconds}
        if step > self._last_steps[kind]:
            row[f"{kind}/loss"] = None
            self._rows.append(row)
            self._open[kind] = row
            self._last_steps[kind] = step
        return row

    def _rewind(self, step: int) -> None:
        self._rows.append({"rewind_to": max(0, step)})
        self._open.clear()
        for kind, last in self._last_steps.items():
            self._last_steps[kind] = min(last, step)
