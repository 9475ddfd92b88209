"""A program on a real pseudo-terminal, and what a person would see of it."""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pexpect
import pyte

PATIENCE_SECONDS = 90.0
KEYS = {
    "space": " ",
    "enter": "\r",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "escape": "\x1b",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "end": "\x1b[F",
    "ctrl+c": "\x03",
    "ctrl+p": "\x10",
    "ctrl+s": "\x13",
}


class Terminal:
    """Use it as a context; a program that is left over at the end is killed.

    Attributes:
        received: All bytes that the program wrote.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        columns: int = 160,
        rows: int = 45,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Starts a program in ``folder``."""
        program, *arguments = command
        own = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        defaults = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.received = bytearray()
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._process: pexpect.spawn[bytes] = pexpect.spawn(
            program,
            arguments,
            cwd=str(folder),
            env={**own, **defaults, **(environment or {})},
            dimensions=(rows, columns),
        )
        self._process.delaybeforesend = None

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Kills what is left, before the loss of its terminal makes it hand over."""
        if self._process.isalive():
            self._process.kill(signal.SIGKILL)
        self._process.close(force=True)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    def press(self, *keys: str) -> None:
        """Types keys, by name where they have one."""
        for key in keys:
            self._process.send(KEYS.get(key, key))

    def resize(self, columns: int, rows: int) -> None:
        """Gives the terminal another size."""
        self._screen.resize(rows, columns)
        self._process.setwinsize(rows, columns)

    def read(self, seconds: float) -> int:
        """Takes in what comes in that time; returns how many bytes came."""
        before, deadline = len(self.received), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._take(left)
        return len(self.received) - before

    def until(self, seen: str | Callable[[str], object]) -> str:
        """Waits until a text is seen, or something holds for it; returns the screen."""
        holds = seen if callable(seen) else lambda text: seen in text
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds(self.text):
            assert time.monotonic() < deadline, f"waited for {seen}:\n{self.text}"
            self._take(0.1)
        return self.text

    def until_silent(self, seconds: float) -> None:
        """Waits until nothing has come for so long."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.read(seconds):
            assert time.monotonic() < deadline, f"it is never silent:\n{self.text}"

    def wait(self) -> int:
        """Waits for the end of the program; returns its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._process.isalive():
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
            self._take(0.1)
        self._process.close()
        code = self._process.exitstatus
        assert code is not None, f"ended by signal {self._process.signalstatus}"
        return code

    def _take(self, seconds: float) -> None:
        try:
            data = self._process.read_nonblocking(2**16, timeout=seconds)
        except pexpect.TIMEOUT:
            return
        except pexpect.EOF:
            time.sleep(0.01)  # nothing more comes; what ends soon has no event
            return
        self.received += data
        self._stream.feed(data)
