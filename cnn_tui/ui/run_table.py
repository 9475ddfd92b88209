"""The list of runs as text: its columns, which rows are in it and in which order."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from textual.content import Content

from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.layout import LIVE, UNREADABLE
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import model_name
from cnn_tui.text import age, count, duration, percent, printable, quantity
from cnn_tui.ui.glyphs import STATE_STYLES, Glyphs

_STATE_WIDTH, _STEPS_WIDTH = 13, 15
_LEAST_NOTE_WIDTH = 12
_LEAST_NAME_WIDTH, _MOST_NAME_WIDTH = 18, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column after state and name; a narrow list does without the last ones."""

    title: str
    width: int
    text: Callable[[Status, datetime], str]
    is_number: bool = True

    def cell(self, text: str) -> str:
        """Returns a text in the width of the column."""
        text = _cut(text, self.width)
        return text.rjust(self.width) if self.is_number else text.ljust(self.width)


def _best_at(status: Status, _now: datetime) -> str:
    return count(status.best.step) if status.best else "–"


def _best_accuracy(status: Status, _now: datetime) -> str:
    return percent(status.best.accuracy if status.best else None)


def _steps(status: Status, _now: datetime) -> str:
    text = f"{count(status.step)}/{count(status.total_steps)}"
    if len(text) <= _STEPS_WIDTH:
        return text
    share = 100 * status.step / status.total_steps if status.total_steps else 0
    return f"{share:.0f} % of {quantity(status.total_steps)}"


def _when(status: Status, now: datetime) -> str:
    return age((now - status.started_at).total_seconds())


def _trained(status: Status, _now: datetime) -> str:
    return model_name(status)


def _rate(status: Status, _now: datetime) -> str:
    return "–" if status.lr is None else f"{status.lr:.3g}"


def _length(status: Status, _now: datetime) -> str:
    return duration(status.training_seconds)


_COLUMNS = (
    Column(title="best", width=8, text=_best_accuracy),
    Column(title="step", width=_STEPS_WIDTH, text=_steps),
    Column(title="when", width=11, text=_when, is_number=False),
    Column(title="model", width=14, text=_trained, is_number=False),
    Column(title="at", width=9, text=_best_at),
    Column(title="lr", width=7, text=_rate),
    Column(title="length", width=8, text=_length),
)
"""What matters most comes first."""


def header(width: int) -> str:
    """Returns the titles of the columns that there is room for."""
    name_width, columns = _layout(width)
    titles = [f"{'  state':<{_STATE_WIDTH}}", f"{'name':<{name_width}}"]
    return " ".join([*titles, *(column.cell(column.title) for column in columns)])


def row(
    run: RunSummary, glyphs: Glyphs, now: datetime, *, width: int, shared: Set[str]
) -> Content:
    """Returns a run in one line, in the columns of ``header``.

    ``shared`` are the names that do not tell one run from all others.
    """
    state, (name_width, columns) = run.state, _layout(width)
    sign = _cut(f"{glyphs.state(state)} {printable(state)}", _STATE_WIDTH)
    styled = (f"{sign:<{_STATE_WIDTH}}", STATE_STYLES.get(state, ""))
    if run.status is None:
        name = f" {printable(run.id)}  "
        return Content.assemble(styled, name, (run.problem or "", "$foreground 60%"))
    cells = [column.cell(column.text(run.status, now)) for column in columns]
    name = f"{own_name(run, shared, name_width):<{name_width}}"
    line = Content.assemble(styled, " ".join(["", name, *cells]))
    note = f"  {printable(run.status.reason)}" if run.status.reason else ""
    has_room = width - line.cell_length >= _LEAST_NOTE_WIDTH
    return line + Content.styled(note if has_room else "", "$foreground 60%")


def shared_names(runs: Iterable[RunSummary]) -> frozenset[str]:
    """Returns the names that more than one run has."""
    counts = Counter(run.status.name for run in runs if run.status)
    return frozenset(name for name, number in counts.items() if number > 1)


def own_name(run: RunSummary, shared: Set[str], width: int) -> str:
    """Returns the name of a run, with the time in its id where others have it, too."""
    name = run.status.name if run.status else ""
    if name and name not in shared:
        return _cut(printable(name), width)
    found = re.fullmatch(rf"\d{{8}}-(\d{{6}})-{re.escape(name)}(-\d+)?", run.id)
    if not name or found is None:
        return _cut(printable(run.id), width)
    started = f" {found[1]}{found[2] or ''}"
    return _cut(printable(name), width - len(started)) + started


def is_live(run: RunSummary) -> bool:
    """Whether a run may change from moment to moment."""
    return run.state in LIVE


def matches(run: RunSummary, words: Sequence[str]) -> bool:
    """Whether each word is part of the run's id, name, model or state."""
    if not words:
        return True
    status = run.status
    shown: tuple[str, ...] = (UNREADABLE,)
    if status:
        shown = (status.name, model_name(status), status.title, status.state)
    text = " ".join([run.id, *shown]).casefold()
    return all(word in text for word in words)


def _layout(width: int) -> tuple[int, list[Column]]:
    """Returns how wide the name is, and which columns there is room for beside it."""
    room = width - _STATE_WIDTH - 1 - _LEAST_NAME_WIDTH
    columns = []
    for column in _COLUMNS:
        if room <= column.width:
            break
        room -= column.width + 1
        columns.append(column)
    return min(_LEAST_NAME_WIDTH + max(room, 0), _MOST_NAME_WIDTH), columns


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _best(run: RunSummary) -> float:
    best = run.status.best if run.status else None
    return -best.accuracy if best else 1.0


def _name(run: RunSummary) -> str:
    return run.status.name if run.status else "\uffff"


def _model(run: RunSummary) -> str:
    return model_name(run.status) if run.status else "\uffff"


def _state(run: RunSummary) -> tuple[bool, str]:
    return (not is_live(run), run.status.state if run.status else "\uffff")


SORTINGS: dict[str, Callable[[RunSummary], Any]] = {
    "started": lambda _run: 0,
    "best": _best,
    "name": _name,
    "model": _model,
    "state": _state,
}
"""Sort keys by name; equal ones stay newest first."""
