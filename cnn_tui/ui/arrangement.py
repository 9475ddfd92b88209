"""Which rows the list of runs has, and in which order."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from cnn_tui.runs.arrange import GROUPINGS, Grouping, group_runs, sorted_places
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.columns import (
    COLUMNS,
    DEFAULT,
    Column,
    UnknownColumnError,
    column_named,
)
from cnn_tui.runs.known import Known, Need
from cnn_tui.runs.query import Query
from cnn_tui.runs.sheet import Sheet
from cnn_tui.text import count
from cnn_tui.ui.list_settings import ListSettings
from cnn_tui.ui.run_table import GroupRow, Layout, Row

_SORTED_FIRST = ("started", "best", "name", "model", "state")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """What a list is asked to show."""

    columns: Sequence[Column]
    sort: Column
    is_reversed: bool = False
    grouping: Grouping | None = None
    query: Query = field(default_factory=Query)

    @property
    def needs(self) -> set[Need]:
        """What has to be read for it, beside the status."""
        asked = (*self.columns, self.sort, *self.query.columns)
        needs = {column.need for column in asked} | {
            self.grouping.need if self.grouping else None
        }
        return {need for need in needs if need}

    def layout(self, known: Known) -> Layout:
        """Returns what is shown of each run."""
        return Layout(columns=self.columns, known=known)

    def warm(self, sheet: Sheet) -> None:
        """Finds the values that the filter and the order ask for."""
        for column in (*self.query.columns, self.sort):
            sheet.values(column)

    def order(self, sheet: Sheet) -> list[int]:
        """Returns the places of all runs in their order."""
        return sorted_places(sheet, self.sort, is_reversed=self.is_reversed)

    def shown(self, sheet: Sheet, order: Sequence[int]) -> list[RunSummary]:
        """Returns the runs that the filter describes, in their order."""
        if not self.query.terms:
            return [sheet.runs[place] for place in order]
        places = set(self.query.places(sheet))
        return [sheet.runs[place] for place in order if place in places]

    def titles(self, runs: Sequence[RunSummary], known: Known) -> list[str]:
        """Returns the titles of the groups of these runs."""
        groups = group_runs(runs, self.grouping, known) if self.grouping else []
        return [group.title for group in groups]

    def rows(
        self, runs: Sequence[RunSummary], known: Known, folded: Set[str]
    ) -> list[Row]:
        """Returns the rows of these runs: those of folded groups are left out."""
        if self.grouping is None:
            return list(runs)
        rows: list[Row] = []
        for group in group_runs(runs, self.grouping, known):
            is_folded = group.title in folded
            rows.append(GroupRow(group=group, is_folded=is_folded))
            rows += () if is_folded else group.runs
        return rows


def arrangement(
    settings: ListSettings, query: Query, seen: Iterable[str]
) -> Arrangement:
    """Returns what is remembered, without what means nothing any more."""
    seen = tuple(seen)
    return Arrangement(
        columns=columns_named(settings.columns, seen),
        sort=next(iter(columns_named((settings.sort,), seen)), COLUMNS["started"]),
        is_reversed=settings.is_reversed,
        grouping=GROUPINGS.get(settings.grouping or ""),
        query=query,
    )


def columns_named(names: Iterable[str], seen: Iterable[str]) -> list[Column]:
    """Returns the columns of these names, those that mean something."""
    found = []
    for name in names:
        try:
            found.append(column_named(name, seen))
        except UnknownColumnError:
            continue
    return found


def columns_problem(text: str, seen: Iterable[str]) -> str | None:
    """Says what is wrong with names of columns between blanks."""
    try:
        for name in text.split():
            column_named(name, seen)
    except UnknownColumnError as error:
        return str(error)
    return None


def next_sort(settings: ListSettings) -> str:
    """Returns the column to sort by next: the usual ones, then all that are shown."""
    names = list(dict.fromkeys([*_SORTED_FIRST, *settings.columns]))
    place = names.index(settings.sort) + 1 if settings.sort in names else 0
    return names[place % len(names)]


def next_grouping(settings: ListSettings) -> str | None:
    """Returns the next way to group, none after the last."""
    names = [None, *GROUPINGS]
    place = names.index(settings.grouping) if settings.grouping in names else 0
    return names[(place + 1) % len(names)]


def columns_of(text: str) -> tuple[str, ...]:
    """Returns the names that were typed, each once; nothing is the usual ones."""
    return tuple(dict.fromkeys(text.replace(",", " ").split())) or DEFAULT


def in_words(settings: ListSettings, sort: str, missing: int) -> str:
    """Returns how a list is sorted and grouped, and what is still being read.

    ``sort`` is the name of a column, ``missing`` the number of runs not read whole.
    """
    order = f"sorted by {sort}"
    order += ", the other way round" if settings.is_reversed else ""
    order += f", by {settings.grouping}" if settings.grouping else ""
    return f"{order}, reading {count(missing)} more" if missing else order
