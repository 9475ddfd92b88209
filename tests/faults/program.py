"""The whole program, begun from nothing, on a connection that may break."""

import os
import subprocess
import sys
import time
from pathlib import Path

from cnn_tui.runs.layout import State, is_run
from tests.faults.connection import Connection
from tests.faults.nursery import (
    PATIENCE_SECONDS,
    events,
    processes_on,
    status,
    wait_until,
)
from tests.faults.steering import tell

START = "\r"
"""Starts the first preset: a thousand batches and more."""

_ON_TERMINAL = 'exec "$@" <>"$TERMINAL" >&0 2>&1'
"""The first terminal that a session opens becomes its own."""


class Program:
    """Opened in a folder, on the screen for a new run.

    torch is not imported yet: what is pressed early comes before it is.
    """

    def __init__(self, folder: Path, connection: Connection, *program: str) -> None:
        """Starts it; ``program`` is what Python runs, by default the real one."""
        self.runs = folder / "runs"
        python = [sys.executable, *(program or ("-m", "cnn_tui"))]
        words = [*python, "--runs-dir", str(self.runs)]
        self._process = subprocess.Popen(
            ["sh", "-c", _ON_TERMINAL, "sh", *words],
            cwd=folder,
            env=os.environ
            | {"TERMINAL": connection.terminal, "TERM": "xterm-256color"},
            start_new_session=True,
        )
        self._connection = connection
        self.see("conv2d")

    def see(self, text: str) -> None:
        """Waits until something has been drawn."""
        wait_until(lambda: text.encode() in self._connection.received)

    def press(self, keys: str, *, after_seconds: float = 0.0) -> None:
        """Types keys, some time after those before."""
        time.sleep(after_seconds)
        self._connection.type(keys)

    def signal(self, number: int, *, after_seconds: float = 0.0) -> None:
        """Sends it a signal."""
        time.sleep(after_seconds)
        self._process.send_signal(number)

    def hang_up(self, *, after_seconds: float = 0.0) -> None:
        """Closes its terminal."""
        time.sleep(after_seconds)
        self._connection.close()

    def wait(self) -> int:
        """Waits for its end; returns its exit code."""
        return self._process.wait(PATIENCE_SECONDS)

    def run(self) -> Path | None:
        """Returns its run, if it has made one."""
        runs = [path for path in self.runs.glob("[!.]*") if is_run(path)]
        assert len(runs) <= 1
        return runs[0] if runs else None

    def assert_goes_on_in_the_background(self) -> None:
        """Asserts that another process has its run, and lets that end."""
        run = self.run()
        assert run is not None
        wait_until(lambda: events(run, "handed_over"))
        assert status(run).state is State.RUNNING
        tell(run, "stop")
        wait_until(lambda: not processes_on(self.runs))
        assert status(run).state is State.STOPPED

    def close(self) -> None:
        """Kills what is left of it."""
        for process in processes_on(self.runs):
            process.kill()
        self._process.wait()
