"""What a process may do to itself before it becomes a command."""

import os
import resource
import signal

NOBODY = 65534


def ignore_hangups() -> None:
    """As ``nohup`` does."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def break_children() -> None:
    """Lets Python not start in any process that begins from here."""
    os.environ["PYTHONHOME"] = "/nonexistent"


def limit_file_size(size_bytes: int) -> None:
    """Lets no file grow beyond a size."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, size_bytes))


def become_nobody() -> None:
    """Gives up all that root may do; only root can."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
