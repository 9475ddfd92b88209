"""The trash of a folder of runs: what was deleted there, until it is emptied."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import ensure_directory
from cnn_tui.runs.layout import ENDED, TRASH, run_names
from cnn_tui.runs.liveness import is_lost
from cnn_tui.runs.lock import acquire
from cnn_tui.runs.status import read_status
from cnn_tui.text import printable


@contextmanager
def held(run: Path) -> Iterator[None]:
    """Keeps everybody from training a run meanwhile, and makes sure that nobody does.

    Raises:
        LockedError: Somebody trains it.
        RunDirectoryError: It may be live, or cannot be locked.
    """
    if not run.is_dir():  # to lock it would make it
        raise RunDirectoryError(f"{printable(run)} is not there any more")
    try:
        lock = acquire(run)
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(run.name)} cannot be locked: {error.strerror}"
        ) from error
    try:
        _check_ended(run)
        yield
    finally:
        lock.release()


def throw_away(run: Path) -> Path:
    """Moves a run into the trash of its folder; returns where it lies there.

    Raises:
        LockedError: Somebody trains it.
        RunDirectoryError: It may be live, or cannot be moved.
    """
    trash = run.parent / TRASH
    with held(run), _moving(run):
        ensure_directory(trash)
        place = _free_place(trash, run.name)
        run.rename(place)
    return place


def restore(folder: Path, name: str) -> Path:
    """Moves a run from the trash back to the others; returns where it is.

    Raises:
        RunDirectoryError: It is not there, another has its name, or it cannot be moved.
    """
    if name not in (known := thrown_away(folder)):
        names = ", ".join(map(printable, known[:5]))
        what = f"there are {names}" if known else "it is empty"
        raise RunDirectoryError(f'no run "{printable(name)}" in the trash: {what}')
    target = folder / name
    if os.path.lexists(target):
        raise RunDirectoryError(
            f"{printable(target)} is there already: rename it, then restore the other"
        )
    with _moving(target):
        (folder / TRASH / name).rename(target)
    return target


def thrown_away(folder: Path) -> list[str]:
    """Returns the names of the runs in the trash, sorted.

    Raises:
        RunDirectoryError: It cannot be read.
    """
    return run_names(folder / TRASH)


def empty(folder: Path) -> None:
    """Removes for good what is in the trash.

    Raises:
        RunDirectoryError: Something cannot be removed.
    """
    for name in thrown_away(folder):
        with _moving(folder / TRASH / name):
            shutil.rmtree(folder / TRASH / name)


def _check_ended(run: Path) -> None:
    """Raises RunDirectoryError for a run that may be live, on another host, too."""
    try:
        status = read_status(run)
    except RunDirectoryError:
        return  # nobody can go on with a run that says nothing; its lock is free
    if status and status.state not in ENDED and not is_lost(status):
        raise RunDirectoryError(
            f"{printable(run.name)} is {printable(status.state)}: stop it first"
        )


def _free_place(trash: Path, name: str) -> Path:
    names = set(run_names(trash))
    number = 1
    while (numbered := name if number == 1 else f"{name}-{number}") in names:
        number += 1
    return trash / numbered


@contextmanager
def _moving(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(path)} cannot be moved or removed: {error.strerror}"
        ) from error
