"""The layout of a run directory: file names, states, ids, and where runs are found."""

import itertools
import os
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

from cnn_tui.errors import RunDirectoryError
from cnn_tui.host.process import absolute
from cnn_tui.text import printable

FORMAT = 1

CONFIG = "config.yaml"
CORRECTIONS = "corrections.yaml"
ENVIRONMENT = "environment.json"
STATUS = "status.json"
ANNOTATIONS = "annotations.json"
METRICS = "metrics.jsonl"
EVENTS = "events.jsonl"
DEVICE = "device.jsonl"
DEVICES = "devices"
HEALTH = "health.jsonl"
PROFILE = "profile.json"
EVALUATIONS = "evaluations"
CHECKPOINTS = "checkpoints"
HISTORY = "history"
MODEL = "model.safetensors"
CONTROL = "control"
LOCK = "lock"
LOG = "train.log"
RESERVE = ".reserve"
UNFINISHED_PREFIX = ".new-"
TRASH = ".trash"

_MAX_NAME_LENGTH = 48
_MAX_CANDIDATES_SHOWN = 5
_STATE_WORD = re.compile(r"[a-z][a-z_-]{0,23}")


class State(StrEnum):
    """What a run is doing, as its trainer last wrote it."""

    QUEUED = "queued"
    """Of a job: no run directory says it."""
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPING = "stopping"
    FINISHED = "finished"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    IMPORTED = "imported"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Keeps the word of a state that a newer trainer knows; it is no member."""
        if not isinstance(value, str) or not _STATE_WORD.fullmatch(value):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_ = unknown._value_ = value
        return unknown


LIVE = frozenset({State.STARTING, State.RUNNING, State.PAUSED, State.STOPPING})
ENDED = frozenset(State) - LIVE - {State.QUEUED}
"""An unknown state is neither: nothing is known about whoever wrote it."""

LOST = "lost"
SILENT = "silent"
UNREADABLE = "unreadable"
"""Of a run without a status, or with one that is damaged or of a newer format."""
GLYPHS: dict[str, str] = {
    State.QUEUED: "⋯",
    State.STARTING: "◌",
    State.RUNNING: "●",
    State.PAUSED: "‖",
    State.STOPPING: "◍",
    State.FINISHED: "✓",
    State.STOPPED: "■",
    State.INTERRUPTED: "!",
    State.FAILED: "✗",
    State.IMPORTED: "←",
    LOST: "?",
    SILENT: "…",
}


def slug(text: str) -> str:
    """Returns ``text`` as a run's name: [a-z0-9-], at most 48 characters, not empty."""
    ascii_text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", ascii_text.lower()).strip("-")
    return name[:_MAX_NAME_LENGTH].rstrip("-") or "run"


def run_ids(name: str, now: datetime) -> Iterator[str]:
    """Yields the ids to try for a run of ``now``: the plain one, then -2, -3, …"""
    first = f"{now.astimezone():%Y%m%d-%H%M%S}-{slug(name)}"
    yield first
    yield from (f"{first}-{number}" for number in itertools.count(2))


def runs_folder(option: Path | None) -> Path:
    """Returns the runs folder: ``--runs-dir``, else CNN_TUI_RUNS, else ./runs."""
    folder = option or Path(os.environ.get("CNN_TUI_RUNS") or "runs")
    return absolute(Path(os.path.expanduser(folder)))


def run_names(folder: Path) -> list[str]:
    """Returns the names of the runs in ``folder``, sorted; none if it does not exist.

    Raises:
        RunDirectoryError: ``folder`` cannot be read.
    """
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if _is_named_run(entry))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(folder)}: the runs folder cannot be read: {error.strerror}"
        ) from error


def is_run(path: Path) -> bool:
    """Whether a run directory is at ``path``, one that this user may read."""
    return os.path.isfile(path / CONFIG)


def find_run(text: str, folder: Path) -> Path:
    """Returns the run that ``text`` means: a path, an id, or a unique prefix of one.

    Raises:
        RunDirectoryError: No run, or more than one, is meant.
    """
    if os.sep in text or text in ("", ".", ".."):
        return _run_at(Path(os.path.expanduser(text)))
    names = run_names(folder)
    if text in names:
        return folder / text
    matches = [name for name in names if name.startswith(text)]
    if len(matches) == 1:
        return folder / matches[0]
    if matches:
        raise RunDirectoryError(
            f'"{printable(text)}" is the beginning of {len(matches)} runs, '
            f"write more of the id: {_shortlist(matches)}"
        )
    if is_run(Path(text)):
        return _run_at(Path(text))
    known = f"there are {_shortlist(names[::-1])}" if names else "there are no runs yet"
    raise RunDirectoryError(
        f'no run "{printable(text)}" in {printable(folder)}: {known}'
    )


def _is_named_run(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)


def _run_at(path: Path) -> Path:
    if not is_run(path):
        raise RunDirectoryError(
            f'"{printable(path)}" is not a run directory: it has no {CONFIG}'
        )
    return path.resolve()


def _shortlist(names: list[str]) -> str:
    more = ", …" if len(names) > _MAX_CANDIDATES_SHOWN else ""
    return ", ".join(map(printable, names[:_MAX_CANDIDATES_SHOWN])) + more
