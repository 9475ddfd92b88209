"""Whether a worker is there: each holds a lock of its own."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.handover import start_apart
from cnn_tui.io.files import ensure_directory
from cnn_tui.jobs.claim import has_work
from cnn_tui.jobs.job import Job
from cnn_tui.jobs.locks import is_held, try_lock
from cnn_tui.jobs.queue import changing
from cnn_tui.runs.queued import QUEUE
from cnn_tui.text import printable

LOG = "worker.log"
_WORKERS = "workers"
_LARGE_LOG_BYTES = 10**6
_PATIENCE_SECONDS = 15.0
_LOOK_SECONDS = 0.05


def is_at_work(runs_folder: Path) -> bool:
    """Whether a worker is there for a queue, on this host or another."""
    folder = runs_folder / QUEUE / _WORKERS
    with suppress(FileNotFoundError):
        return any(is_held(path) for path in folder.iterdir())
    return False


@contextmanager
def at_work(runs_folder: Path) -> Iterator[Path]:
    """Shows that a worker is there, by the file that is yielded.

    Raises:
        RunDirectoryError: if the queue cannot be written.
    """
    with changing(runs_folder) as queue:
        folder = queue / _WORKERS
        ensure_directory(folder)
        for path in folder.iterdir():
            if path.is_file() and not is_held(path):  # of one that was killed
                path.unlink()
        presence = folder / f"{socket.gethostname()}-{os.getpid()}.lock"
        descriptor = try_lock(presence, waits=True)  # for who looks whether it is held
    try:
        yield presence
    finally:
        presence.unlink(missing_ok=True)
        if descriptor is not None:
            os.close(descriptor)


def gone_home(runs_folder: Path, presence: Path, could: Callable[[Job], bool]) -> bool:
    """Takes back that a worker is there, if there is nothing that it could do.

    Whoever adds a job after that starts another worker, as nobody adds meanwhile.
    """
    with changing(runs_folder):
        if has_work(runs_folder, could):
            return False
        presence.unlink(missing_ok=True)
    return True


def ensure_worker(runs_folder: Path) -> bool:
    """Starts a worker in the background if there is none; returns whether it did.

    Raises:
        RunDirectoryError: if it does not begin.
    """
    if is_at_work(runs_folder):
        return False
    log = runs_folder / QUEUE / LOG
    try:
        if os.path.exists(log) and os.path.getsize(log) > _LARGE_LOG_BYTES:
            log.unlink()
        child = start_apart(["work", "--runs-dir", str(runs_folder)], log)
    except OSError as error:
        raise RunDirectoryError(
            f"no worker can be started: {error.strerror}; see {printable(log)}"
        ) from error
    # Nobody else sees its end, where this process lives longer.
    threading.Thread(target=child.wait, name="worker-ends", daemon=True).start()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_at_work(runs_folder):
        if child.poll() is not None or time.monotonic() > deadline:
            raise RunDirectoryError(f"the worker did not begin; see {printable(log)}")
        time.sleep(_LOOK_SECONDS)
    return True
