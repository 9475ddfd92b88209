"""The lock of a run directory: whoever trains the run holds it."""

import os
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from cnn_tui.errors import LockedError, RunDirectoryError
from cnn_tui.io.files import FILE_MODE
from cnn_tui.runs.layout import LOCK
from cnn_tui.runs.liveness import SILENT_AFTER_SECONDS, may_live_elsewhere
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from cnn_tui.text import printable

_LOOK_SECONDS = 0.5


def acquire(run: Path) -> FileLock:
    """Takes the lock of a run and returns it; its file's time says since when.

    Raises:
        LockedError: Another holds it.
        OSError: The lock file cannot be made.
    """
    # With filelock's default, a release by another thread does nothing, silently.
    lock = FileLock(run / LOCK, thread_local=False, mode=FILE_MODE)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise LockedError(_refusal(run)) from error
    os.utime(run / LOCK)
    return lock


def check_elsewhere(run: Path) -> None:
    """Makes sure that no other host, boot or container trains a run.

    A lock may end at the host (Lustre with localflock, NFS with local_lock), and
    nothing is certain about a process there: only its heartbeat tells, in its time.

    Raises:
        LockedError: The heartbeat goes on.
    """
    status = _status(run)
    if status is None or not may_live_elsewhere(status):
        return
    watch, deadline = status.heartbeat, time.monotonic() + SILENT_AFTER_SECONDS
    while time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        latest = _status(run)
        if latest is not None and latest.heartbeat != watch:
            raise LockedError(_refusal(run))


def _refusal(run: Path) -> str:
    since = datetime.fromtimestamp((run / LOCK).stat().st_mtime).astimezone()
    return (
        f"{printable(run.name)} is being trained by {_holder(run)} "
        f"since {since:%Y-%m-%d %H:%M:%S}: attach to it, or stop it first"
    )


def _holder(run: Path) -> str:
    status = _status(run)
    if status is None or status.pid is None:
        return "another process"
    return f"process {status.pid} on {printable(status.host or 'an unknown host')}"


def _status(run: Path) -> Status | None:
    with suppress(RunDirectoryError):
        return read_status(run)
    return None
