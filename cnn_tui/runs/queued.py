"""The queue: the files of runs that are still to begin, beside the runs.

What a run will be is its id from the beginning, so this is all that others must know.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.text import printable

QUEUE = ".queue"
CLAIMED = "claimed"
REFUSED = "refused"
PAUSED = "paused"
SUFFIX = ".yaml"
CLUSTER = ".cluster"
"""Beside the queue: the jobs that a scheduler has, and what it prints of them."""

_WAITING = re.compile(r"(?P<order>[0-9]{7})-(?P<id>[a-z0-9][a-z0-9-]{0,99})")
_BEGUN = re.compile(r"(?P<id>[a-z0-9][a-z0-9-]{0,99})")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFile:
    """A file of the queue, by its name alone."""

    path: Path
    run_id: str
    """The stem of a file that is not named as it should be."""
    order: int | None = None
    """The place of one that waits; None where its name does not say it."""


def waiting(folder: Path) -> list[QueueFile]:
    """Returns what waits in the queue of a runs folder, in order; unknown names last.

    Raises:
        RunDirectoryError: The queue cannot be read.
    """
    found = [_waiting(path) for path in _files(folder / QUEUE)]
    return sorted(found, key=lambda file: (file.order is None, file.path.name))


def claimed(folder: Path) -> list[QueueFile]:
    """Returns the jobs that a worker has taken, by name. Raises as ``waiting``."""
    return _begun(folder / QUEUE / CLAIMED)


def refused(folder: Path) -> list[QueueFile]:
    """Returns the jobs that could not become a run, by name. Raises as ``waiting``."""
    return _begun(folder / QUEUE / REFUSED)


def queued_ids(folder: Path) -> set[str]:
    """Returns the ids that runs will have, those of a cluster, too. Raises as above."""
    submitted = _begun(folder / CLUSTER)
    files = [*waiting(folder), *claimed(folder), *refused(folder), *submitted]
    return {file.run_id for file in files}


def is_paused(folder: Path) -> bool:
    """Whether no job of the queue is begun until somebody resumes it."""
    return os.path.lexists(folder / QUEUE / PAUSED)


def run_id_of(path: Path) -> str:
    """Returns the id of the run that a job's file is for."""
    match = _WAITING.fullmatch(path.stem)
    return match["id"] if match else path.stem


def _waiting(path: Path) -> QueueFile:
    match = _WAITING.fullmatch(path.stem)
    if match is None:
        return QueueFile(path=path, run_id=path.stem)
    return QueueFile(path=path, run_id=match["id"], order=int(match["order"]))


def _begun(folder: Path) -> list[QueueFile]:
    paths = [path for path in _files(folder) if _BEGUN.fullmatch(path.stem)]
    return [QueueFile(path=path, run_id=path.stem) for path in sorted(paths)]


def _files(folder: Path) -> list[Path]:
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(folder)}: the queue cannot be read: {error.strerror}"
        ) from error
    return [folder / name for name in names if name[0] != "." and name.endswith(SUFFIX)]
