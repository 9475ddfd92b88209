"""This process and its terminal: which file descriptors lead where."""

import os
import sys
from pathlib import Path


def keep_terminal_for_screen() -> None:
    """Reserves the terminal for Textual, which draws through ``sys.__stderr__``.

    Whatever else writes to file descriptors 1 and 2 from now on, C libraries included,
    goes nowhere, until ``send_output_to`` names a file.
    """
    terminal = os.dup(2)
    stream = os.fdopen(terminal, "w", encoding="utf-8", errors="replace")
    vars(sys)["__stderr__"] = stream  # declared final, and Textual's only door
    _point_output_at(os.open(os.devnull, os.O_WRONLY))


def send_output_to(path: Path) -> None:
    """Appends what is written to file descriptors 1 and 2 to a file."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    _point_output_at(os.open(path, flags, 0o600))


def _point_output_at(descriptor: int) -> None:
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
