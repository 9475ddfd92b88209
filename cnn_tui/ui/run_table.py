"""The list of runs as text: its columns, which rows are in it and in which order."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from textual.content import Content

from cnn_tui.runs.catalog import RunSummary
from cnn_tui.runs.layout import LIVE, UNREADABLE
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import model_name
from cnn_tui.text import age, count, duration, percent, printable
from cnn_tui.ui.glyphs import STATE_STYLES, Glyphs

_MODEL_WIDTH = 14
HEADER = (
    f"  {'state':<12} {'model':<{_MODEL_WIDTH}} {'best':>8} {'step':>19}  "
    f"{'when':<11} {'at':>9} {'lr':>7} {'length':>8}  "
)
"""What matters most comes first: a narrow terminal cuts the rest off."""


def is_live(run: RunSummary) -> bool:
    """Whether a run may change from moment to moment."""
    return run.state in LIVE


def matches(run: RunSummary, words: Sequence[str]) -> bool:
    """Whether each word is part of the run's id, model or state."""
    if not words:
        return True
    status = run.status
    shown = (
        (model_name(status), status.title, status.state) if status else (UNREADABLE,)
    )
    text = " ".join([run.id, *map(str, shown)]).casefold()
    return all(word in text for word in words)


def row(run: RunSummary, glyphs: Glyphs, now: datetime) -> Content:
    """Returns a run in one line, in the columns of ``HEADER``."""
    state = run.state
    sign = (f"{glyphs.state(state)} {state:<12.12}", STATE_STYLES.get(state, ""))
    if run.status is None:
        name = f" {printable(run.id)}  "
        return Content.assemble(sign, name, (run.problem or "", "$foreground 60%"))
    note = printable(run.status.reason or "")
    cells = _cells(run.status, now)
    return Content.assemble(sign, cells, (note, "$foreground 60%"))


def _cells(status: Status, now: datetime) -> str:
    model = model_name(status)
    if len(model) > _MODEL_WIDTH:
        model = f"{model[: _MODEL_WIDTH - 1]}…"
    best = status.best
    when = age((now - status.started_at).total_seconds())
    lr = "–" if status.lr is None else f"{status.lr:.3g}"
    return (
        f" {model:<{_MODEL_WIDTH}}"
        f" {percent(best.accuracy if best else None):>8}"
        f" {f'{count(status.step)}/{count(status.total_steps)}':>19}"
        f"  {when:<11}"
        f" {count(best.step) if best else '–':>9}"
        f" {lr:>7}"
        f" {duration(status.training_seconds):>8}  "
    )


def _best(run: RunSummary) -> float:
    best = run.status.best if run.status else None
    return -best.accuracy if best else 1.0


def _model(run: RunSummary) -> str:
    return model_name(run.status) if run.status else "\uffff"


def _state(run: RunSummary) -> tuple[bool, str]:
    return (not is_live(run), run.status.state if run.status else "\uffff")


SORTINGS: dict[str, Callable[[RunSummary], Any]] = {
    "started": lambda _run: 0,
    "best": _best,
    "model": _model,
    "state": _state,
}
"""Sort keys by name; equal ones stay newest first."""
