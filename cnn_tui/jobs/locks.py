"""Locks that the kernel frees: held by a process and the children that inherit them.

They are flock's (flock(2)): of the open file, so that a training keeps what its worker
took, however the worker ends.
"""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from cnn_tui.io.files import NotRegularError, open_regular


def try_lock(path: Path, *, make: bool = True, waits: bool = False) -> int | None:
    """Takes the lock on a file; returns the descriptor that holds it while it is open.

    None where another holds it, unless this ``waits``; where there is no file and none
    is to be made, or where something else is in its place. Raises OSError.
    """
    try:
        descriptor = open_regular(path, os.O_RDWR | (os.O_CREAT if make else 0))
    except (FileNotFoundError, IsADirectoryError, NotRegularError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def is_held(path: Path) -> bool:
    """Whether somebody holds the lock on a file, if there is one."""
    with suppress(FileNotFoundError, NotRegularError):
        descriptor = open_regular(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
    return False
