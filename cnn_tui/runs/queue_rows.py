"""The jobs of a queue as rows of a list of runs."""

import os
from collections.abc import Set
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from cnn_tui.config.values import MAX_STEPS
from cnn_tui.errors import ConfigError
from cnn_tui.io.files import Stamp, open_regular, read_own, stamp
from cnn_tui.io.safe_yaml import MAX_BYTES, load
from cnn_tui.runs.layout import State
from cnn_tui.runs.queued import QueueFile, claimed, is_paused, refused, waiting
from cnn_tui.runs.records import Status
from cnn_tui.text import printable

_MOST_CHARACTERS = 400
_PLACE = "number {} in the queue"


class QueueRow(NamedTuple):
    """One job. ``status`` is None where ``problem`` says what is wrong."""

    run_id: str
    stamp: Stamp
    status: Status | None
    problem: str | None


class QueueRows:
    """The jobs that are no run yet; a file is read once, as long as it is the same."""

    def __init__(self, folder: Path) -> None:
        """Reads nothing yet; ``folder`` is that of the runs."""
        self._folder = folder
        self._known: dict[str, QueueRow] = {}

    def refresh(self, runs: Set[str]) -> list[QueueRow]:
        """Returns the jobs, but those that have become one of the ``runs``.

        Raises:
            RunDirectoryError: The queue cannot be read.
        """
        words = "paused, number {}" if is_paused(self._folder) else _PLACE
        wanted = [
            (file, State.QUEUED, words.format(place))
            for place, file in enumerate(waiting(self._folder), 1)
        ]
        begun, failed = claimed(self._folder), refused(self._folder)
        wanted += [(file, State.QUEUED, "about to begin") for file in begun]
        wanted += [(file, State.FAILED, "refused") for file in failed]
        found = [
            (row, state, reason)
            for file, state, reason in wanted
            if file.run_id not in runs and (row := self._row(file))
        ]
        self._known = {row.run_id: row for row, _, _ in found}
        return [_placed(*each) for each in found]

    def _row(self, file: QueueFile) -> QueueRow | None:
        """Returns a job; None where its file has gone since it was listed."""
        now, known = stamp(file.path), self._known.get(file.run_id)
        if not now or (known is not None and known.stamp == now):
            return known if now else None
        return _read(file, now)


def _placed(row: QueueRow, state: State, reason: str) -> QueueRow:
    if row.status is None:
        return row
    said = row.status.reason or reason
    status = msgspec.structs.replace(row.status, state=state, reason=said)
    return row._replace(status=status)


def _read(file: QueueFile, found: Stamp) -> QueueRow:
    try:
        content = load(_content(file.path), printable(file.path)).value
        return QueueRow(file.run_id, found, _status(file, content), None)
    except OSError as error:
        problem = f"{printable(file.path)} cannot be read: {error.strerror}"
    except ConfigError as error:
        problem = str(error)
    return QueueRow(file.run_id, found, None, problem)


def _content(path: Path) -> bytes:
    descriptor = open_regular(path)
    try:
        return read_own(descriptor, MAX_BYTES)
    finally:
        os.close(descriptor)


def _status(file: QueueFile, content: dict[str, Any]) -> Status:
    """Returns what a job says of its run; its config was not checked."""
    config = _part(content, "config")
    dataset, training = _part(config, "dataset"), _part(config, "training")
    asked = training.get("iterations")
    iterations = asked if isinstance(asked, int) else 0
    images = _text(dataset, "name") or _text(dataset, "folder") or _text(dataset, "npz")
    return Status(
        id=file.run_id,
        name=_text(content, "name") or file.run_id,
        preset=_text(content, "preset"),
        title=_text(config, "title") or "",
        dataset=Path(images or "").name,
        state=State.QUEUED,
        reason=_text(content, "reason"),
        total_steps=iterations if 0 < iterations <= MAX_STEPS else 0,
        started_at=datetime.fromtimestamp(os.stat(file.path).st_mtime).astimezone(),
    )


def _part(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    found = mapping.get(key)
    return found if isinstance(found, dict) else {}


def _text(mapping: dict[str, Any], key: str) -> str | None:
    found = mapping.get(key)
    return found[:_MOST_CHARACTERS] if isinstance(found, str) else None
