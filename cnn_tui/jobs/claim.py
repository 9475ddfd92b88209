"""Claims: a job is one worker's, or its training's, as long as one of them lives."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cnn_tui.errors import ConfigError
from cnn_tui.io.files import Stamp, read_bounded, replace_file, stamp
from cnn_tui.jobs.job import Job, encode_job, read_job
from cnn_tui.jobs.locks import is_held, try_lock
from cnn_tui.jobs.queue import changing
from cnn_tui.jobs.standing import Standing, standing
from cnn_tui.runs.queued import (
    CLAIMED,
    REFUSED,
    QueueFile,
    claimed,
    is_paused,
    waiting,
)

_BEGUN = ".begun"
_MOST_BEGUN_BYTES = 100
_MOST_KNOWN = 4096

Taking = Callable[[Job], bool | None]
"""Whether to take a job: None leaves it, and all behind it, until there is room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A job that is ours, while ``descriptor`` is open here or in a child."""

    run_id: str
    path: Path
    job: Job
    descriptor: int


def claim(runs_folder: Path, taking: Taking) -> Claim | None:
    """Takes the next job: one that nobody goes on with, or else the first that waits.

    Claims of runs that have ended are removed. None where there is no job to take.

    Raises:
        RunDirectoryError: if the queue cannot be read or changed.
    """
    with changing(runs_folder) as queue:
        orphans = [_orphan(runs_folder, file) for file in claimed(runs_folder)]
        found = [orphan for orphan in orphans if orphan]
        if is_paused(runs_folder):
            chosen = None
        else:
            chosen = _first(found, taking) or _begin(queue, runs_folder, taking)
        for orphan in found:
            if orphan is not chosen:
                release(orphan)
    return chosen


def release(taken: Claim) -> None:
    """Gives a claim back: whoever comes next goes on with its run."""
    os.close(taken.descriptor)


def finish(taken: Claim) -> None:
    """Removes a claim: the run of the job has ended."""
    _remove(taken.path)
    release(taken)


def begun_at(taken: Claim, step: int | None) -> int:
    """Returns how often a training has begun at that checkpoint, by any worker."""
    try:
        text = read_bounded(taken.path.with_suffix(_BEGUN), _MOST_BEGUN_BYTES)
    except OSError:
        return 0
    at, _, number = text.decode(errors="replace").partition(" ")
    return int(number) if at == str(step) and number.isdecimal() else 0


def count_beginning(taken: Claim, step: int | None) -> None:
    """Counts that a training begins at that checkpoint.

    It is before the start, as that may take down the machine. Raises OSError.
    """
    times = begun_at(taken, step) + 1
    replace_file(taken.path.with_suffix(_BEGUN), f"{step} {times}".encode())


def refuse(taken: Claim, reason: str) -> None:
    """Keeps a job that cannot become a run, with the sentence that says why.

    Raises OSError.
    """
    refused = taken.path.parent.with_name(REFUSED) / taken.path.name
    text = encode_job(taken.job.model_copy(update={"reason": reason}))
    replace_file(refused, text.encode())
    finish(taken)


def has_work(runs_folder: Path, could: Callable[[Job], bool]) -> bool:
    """Whether a job is being worked on, or waits that ``could`` be taken some time.

    Raises:
        RunDirectoryError: if the queue cannot be read.
    """
    begun = claimed(runs_folder)
    if any(is_held(file.path) for file in begun):
        return True
    files = [*begun, *waiting(runs_folder)]
    return not is_paused(runs_folder) and any(map(could, _readable(files)))


def _orphan(runs_folder: Path, file: QueueFile) -> Claim | None:
    """Returns a claim that nobody holds, if its run is to begin or to go on."""
    descriptor = try_lock(file.path, make=False)
    if descriptor is None:
        return None
    found = standing(runs_folder / file.run_id)
    if found is Standing.ENDED:
        _remove(file.path)
    jobs = _readable([file])  # none if whoever held it has just removed it
    if jobs and found in (Standing.ABSENT, Standing.OPEN):
        return Claim(
            run_id=file.run_id, path=file.path, job=jobs[0], descriptor=descriptor
        )
    os.close(descriptor)
    return None


def _begin(queue: Path, runs_folder: Path, taking: Taking) -> Claim | None:
    for file in waiting(runs_folder):
        target = queue / CLAIMED / f"{file.run_id}.yaml"
        if file.order is None or os.path.lexists(target):
            continue
        for job in _readable([file]):
            takes = taking(job)
            if takes is None:
                return None
            if takes:
                _remove(target)  # how often one of this id had begun
                file.path.rename(target)
                return _locked(target, job)
    return None


def _first(found: list[Claim], taking: Taking) -> Claim | None:
    return next((orphan for orphan in found if taking(orphan.job)), None)


def _locked(path: Path, job: Job) -> Claim | None:
    descriptor = try_lock(path, make=False)
    if descriptor is None:  # somebody only looks whether it is held
        return None
    return Claim(run_id=path.stem, path=path, job=job, descriptor=descriptor)


def _remove(path: Path) -> None:
    path.with_suffix(_BEGUN).unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def _readable(files: list[QueueFile]) -> list[Job]:
    """Returns the jobs of files; a damaged one is left for a person to mend."""
    jobs = []
    for file in files:
        with suppress(ConfigError):
            jobs.append(_job(file.path, stamp(file.path)))
    return jobs


@lru_cache(maxsize=_MOST_KNOWN)
def _job(path: Path, version: Stamp) -> Job:
    """Reads a version of a job once: a worker looks at all of them each second."""
    return read_job(path)
