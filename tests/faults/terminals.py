"""Terminals that are really closed, or that nobody reads."""

import fcntl
import os
import struct
import termios
from contextlib import suppress


class Terminal:
    """A pseudo-terminal whose other end is this object."""

    def __init__(self) -> None:
        """Opens one of 80×24."""
        self._master, self._slave = os.openpty()
        size = struct.pack("HHHH", 24, 80, 0, 0)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, size)
        self.path = os.ttyname(self._slave)

    def stall(self) -> None:
        """Fills it, as a connection does that broke down without a word."""
        writing = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        with suppress(BlockingIOError):
            while True:
                os.write(writing, b"." * 1024)
        os.close(writing)

    def read(self) -> str:
        """Returns what was printed since."""
        os.set_blocking(self._master, False)
        found = b""
        with suppress(BlockingIOError):
            while chunk := os.read(self._master, 4096):
                found += chunk
        return found.decode(errors="replace")

    def close(self) -> None:
        """Hangs up."""
        os.close(self._slave)
        os.close(self._master)
