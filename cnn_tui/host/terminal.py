"""The terminal of this process: which file descriptors lead to it, and its loss."""

import asyncio
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType

WATCH_MILLISECONDS = 200


def keep_for_screen() -> int:
    """Reserves the terminal for Textual, which draws through ``sys.__stderr__``.

    Whatever else writes to file descriptors 1 and 2 from now on, C libraries included,
    goes nowhere, until ``send_output_to`` names a file. Returns the descriptor that
    still leads to the terminal.
    """
    terminal = os.dup(2 if os.isatty(2) else 1)
    stream = os.fdopen(terminal, "w", encoding="utf-8", errors="replace")
    # Declared final, but Textual draws through the one, and the other's descriptor is
    # what the standard library asks for the terminal's size.
    vars(sys)["__stderr__"] = vars(sys)["__stdout__"] = stream
    redirect([1, 2], Path(os.devnull))
    return terminal


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


def take_sizes_in_order() -> None:
    """Lets the running event loop call the handler of new terminal sizes.

    Textual's asks for the size and passes it on. As a plain signal handler it can be
    interrupted by itself in between: then the older size comes last, and stays.
    """
    number = signal.SIGWINCH
    handler = signal.getsignal(number)
    if callable(handler):
        asyncio.get_running_loop().add_signal_handler(number, handler, number, None)


class TerminalWatch:
    """Notices a lost terminal, SIGTERM and SIGINT, also while the interface is stuck.

    A closed terminal makes Textual spin, and a stalled one blocks its event loop, so
    neither may be what notices. Signal handlers only set flags; a thread of its own
    looks at them, and asks the terminal whether it was hung up.
    """

    def __init__(
        self,
        terminal: int,
        on_lost: Callable[[], object],
        on_terminate: Callable[[int], object],
    ) -> None:
        """One of the two is called once, from the thread, with the signal's number."""
        self._terminal = terminal
        self._on_lost = on_lost
        self._on_terminate = on_terminate
        self._is_lost = False
        self._terminated_by: int | None = None
        self._thread = threading.Thread(
            target=self._look, name="terminal-watch", daemon=True
        )

    def start(self) -> None:
        """Begins to watch; to be called from the main thread.

        An ignored hang-up stays ignored: whoever set that wants the program to live.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_terminate)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note_lost)
        self._thread.start()

    def _note_lost(self, number: int, frame: FrameType | None) -> None:
        self._is_lost = True

    def _note_terminate(self, number: int, frame: FrameType | None) -> None:
        self._terminated_by = number

    def _look(self) -> None:
        poll = select.poll()
        poll.register(self._terminal, 0)  # a hang-up is always reported
        while not (self._is_lost or self._terminated_by):
            self._is_lost = bool(poll.poll(WATCH_MILLISECONDS)) or self._is_lost
        if self._terminated_by and not self._is_lost:
            self._on_terminate(self._terminated_by)
        else:
            leave_terminal(self._terminal)
            self._on_lost()


def leave_terminal(terminal: int) -> None:
    """Lets everything that leads to a lost terminal lead nowhere.

    Reading from it must wait for ever rather than end: an end of input makes Textual
    read again at once, without rest.
    """
    silence, _ = os.pipe()
    os.dup2(silence, 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, terminal)
