"""What of a run can be made again, or is there twice: what pruning removes.

- ``history/`` but its first checkpoint: any update after that is made again from it,
  with the edits that were made then, bit for bit;
- ``checkpoints/previous.pt``: it is there for when ``last.pt`` is damaged; so it goes
  only where ``last.pt`` was read whole, and its checksums are right.

Checkpoints that somebody asked for (``step-….pt``), the best and the last one, rows,
events, evaluations and ``model.safetensors`` stay, and all of a run that is live, that
another program wrote, or whose past cannot be repeated exactly.
"""

import os
import zipfile
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import open_regular
from cnn_tui.runs.events import CheckpointDamaged, NonFinite, NotBitExact, RolledBack
from cnn_tui.runs.history import LAST, all_events, names, step_of
from cnn_tui.runs.layout import CHECKPOINTS, HISTORY
from cnn_tui.runs.trash import held
from cnn_tui.text import printable

PREVIOUS = "previous.pt"
_NOT_REPEATED = (CheckpointDamaged, NonFinite, NotBitExact, RolledBack)
"""Events of a run whose past may come out otherwise the second time."""


def prunable(run: Path) -> list[Path]:
    """Returns the files of a run that can be made again, or are there twice."""
    first, *later = _history(run) or [run / HISTORY]
    is_exact = not any(isinstance(event, _NOT_REPEATED) for event in all_events(run))
    found = later if later and is_exact and _is_whole(first) else []
    previous = run / CHECKPOINTS / PREVIOUS
    if previous.is_file() and _is_whole(run / CHECKPOINTS / LAST):
        found.append(previous)
    return found


def prune(run: Path) -> None:
    """Removes them, while nobody can go on with the run.

    Raises:
        LockedError: Somebody trains it.
        RunDirectoryError: It may be live, or a file cannot be removed.
    """
    with held(run):
        for path in prunable(run):
            try:
                path.unlink()
            except OSError as error:
                raise RunDirectoryError(
                    f"{printable(path)} cannot be removed: {error.strerror}"
                ) from error


def _history(run: Path) -> list[Path]:
    """Returns the checkpoints of the past, ascending."""
    steps = {step: n for n in names(run / HISTORY) if (step := step_of(n)) is not None}
    return [run / HISTORY / steps[step] for step in sorted(steps)]


def _is_whole(checkpoint: Path) -> bool:
    """Whether a checkpoint is there and has the checksums that it was written with."""
    try:
        descriptor = open_regular(checkpoint)
        with os.fdopen(descriptor, "rb") as file, zipfile.ZipFile(file) as archive:
            return archive.testzip() is None
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile):
        return False
