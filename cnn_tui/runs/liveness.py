"""Whether a run's trainer is still there: gone for certain, or only silent."""

import functools
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from cnn_tui.runs.layout import LIVE, LOST, SILENT
from cnn_tui.runs.records import Status

SILENT_AFTER_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessIdentity:
    """What tells one process from all others; the fields of Status of these names.

    ``pid_started`` is comparable on one boot of one host only: seconds since boot on
    Linux, where the wall clock may jump, and since 1970 elsewhere.
    """

    pid: int
    pid_started: float | None
    pid_namespace: str | None
    boot_id: str | None
    host: str


def this_process() -> ProcessIdentity:
    """Returns the identity of this process, for its status."""
    return ProcessIdentity(
        pid=os.getpid(),
        pid_started=_started(os.getpid()),
        pid_namespace=_pid_namespace(),
        boot_id=_boot_id(),
        host=socket.gethostname(),
    )


def is_lost(status: Status) -> bool:
    """Whether a run that calls itself live has certainly lost its trainer.

    Nothing is certain about another host, boot or pid namespace.
    """
    if status.state not in LIVE or status.pid is None:
        return False
    here = (socket.gethostname(), _boot_id(), _pid_namespace())
    if (status.host, status.boot_id, status.pid_namespace) != here:
        return False
    return not _is_alive(status.pid, status.pid_started)


def shown_state(status: Status, silent_seconds: float = 0.0) -> str:
    """Returns the word for a run's state, a key of GLYPHS: "lost" and "silent" too."""
    if status.state not in LIVE:
        return status.state
    if is_lost(status):
        return LOST
    return SILENT if silent_seconds >= SILENT_AFTER_SECONDS else status.state


class HeartbeatWatch:
    """Notices that a heartbeat stands still, by the clock of this process alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Has seen no heartbeat yet."""
        self._clock = clock
        self._heartbeat: datetime | None = None
        self._seen_at = clock()

    def silent_seconds(self, status: Status) -> float:
        """Returns for how long this watch has seen the same heartbeat."""
        if status.heartbeat != self._heartbeat:
            self._heartbeat = status.heartbeat
            self._seen_at = self._clock()
        return self._clock() - self._seen_at


def _is_alive(pid: int, started: float | None) -> bool:
    if not psutil.pid_exists(pid):
        return False
    if _is_zombie(pid):
        return False
    found = _started(pid)
    # A system may hide the details of other users' processes: then nothing is certain.
    return found is None or started is None or found == started


if sys.platform == "linux":

    def _started(pid: int) -> float | None:
        fields = _stat_fields(pid)
        return int(fields[19]) / os.sysconf("SC_CLK_TCK") if fields else None

    def _is_zombie(pid: int) -> bool:
        # While its other threads still end, a process looks like a zombie, too.
        return _stat_fields(pid)[:1] in (["Z"], ["X"]) and _thread_count(pid) <= 1

    def _thread_count(pid: int) -> int:
        with suppress(OSError):
            return len(os.listdir(f"/proc/{pid}/task"))
        return 0

    def _stat_fields(pid: int) -> list[str]:
        """Returns /proc/PID/stat from "state" on (proc(5)); [] if it is not shown."""
        with suppress(OSError):
            text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
            return text.rpartition(")")[2].split()
        return []

else:

    def _started(pid: int) -> float | None:
        with suppress(psutil.Error):
            return psutil.Process(pid).create_time()
        return None

    def _is_zombie(pid: int) -> bool:
        with suppress(psutil.Error):
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        return False


@functools.cache
def _boot_id() -> str | None:
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return None


@functools.cache
def _pid_namespace() -> str | None:
    with suppress(OSError):
        return os.readlink("/proc/self/ns/pid")
    return None
