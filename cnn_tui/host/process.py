"""Which process this is, and whether another one is still there."""

import functools
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_STARTED_IN = "CNN_TUI_STARTED_IN"
"""For processes of this program alone, those that work in ``/``."""
IN_BACKGROUND = "CNN_TUI_IN_BACKGROUND"
"""Set where a training is a worker's or a scheduler's, and is not to leave it."""


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
    host: str | None


def this_process() -> ProcessIdentity:
    """Returns the identity of this process, for its status."""
    return ProcessIdentity(
        pid=os.getpid(),
        pid_started=_started(os.getpid()),
        pid_namespace=_pid_namespace(),
        boot_id=_boot_id(),
        host=socket.gethostname(),
    )


def started_in() -> str:
    """Returns the folder in which a person started this, or what it goes on with."""
    with suppress(FileNotFoundError):  # deleted since
        return os.environ.get(_STARTED_IN) or os.getcwd()
    return "/"


def leave_deleted_folder() -> None:
    """Goes where there is a folder: torch's libraries are not found without one."""
    try:
        os.getcwd()
    except FileNotFoundError:
        os.chdir("/")


def absolute(path: Path) -> Path:
    """Returns what a path means in that folder, which may be gone."""
    return Path(started_in(), path)


def environment_elsewhere() -> dict[str, str]:
    """Returns the environment for a process that goes on in another folder."""
    here = started_in()
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    absolute = os.pathsep.join(os.path.join(here, path) for path in paths if path)
    python = {"PYTHONPATH": absolute} if absolute else {}
    return {**os.environ, **python, _STARTED_IN: here}


def parent_of(pid: int) -> int | None:
    """Returns the process that has started another one; None if that is not told."""
    with suppress(psutil.Error):
        return psutil.Process(pid).ppid()
    return None


def is_gone(process: ProcessIdentity) -> bool:
    """Whether a process has certainly ended.

    Nothing is certain about another host, boot or pid namespace.
    """
    return is_here(process) and not _is_alive(process.pid, process.pid_started)


def is_here(process: ProcessIdentity) -> bool:
    """Whether a process is, or was, one of this host, boot and pid namespace."""
    here = (socket.gethostname(), _boot_id(), _pid_namespace())
    return (process.host, process.boot_id, process.pid_namespace) == here


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
