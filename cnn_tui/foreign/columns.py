"""Values by name and step as they come, and the rows that they make."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cnn_tui.errors import InputError

Row = dict[str, Any]

MAX_VALUES = 20_000_000
MAX_NAMES = 500
MAX_STEP = 2**31 - 1
NAME_LENGTH = 200
EPOCH, TIME = "epoch", "time"
"""What a row has beside its values."""
SPEED = "images_per_second"
"""What a train row of ours has, too; it is taken by that name alone."""

_TRAIN = ("train/loss", "train/accuracy", "lr")
_TESTS = ("test/loss", "test/accuracy", "validation/loss", "validation/accuracy")
TARGETS = (*_TRAIN, *_TESTS)
"""What the curves of the dashboard are of."""
RESERVED = frozenset({*TARGETS, EPOCH, TIME, "step", "rewind_to"})


@dataclass(frozen=True, slots=True)
class Series:
    """The values of one name, in the order of the file."""

    steps: "array[int]" = field(default_factory=lambda: array("q"))
    values: "array[float]" = field(default_factory=lambda: array("d"))

    def at_steps(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Returns steps, ascending, and the last value of each; both of shape (n,)."""
        steps, values = np.array(self.steps, np.int64), np.array(self.values)
        found, places = np.unique(steps[::-1], return_index=True)
        return found, values[::-1][places]


class Columns:
    """All values of one run.

    Attributes:
        series: The values by their own names; ``epoch`` and ``time`` (seconds) too.
        left_out: What was not understood, and why.
        started_at: Seconds since 1970 at the first value; None if it is not known.
    """

    def __init__(self) -> None:
        """Has no value yet."""
        self.series: dict[str, Series] = {}
        self.left_out: dict[str, str] = {}
        self.started_at: float | None = None

    def of(self, name: str) -> Series | None:
        """Returns the series to add to; None where there are too many names."""
        known = self.series.get(name)
        if known is None:
            if len(self.series) >= MAX_NAMES or len(name) > NAME_LENGTH:
                self.left_out[name[:NAME_LENGTH]] = f"more than {MAX_NAMES} names"
                return None
            known = self.series[name] = Series()
        return known

    def check_size(self) -> None:
        """Raises InputError where there is more than memory is meant for."""
        if sum(len(series.steps) for series in self.series.values()) > MAX_VALUES:
            raise InputError(
                f"there are more than {MAX_VALUES:,} values: import a part of the file"
            )

    def measured_from_start(self) -> None:
        """Makes times on the wall clock seconds since the first one."""
        times = self.series.get(TIME)
        if times is None or not times.values:
            return
        first = min(times.values)
        if first > 1e9:
            self.started_at = first
            shifted = array("d", (np.array(times.values) - first).tobytes())
            self.series[TIME] = Series(times.steps, shifted)


def rows(columns: Columns, names: Mapping[str, str]) -> Iterator[Row]:
    """Yields the rows of a run by step: a train row, with all that is named otherwise,
    and a test row, each where it has values.

    ``names`` are the targets of series by their own names.
    """
    own = [name for name in columns.series if name not in names]
    own = [name for name in own if name in (EPOCH, TIME) or name not in RESERVED]
    found = {names.get(name, name): columns.series[name] for name in [*names, *own]}
    others = [name for name in own if name not in (EPOCH, TIME)]
    yield from _lines(found, "train/loss", [*_TRAIN, *others])
    yield from _lines(found, "test/loss", _TESTS)


def _lines(
    found: Mapping[str, Series], first: str, wanted: Iterable[str]
) -> Iterator[Row]:
    """Yields rows of one kind; ``first`` tells the kind, and is in each of them."""
    series = {name: found[name].at_steps() for name in wanted if name in found}
    if not series:
        return
    steps = np.unique(np.concatenate([at for at, _ in series.values()]))
    beside = {name: found[name].at_steps() for name in (EPOCH, TIME) if name in found}
    series |= beside
    kind = [name for name in series if name in TARGETS]
    is_kind = _known(steps, [series[name][0] for name in kind])
    names = list(series)
    lists = [_placed(steps, *series[name]).tolist() for name in names]
    for step, is_one, *values in zip(
        steps.tolist(), is_kind.tolist(), *lists, strict=True
    ):
        row: Row = {"step": step}
        if is_one:
            row[first] = None
        for name, value in zip(names, values, strict=True):
            if value == value:
                row[name] = value
        yield row


def _known(
    steps: npt.NDArray[np.int64], series: list[npt.NDArray[np.int64]]
) -> npt.NDArray[np.bool_]:
    known = np.zeros(len(steps), bool)
    for at in series:
        known[np.searchsorted(steps, at)] = True
    return known


def _placed(
    steps: npt.NDArray[np.int64],
    at: npt.NDArray[np.int64],
    values: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Returns the values in the places of their steps, NaN in the others."""
    placed = np.full(len(steps), np.nan)
    places = np.searchsorted(steps, at)
    inside = places < len(steps)
    inside[inside] = steps[places[inside]] == at[inside]
    placed[places[inside]] = values[inside]
    return placed
