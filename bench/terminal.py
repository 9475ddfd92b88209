"""A real program on a real pseudo-terminal: keys in, bytes out, every byte counted."""

import os
import re
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Condition, Thread
from types import TracebackType
from typing import Self

import pexpect
import pyte

Size = tuple[int, int]
"""Columns and rows."""
WIDE: Size = (160, 45)
SMALL: Size = (80, 24)
WAIT_SECONDS = 60.0

_READ_BYTES = 2**16
_SYNC_START = b"\x1b[?2026h"
_SYNC_QUERY = b"\x1b[?2026$p"
_SYNC_ANSWER = b"\x1b[?2026;2$y"
"""Synchronised output is there, and off: what current terminals answer."""


class Terminal:
    """Runs a program, and reads what it draws as soon as it comes.

    Nothing is interpreted while the program is measured: a terminal emulator in Python
    would take the processor from it.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        size: Size = WIDE,
    ) -> None:
        """Starts ``command`` in ``folder``."""
        self.size = size
        self.started_at = time.monotonic()
        columns, rows = size
        self._child = pexpect.spawn(
            command[0],
            list(command[1:]),
            cwd=str(folder),
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            dimensions=(rows, columns),
        )
        assert self._child.pid is not None
        self.pid: int = self._child.pid
        self._output = bytearray()
        self._arrivals: list[tuple[int, float]] = []
        self._arrived = Condition()
        self._reader = Thread(target=self._read, name="terminal", daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def received(self) -> int:
        """The number of bytes that the program has written."""
        return len(self._output)

    @property
    def last_arrival(self) -> float:
        """When the program last wrote, on the monotonic clock."""
        return self._arrivals[-1][1] if self._arrivals else self.started_at

    def press(self, keys: str) -> float:
        """Sends keys; returns when, on the monotonic clock."""
        sent_at = time.monotonic()
        os.write(self._child.child_fd, keys.encode())
        return sent_at

    def wait_for(
        self, pattern: bytes, *, since: int = 0, seconds: float = WAIT_SECONDS
    ) -> float:
        """Waits for bytes after the first ``since``; returns when they came.

        Raises:
            TimeoutError: with what is on the screen, if they do not come.
        """
        wanted = re.compile(pattern)
        deadline = time.monotonic() + seconds
        with self._arrived:
            while not (found := wanted.search(self._output, since)):
                if not self._arrived.wait(deadline - time.monotonic()):
                    raise TimeoutError(f"no {pattern!r} in:\n{self.screen()}")
            return next(at for end, at in self._arrivals if end >= found.end())

    def largest_frame(self, since: int) -> int:
        """Returns the bytes of the largest of the frames after the first ``since``."""
        with self._arrived:
            frames = bytes(self._output[since:]).split(_SYNC_START)
        return max(map(len, frames))

    def latest(self, start: bytes) -> bytes:
        """Returns the last text that began so, up to the next escape sequence."""
        with self._arrived:
            found = self._output.rfind(start)
            return bytes(self._output[found:].partition(b"\x1b")[0])

    def wait_until_silent(self, seconds: float = 1.0) -> float:
        """Waits until nothing was written for a while; returns when the last byte came.

        Raises:
            TimeoutError: if that does not happen.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while (quiet := time.monotonic() - self.last_arrival) < seconds:
            if time.monotonic() > deadline:
                raise TimeoutError(f"never silent:\n{self.screen()}")
            time.sleep(seconds - quiet)
        return self.last_arrival

    def screen(self) -> str:
        """Returns what a person would see now."""
        screen = pyte.Screen(*self.size)
        pyte.ByteStream(screen).feed(bytes(self._output))
        return "\n".join(screen.display)

    def close(self) -> None:
        """Ends the program at once; it has no time to hand its run over."""
        self._child.kill(signal.SIGKILL)
        self._child.wait()
        self._reader.join()
        self._child.close()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._child.child_fd, _READ_BYTES)
            except OSError:  # what Linux says at the end of a pseudo-terminal
                return
            if not data:
                return
            self._take(data)

    def _take(self, data: bytes) -> None:
        with self._arrived:
            self._output += data
            self._arrivals.append((len(self._output), time.monotonic()))
            self._arrived.notify_all()
        if _SYNC_QUERY in data:
            os.write(self._child.child_fd, _SYNC_ANSWER)
