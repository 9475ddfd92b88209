"""The queue as people and programs change it: add, list, move, cancel, pause."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from cnn_tui.errors import CnnTuiError, ConfigError, InputError, RunDirectoryError
from cnn_tui.io.files import FILE_MODE, ensure_directory, replace_file
from cnn_tui.jobs.job import Job, encode_job, read_content, read_job
from cnn_tui.runs.layout import UNFINISHED_PREFIX, run_ids
from cnn_tui.runs.queued import (
    CLAIMED,
    CLUSTER,
    PAUSED,
    QUEUE,
    REFUSED,
    SUFFIX,
    QueueFile,
    claimed,
    queued_ids,
    refused,
    waiting,
)
from cnn_tui.runs.records import now
from cnn_tui.text import printable

Place = Literal["up", "down", "front", "back"]

_LOCK = "lock"
_PATIENCE_SECONDS = 10.0
_FIRST_ORDER = 5_000_000
"""In the middle, so that there is room before it and behind."""
_LAST_ORDER = 9_999_999


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedJob:
    """A job of the queue; ``job`` is None where ``problem`` says what is wrong."""

    run_id: str
    path: Path
    state: Literal["waiting", "claimed", "refused"]
    position: int | None = None
    """From 1 on, of one that waits."""
    job: Job | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """A file that was in the queue; ``content`` is None where it was none to read."""

    path: Path
    content: bytes | None


def add_job(runs_folder: Path, job: Job, *, at_front: bool = False) -> str:
    """Puts a job into the queue; returns the id that its run will have.

    Raises:
        RunDirectoryError: if the queue cannot be written.
    """
    with changing(runs_folder) as queue:
        run_id = _free_id(runs_folder, job.name)
        orders = [f.order for f in waiting(runs_folder) if f.order is not None]
        order = _FIRST_ORDER
        if orders:
            order = orders[0] - 1 if at_front else orders[-1] + 1
        replace_file(queue / _name(order, run_id), encode_job(job).encode())
    return run_id


def reserve_for_cluster(runs_folder: Path, job: Job) -> Path:
    """Writes the file of a job that a scheduler is to have; its stem is the run's id.

    Raises:
        RunDirectoryError: if it cannot be written.
    """
    folder = runs_folder / CLUSTER
    with changing(runs_folder):
        ensure_directory(folder)
        file = folder / f"{_free_id(runs_folder, job.name)}{SUFFIX}"
        replace_file(file, encode_job(job).encode())
    return file


def read_queue(runs_folder: Path) -> list[QueuedJob]:
    """Returns the jobs that wait, in order; a damaged one has its sentence.

    Raises:
        RunDirectoryError: if the queue cannot be read.
    """
    files = waiting(runs_folder)
    return [_read(file, "waiting", place) for place, file in enumerate(files, 1)]


def read_claimed(runs_folder: Path) -> list[QueuedJob]:
    """Returns the jobs that a worker has taken and not yet seen the end of."""
    return [_read(file, "claimed") for file in claimed(runs_folder)]


def read_refused(runs_folder: Path) -> list[QueuedJob]:
    """Returns the jobs that could not become a run, each with the reason."""
    return [_read(file, "refused") for file in refused(runs_folder)]


def find_job(runs_folder: Path, run_id: str) -> QueuedJob | None:
    """Returns a job that waits, or was refused; reads no other one."""
    files = [*waiting(runs_folder), *refused(runs_folder)]
    found = next((file for file in files if file.run_id == run_id), None)
    return _read(found, "waiting") if found else None


def position_of(runs_folder: Path, run_id: str) -> int | None:
    """Returns the place of a job from 1 on; None if it does not wait any more."""
    ids = [file.run_id for file in waiting(runs_folder)]
    return ids.index(run_id) + 1 if run_id in ids else None


def meant(jobs: Sequence[QueueFile], text: str) -> str:
    """Returns the id of the job that ``text`` means: its id, or a unique prefix.

    Raises:
        RunDirectoryError: if none, or more than one, is meant.
    """
    found = [job.run_id for job in jobs if job.run_id.startswith(text)]
    if text in found or len(found) == 1:
        return text if text in found else found[0]
    if found:
        raise RunDirectoryError(
            f'"{printable(text)}" is the beginning of {len(found)} runs: write more'
        )
    raise RunDirectoryError(_not_waiting(text))


def move_job(runs_folder: Path, run_id: str, to: Place) -> int:
    """Moves a job that waits by one place, or to an end; returns its new position.

    Raises:
        RunDirectoryError: if it does not wait, or the queue cannot be written.
    """
    with changing(runs_folder) as queue:
        files = [file for file in waiting(runs_folder) if file.order is not None]
        moved = _find(files, run_id)
        place = files.index(moved)
        target = {"up": place - 1, "down": place + 1, "front": 0, "back": len(files)}
        files.remove(moved)
        position = min(max(target[to], 0), len(files))
        order = _beyond(files, to)
        if order is not None:
            moved.path.rename(queue / _name(order, run_id))
        else:
            files.insert(position, moved)
            _put_in_order(queue, files)
    return position + 1


def cancel_job(runs_folder: Path, run_id: str) -> Cancelled:
    """Takes a job that waits, or was refused, out of the queue; returns what it was.

    Raises:
        RunDirectoryError: if it is not there, or has begun.
    """
    with changing(runs_folder):
        files = [*waiting(runs_folder), *refused(runs_folder)]
        file = _find(files, run_id)
        content = None
        with suppress(ConfigError):  # a pipe, say
            content = read_content(file.path)
        file.path.unlink()
    return Cancelled(path=file.path, content=content)


def restore_job(runs_folder: Path, cancelled: Cancelled) -> None:
    """Puts a job back where it was when it was cancelled, as a person had written it.

    Raises:
        RunDirectoryError: if its file could not be read, or the queue be written.
    """
    if cancelled.content is None:
        raise RunDirectoryError(
            f"{printable(cancelled.path)} could not be read: it cannot be put back"
        )
    with changing(runs_folder):
        replace_file(cancelled.path, cancelled.content)


def pause_queue(runs_folder: Path) -> None:
    """Lets no further job begin; what trains goes on."""
    with changing(runs_folder) as queue:
        replace_file(queue / PAUSED)


def resume_queue(runs_folder: Path) -> None:
    """Lets jobs begin again."""
    with changing(runs_folder) as queue, suppress(FileNotFoundError):
        (queue / PAUSED).unlink()


@contextmanager
def changing(runs_folder: Path) -> Iterator[Path]:
    """Yields the folder of the queue, made if need be, while nobody else changes it.

    Raises:
        RunDirectoryError: if that cannot be.
    """
    queue = runs_folder / QUEUE
    try:
        runs_folder.mkdir(parents=True, exist_ok=True)
        for folder in (queue, queue / CLAIMED, queue / REFUSED):
            ensure_directory(folder)
        with FileLock(queue / _LOCK, timeout=_PATIENCE_SECONDS, mode=FILE_MODE):
            yield queue
    except Timeout as error:
        raise RunDirectoryError(
            f"{printable(queue / _LOCK)} is held by another process: end that first"
        ) from error
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(queue)}: the queue cannot be changed: {error.strerror}"
        ) from error


def _free_id(runs_folder: Path, name: str) -> str:
    taken = queued_ids(runs_folder)
    for run_id in run_ids(name, now()):
        paths = (runs_folder / run_id, runs_folder / f"{UNFINISHED_PREFIX}{run_id}")
        if run_id not in taken and not any(map(os.path.lexists, paths)):
            return run_id
    raise AssertionError("run_ids never ends")


def _find(files: list[QueueFile], run_id: str) -> QueueFile:
    for file in files:
        if file.run_id == run_id:
            return file
    raise RunDirectoryError(_not_waiting(run_id))


def _not_waiting(run_id: str) -> str:
    return (
        f"{printable(run_id)} does not wait in the queue: it has begun, was cancelled, "
        "or never was there"
    )


def _beyond(files: list[QueueFile], to: Place) -> int | None:
    """Returns a number before or behind all others; None where there is none."""
    orders = [file.order or 0 for file in files]
    if to == "front" and orders and orders[0] > 0:
        return orders[0] - 1
    if to == "back" and orders and orders[-1] < _LAST_ORDER:
        return orders[-1] + 1
    return None


def _put_in_order(queue: Path, files: list[QueueFile]) -> None:
    """Deals the numbers that the files have to them anew, each larger than the last."""
    last, highest = -1, _LAST_ORDER - len(files)
    for file, order in zip(files, sorted(f.order or 0 for f in files), strict=True):
        highest += 1
        last = min(max(order, last + 1), highest)
        if file.order != last:
            file.path.rename(queue / _name(last, file.run_id))


def _name(order: int, run_id: str) -> str:
    return f"{min(max(order, 0), _LAST_ORDER):07}-{run_id}{SUFFIX}"


def _read(
    file: QueueFile,
    state: Literal["waiting", "claimed", "refused"],
    position: int | None = None,
) -> QueuedJob:
    job, problem = None, None
    try:
        if state == "waiting" and file.order is None:
            raise InputError(
                f"{printable(file.path)} is not named as a job: 7 digits for its "
                f"place, a hyphen, and the id of the run, as {_FIRST_ORDER}-my-run.yaml"
            )
        job = read_job(file.path)
        problem = job.reason
    except CnnTuiError as error:
        problem = str(error)
    return QueuedJob(
        run_id=file.run_id,
        path=file.path,
        state=state,
        position=position,
        job=job,
        problem=problem,
    )
