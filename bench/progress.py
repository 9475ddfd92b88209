"""How far a training is: steps and seconds, from whatever it writes."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnn_tui.runs.layout import METRICS

_TAIL_BYTES = 4096
_WRITE_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Steps made, and the clock of the training when the last of them was done."""

    step: int
    seconds: float

    def rate_since(self, before: "Progress") -> float:
        """Returns the steps per second since an earlier moment."""
        return (self.step - before.step) / (self.seconds - before.seconds)


ReadProgress = Callable[[], Progress]


class StepLog:
    """Lets a loop that is no program of ours say how far it is."""

    def __init__(self, path: Path) -> None:
        """Writes to ``path``."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self._step = 0
        self._written_at = 0.0

    def step(self) -> None:
        """Counts one step; ten times a second the file says so."""
        self._step += 1
        now = time.monotonic()
        if now - self._written_at > _WRITE_SECONDS:
            self._written_at = now
            row = {"step": self._step, "time": now}
            os.write(self._file, json.dumps(row).encode() + b"\n")


def last_row(path: Path) -> Progress:
    """Returns the last whole row of a StepLog or of a run's metrics."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = file.read().splitlines(keepends=True)
    whole = [line for line in lines[-2:] if line.endswith(b"\n")]
    row = json.loads(whole[-1])
    return Progress(step=row["step"], seconds=row["time"])


def progress_of_run(run: Path) -> ReadProgress:
    """Returns what reads the progress of a run directory."""
    return lambda: last_row(run / METRICS)
