"""How far the run of a job has come, whoever trained it."""

from enum import Enum, auto
from pathlib import Path

from cnn_tui.errors import LockedError, RunDirectoryError
from cnn_tui.runs import lock
from cnn_tui.runs.layout import TRASH, State, is_run
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status


class Standing(Enum):
    """What is to be done about the run of a job."""

    ABSENT = auto()
    """It is still to begin."""
    OPEN = auto()
    """It is to go on from its checkpoint."""
    TRAINED = auto()
    """Somebody trains it."""
    ENDED = auto()
    """It has ended by itself, or a person has thrown it away."""


_OVER = frozenset({State.FINISHED, State.STOPPED, State.FAILED})


def standing(run: Path) -> Standing:
    """Returns how far a run has come."""
    if not is_run(run):
        thrown_away = is_run(run.parent / TRASH / run.name)
        return Standing.ENDED if thrown_away else Standing.ABSENT
    if _is_trained(run):
        return Standing.TRAINED
    status = _status(run)
    is_over = status is not None and status.state in _OVER
    return Standing.ENDED if is_over else Standing.OPEN


def checkpoint_step(run: Path) -> int | None:
    """Returns the update that a run would go on from; None before the first one."""
    status = _status(run)
    return status.last_checkpoint_step if status else None


def is_paused(run: Path) -> bool:
    """Whether a run stands where somebody paused it, and so gets no further."""
    status = _status(run)
    return status is not None and status.state is State.PAUSED


def trained_on(run: Path) -> str | None:
    """Returns the device that a run was trained on last."""
    status = _status(run)
    return status.device if status else None


def _is_trained(run: Path) -> bool:
    try:
        lock.acquire(run).release()
    except LockedError:
        return True
    except OSError:  # read-only, or gone: whoever goes on with it will say so
        return False
    return False


def _status(run: Path) -> Status | None:
    try:
        return read_status(run)
    except RunDirectoryError:
        return None
