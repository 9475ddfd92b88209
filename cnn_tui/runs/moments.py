"""A run and one of its updates, as a person writes them: ``RUN@STEP``."""

from pathlib import Path

from cnn_tui.errors import InputError
from cnn_tui.runs.history import steps_available
from cnn_tui.runs.layout import find_run
from cnn_tui.runs.status import read_status
from cnn_tui.text import printable

_WORDS = ("best", "newest")


def find_moment(text: str, folder: Path) -> tuple[Path, int]:
    """Returns the run and the step that ``RUN[@STEP]`` means.

    STEP is a number, ``best``, or ``newest``, the newest checkpoint, which is meant
    without one.

    Raises:
        InputError: if there is no such run, or no such step can be meant.
    """
    name, at, moment = text.rpartition("@")
    if not at:
        name, moment = text, "newest"
    run = find_run(name, folder)
    if moment.isdecimal() and moment.isascii() and len(moment) <= 10:
        return run, int(moment)
    if moment not in _WORDS:
        raise InputError(
            f'"{printable(text)}": after @ stands best, newest, or an update\'s number'
        )
    return run, _best(run) if moment == "best" else newest(run)


def newest(run: Path) -> int:
    """Returns the step of the newest checkpoint; 0 where there is none."""
    steps = steps_available(run)
    return steps[-1] if steps else 0


def _best(run: Path) -> int:
    status = read_status(run)
    if status is None or status.best is None:
        raise InputError(f"{printable(run.name)} has no evaluation yet, so no best one")
    return status.best.step
