"""A connection to a terminal that really breaks, or that nobody reads any more."""

import fcntl
import os
import select
import struct
import termios
import threading
from contextlib import suppress

_LOOK_SECONDS = 0.02
_LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"


class Connection:
    """The far end of a pseudo-terminal, with somebody who reads there.

    Attributes:
        terminal: The path of its near end, for a command to work on.
        received: What was read.
    """

    def __init__(self) -> None:
        """Opens one of 80×24."""
        self._far, self._near = os.openpty()
        fcntl.ioctl(self._near, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.terminal = os.ttyname(self._near)
        self.received = b""
        self._stopped = threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def type(self, keys: str) -> None:
        """Presses keys."""
        os.write(self._far, keys.encode())

    def assert_is_restored(self) -> None:
        """Asserts that a program has left the screen and the keyboard as they were."""
        assert _LEAVE_ALTERNATE_SCREEN in self.received
        local_modes = termios.tcgetattr(self._near)[3]
        assert local_modes & termios.ECHO
        assert local_modes & termios.ICANON

    def stall(self) -> None:
        """Breaks down without a word: nobody reads, and soon nothing can be written."""
        self._stop_reading()
        writing = os.open(self.terminal, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with suppress(BlockingIOError):
            while True:
                os.write(writing, b"." * 1024)
        os.close(writing)

    def close(self) -> None:
        """Hangs up."""
        self._stop_reading()
        os.close(self._near)
        os.close(self._far)

    def _stop_reading(self) -> None:
        self._stopped.set()
        self._reader.join()

    def _read(self) -> None:
        while not self._stopped.is_set():
            if select.select([self._far], [], [], _LOOK_SECONDS)[0]:
                self.received += os.read(self._far, 4096)
