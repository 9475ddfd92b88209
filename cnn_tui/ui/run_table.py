"""The list of runs as text: its rows, in the columns that there is room for."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from textual.content import Content

from cnn_tui.runs.arrange import Group
from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.columns import Column
from cnn_tui.runs.known import Known
from cnn_tui.runs.layout import LIVE
from cnn_tui.text import count, percent, printable
from cnn_tui.ui.glyphs import STATE_STYLES, Glyphs

_STATE_WIDTH = 13
_LEAST_NOTE_WIDTH = 12
_LEAST_NAME_WIDTH, _MOST_NAME_WIDTH = 18, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """The line above the runs of a group."""

    group: Group
    is_folded: bool


Row = RunSummary | GroupRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is shown of each run: a narrow list does without the last columns."""

    columns: Sequence[Column]
    known: Known


def list_title(
    runs: Sequence[RunSummary], *, shown: int, doing: str, folder: Path
) -> Content:
    """Returns how many runs there are, how many are shown, and in which order."""
    live, total = sum(map(is_live, runs)), len(runs)
    number = count(total) if shown == total else f"{count(shown)} of {count(total)}"
    return Content.assemble(
        ("Runs", "bold $accent"),
        f" · {number} · {count(live)} live",
        (f" · {doing} · in {printable(folder)}", "$foreground 60%"),
    )


def header(layout: Layout, width: int) -> str:
    """Returns the titles of the columns that there is room for."""
    name_width, columns = _fitting(layout, width)
    titles = [f"{'  state':<{_STATE_WIDTH}}", f"{'name':<{name_width}}"]
    return " ".join([*titles, *(column.cell(column.heading) for column in columns)])


def row(
    run: RunSummary,
    glyphs: Glyphs,
    now: datetime,
    *,
    layout: Layout,
    width: int,
    shared: Set[str],
) -> Content:
    """Returns a run in one line, in the columns of ``header``.

    ``shared`` are the names that do not tell one run from all others.
    """
    state, (name_width, columns) = run.state, _fitting(layout, width)
    sign = _cut(f"{glyphs.state(state)} {printable(state)}", _STATE_WIDTH)
    styled = (f"{sign:<{_STATE_WIDTH}}", STATE_STYLES.get(state, ""))
    if run.status is None:
        name = f" {printable(run.id)}  "
        return Content.assemble(styled, name, (run.problem or "", "$foreground 60%"))
    cells = [column.cell(column.text(run, layout.known, now)) for column in columns]
    pin = "* " if run.written.pinned else ""
    name = f"{pin}{own_name(run, shared, name_width - len(pin))}"
    line = Content.assemble(styled, " ".join(["", f"{name:<{name_width}}", *cells]))
    note = f"  {_note(run)}" if _note(run) else ""
    has_room = width - line.cell_length >= _LEAST_NOTE_WIDTH
    return line + Content.styled(note if has_room else "", "$foreground 60%")


def group_line(row: GroupRow) -> Content:
    """Returns the line of a group: its runs, and how good they are."""
    group, sign = row.group, "+" if row.is_folded else "-"
    said = f"  {count(len(group.runs))} run{'s' if len(group.runs) > 1 else ''}"
    if group.mean_accuracy is not None:
        said += f"  best {percent(group.mean_accuracy)}"
    if group.deviation is not None:
        said += f" ± {percent(group.deviation)}"
    if 0 < group.measured < len(group.runs):
        said += f" of {count(group.measured)}"
    return Content.assemble(
        (f"{sign} {group.title}", "bold"), (said, "$foreground 80%")
    )


def _note(run: RunSummary) -> str:
    """Returns why a run ended so, and what people wrote about it."""
    reason = (run.status.reason if run.status else None) or ""
    tags = " ".join(f"#{tag}" for tag in run.written.tags)
    parts = (reason, tags, run.written.note)
    return " · ".join(printable(part) for part in parts if part)


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


def _fitting(layout: Layout, width: int) -> tuple[int, list[Column]]:
    """Returns how wide the name is, and which columns there is room for beside it."""
    room = width - _STATE_WIDTH - 1 - _LEAST_NAME_WIDTH
    columns = []
    for column in layout.columns:
        if room <= column.width:
            break
        room -= column.width + 1
        columns.append(column)
    return min(_LEAST_NAME_WIDTH + max(room, 0), _MOST_NAME_WIDTH), columns


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"
