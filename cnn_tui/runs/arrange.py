"""Runs in an order, and in groups that tell a mean and how it spreads."""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.columns import Column, Value
from cnn_tui.runs.config_values import all_but_seed
from cnn_tui.runs.known import Known, Need
from cnn_tui.runs.layout import UNREADABLE
from cnn_tui.runs.sheet import Sheet
from cnn_tui.runs.status import model_name
from cnn_tui.text import printable

_MAX_ANCESTORS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """A way to put runs together: those with an equal value."""

    keys: Callable[[Sequence[RunSummary], Known], Sequence[Hashable]]
    """Returns the value of each run; a text is the title of the group, too."""
    need: Need | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Runs that are together, in their order."""

    title: str
    runs: Sequence[RunSummary]
    mean_accuracy: float | None
    """Of the best evaluation of each run that has one."""
    measured: int
    """How many have one."""
    deviation: float | None
    """The standard deviation of that, of a sample; None where there are no two."""


def sorted_places(
    sheet: Sheet, column: Column, *, is_reversed: bool = False
) -> list[int]:
    """Returns the places of all runs, pinned ones first, then by a column.

    High numbers come first, or A to Z. Equal ones stay as they are; those without a
    value come last, both ways.
    """
    values, runs = sheet.values(column), sheet.runs
    with_value = [place for place, value in enumerate(values) if _has_order(value)]
    are_numbers = any(_is_number(values[place]) for place in with_value)
    with_value.sort(
        key=lambda place: _order(values[place]), reverse=are_numbers != is_reversed
    )
    rest = [place for place, value in enumerate(values) if not _has_order(value)]
    places = with_value + rest
    places.sort(key=lambda place: not runs[place].written.pinned)
    return places


def group_runs(
    runs: Sequence[RunSummary], grouping: Grouping, known: Known
) -> list[Group]:
    """Returns the runs by group, in the order of their first ones."""
    groups: dict[Hashable, list[RunSummary]] = {}
    for run, key in zip(runs, grouping.keys(runs, known), strict=True):
        groups.setdefault(key, []).append(run)
    return [_group(key, members) for key, members in groups.items()]


def _group(key: Hashable, runs: Sequence[RunSummary]) -> Group:
    best = [run.status.best for run in runs if run.status]
    values = [one.accuracy for one in best if one and math.isfinite(one.accuracy)]
    title = key if isinstance(key, str) else f"{_model(runs[0])}, as {runs[0].id}"
    return Group(
        title=printable(title),
        runs=runs,
        mean_accuracy=mean(values) if values else None,
        measured=len(values),
        deviation=stdev(values) if len(values) > 1 else None,
    )


def _model(run: RunSummary) -> str:
    return model_name(run.status) if run.status else UNREADABLE


def _dataset(run: RunSummary) -> str:
    return (run.status.dataset if run.status else "") or "no data set"


def _tags(run: RunSummary) -> str:
    return " ".join(sorted(run.written.tags)) or "no tag"


def _all_but_seed(run: RunSummary, known: Known) -> Hashable:
    return all_but_seed(known.config(run)) or (run.id,)


def _sweep(run: RunSummary, known: Known) -> str:
    name = known.config(run).value("study.name")
    return f"sweep {name}" if name else "no sweep"


def _root(run: RunSummary, known: Known) -> str:
    """Returns the run that one began with, even if it is not shown, or gone.

    What configs say may go in circles.
    """
    name = run.id
    for _ in range(_MAX_ANCESTORS):
        parent = known.named_config(name).value("lineage.parent")
        if not isinstance(parent, str):
            break
        name = parent
    return f"from {name}"


def _of_each(key: Callable[[RunSummary], Hashable]) -> Grouping:
    return Grouping(keys=lambda runs, _known: [key(run) for run in runs])


def _by_config(key: Callable[[RunSummary, Known], Hashable]) -> Grouping:
    return Grouping(
        keys=lambda runs, known: [key(run, known) for run in runs], need="config"
    )


GROUPINGS: dict[str, Grouping] = {
    "model": _of_each(_model),
    "dataset": _of_each(_dataset),
    "tags": _of_each(_tags),
    "seeds": _by_config(_all_but_seed),
    "lineage": _by_config(_root),
    "sweep": _by_config(_sweep),
}
"""By name; runs of one group of seeds have the same config but for the seed."""


def _has_order(value: Value) -> bool:
    return value is not None and value != () and value == value  # NaN is not


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float)


def _order(value: Value) -> tuple[bool, object]:
    """Returns what values of any kind can be compared by: numbers before texts."""
    return (False, value) if _is_number(value) else (True, str(value).casefold())
