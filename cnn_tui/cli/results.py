"""What came of a run, for people and for scripts."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs import records
from cnn_tui.runs.layout import GLYPHS, STATUS
from cnn_tui.runs.liveness import shown_state
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from cnn_tui.text import age, count, duration, percent, printable, significant


def read(run: Path) -> Status:
    """Returns the status of a run.

    Raises:
        RunDirectoryError: It has none, or one that cannot be read.
    """
    status = read_status(run)
    if status is None:
        raise RunDirectoryError(f"{printable(run)} has no {STATUS}")
    return status


def as_json(run: Path, status: Status) -> dict[str, Any]:
    """Returns all that the status says, as it is, and what follows from it."""
    return {
        **msgspec.to_builtins(status),
        "path": str(run),
        "shown_state": shown_state(status),
        "best_by": _judge(status),
    }


def in_words(run: Path, status: Status) -> Iterator[tuple[str, str]]:
    """Yields what is known of the results, by the name that people have for it."""
    state = shown_state(status)
    why = f": {printable(status.reason)}" if status.reason else ""
    yield "state", f"{GLYPHS.get(state, '?')} {state}{why}"
    progress = f"step {count(status.step)} of {count(status.total_steps)}"
    spent = duration(status.training_seconds)
    yield "progress", f"{progress}, epoch {status.epoch:.2f}, in {spent}"
    yield from _accuracies(status)
    if status.lr is not None:
        yield "learning rate", f"{status.lr:.6g}"
    if status.overrides:
        yield "changed while training", _changes(status)
    if status.device:
        host = f" on {printable(status.host)}" if status.host else ""
        together = f", {status.processes} processes" if status.processes > 1 else ""
        yield "device", f"{printable(status.device)}{host}{together}"
    if status.images_per_second is not None:
        yield "speed", f"{count(round(status.images_per_second))} images/s"
    yield "started", _moment(status.started_at)
    if status.ended_at:
        yield "ended", _moment(status.ended_at)
    if status.last_checkpoint_step is not None:
        yield "last checkpoint", f"at step {count(status.last_checkpoint_step)}"
    yield "files", printable(run)


def value_in_words(value: object) -> str:
    """Returns a value of a config or a status in one line, without needless digits."""
    if isinstance(value, dict):
        pairs = (f"{key} {value_in_words(item)}" for key, item in value.items())
        return printable("  ".join(pairs))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    return "–" if value is None else printable(value)


def _accuracies(status: Status) -> Iterator[tuple[str, str]]:
    if status.best:
        best = f"{percent(status.best.accuracy)} {_judge(status)} accuracy"
        yield "best", f"{best} at step {count(status.best.step)}"
    for name, accuracy, loss in (
        ("test", status.test_accuracy, status.test_loss),
        ("validation", status.validation_accuracy, status.validation_loss),
    ):
        if accuracy is not None:
            yield f"last {name}", f"{percent(accuracy)}, loss {significant(loss)}"
    if status.train_loss is not None:
        yield "last training loss", significant(status.train_loss)


def _judge(status: Status) -> str:
    """Returns which images decide what is best."""
    return "test" if status.validation_accuracy is None else "validation"


def _changes(status: Status) -> str:
    return ", ".join(
        f"{printable(name)} {value_in_words(value)}"
        for name, value in status.overrides.items()
    )


def _moment(moment: datetime) -> str:
    ago = age((records.now() - moment).total_seconds())
    return f"{moment:%Y-%m-%d %H:%M:%S%z} ({ago})"
