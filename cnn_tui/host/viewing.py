"""A viewer: a process that may look, and never changes anything."""

import errno
import os
import sys
import tempfile
from typing import Any

from cnn_tui.errors import InputError

VIEW_VARIABLE = "CNN_TUI_VIEW"
"""Set where the processes that this one starts are viewers, too."""
REFUSAL = "this is a viewer (cnn-tui --view), which changes and starts nothing"
LOOKING = "cnn_tui.engine.look"
"""The one module that a viewer may run in another process: it answers questions."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGING = frozenset(
    f"os.{word}"
    for word in (
        *("chmod", "chown", "link", "mkdir", "remove", "rename", "rmdir"),
        *("setxattr", "symlink", "truncate", "utime"),
        *("exec", "posix_spawn", "system"),
    )
)


def look_only() -> None:
    """Makes this process a viewer, and whatever it starts; there is no way back.

    The interpreter itself then refuses to open a file for writing, but for devices,
    to make, rename or remove one, and to run a program, but for the one that looks
    into networks: an OSError whose text is REFUSAL.
    """
    os.environ[VIEW_VARIABLE] = "1"
    sys.dont_write_bytecode = True
    tempfile.gettempdir()  # is found by writing there
    sys.addaudithook(_refuse)


def looks_only() -> bool:
    """Whether this process is a viewer."""
    return VIEW_VARIABLE in os.environ


def check_may_start() -> None:
    """Raises InputError in a viewer, before anything is loaded for a training."""
    if looks_only():
        raise InputError(REFUSAL)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if (
        event in _CHANGING
        or (event == "open" and _is_change(*arguments))
        or (event == "subprocess.Popen" and LOOKING not in arguments[1])
    ):
        raise OSError(errno.EROFS, REFUSAL)


def _is_change(
    path: int | str | bytes | os.PathLike[str], _mode: object, flags: int
) -> bool:
    name = "" if isinstance(path, int) else os.fsdecode(path)
    return bool(flags & _WRITING) and bool(name) and not name.startswith("/dev/")
