"""This process and its terminal: which file descriptors lead where."""

import os
import sys
from pathlib import Path


def keep_terminal_for_screen() -> None:
    """Reserves the terminal for Textual, which draws through ``sys.__stderr__``.

    Whatever else writes to file descriptors 1 and 2 from now on, C libraries included,
    goes nowhere, until ``send_output_to`` names a file.
    """
    terminal = os.dup(2 if os.isatty(2) else 1)
    stream = os.fdopen(terminal, "w", encoding="utf-8", errors="replace")
    # Declared final, but Textual draws through the one, and the other's descriptor is
    # what the standard library asks for the terminal's size.
    vars(sys)["__stderr__"] = vars(sys)["__stdout__"] = stream
    redirect([1, 2], Path(os.devnull))


def send_output_to(path: Path) -> None:
    """Appends what is written to file descriptors 1 and 2 to a file."""
    redirect([1, 2], path)


def terminal_descriptors() -> list[int]:
    """Returns which of the descriptors 0, 1, 2 are a terminal.

    To be asked early: a terminal that is gone does not say that it was one.
    """
    return [descriptor for descriptor in (0, 1, 2) if os.isatty(descriptor)]


def redirect(descriptors: list[int], path: Path) -> None:
    """Lets descriptors lead to the end of a file instead of a lost terminal."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    target = os.open(path, flags, 0o600)
    for descriptor in descriptors:
        os.dup2(target, descriptor)
    os.close(target)
