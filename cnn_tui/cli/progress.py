"""What a headless run prints: JSON lines, plain lines, or a progress bar."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from cnn_tui.runs.layout import STATUS
from cnn_tui.text import duration, percent, printable, quantity, significant

_PLAIN_SECONDS = 10.0


class Output(Protocol):
    """Something that shows a run as it goes."""

    def begin(self, run: Path) -> None:
        """Is called once the run directory is there."""

    def line(self, text: str) -> None:
        """Is called with each line of metrics and events, in the order written."""

    def end(self, run: Path) -> None:
        """Is called when the run has ended."""


class JsonLines:
    """One JSON object a line: the run, its metrics and events, its last status."""

    def begin(self, run: Path) -> None:
        """Prints where the run is."""
        self.line(json.dumps({"run": str(run)}))

    def line(self, text: str) -> None:
        """Prints a row as it is; whoever reads may leave, the training goes on."""
        try:
            print(text, flush=True)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def end(self, run: Path) -> None:
        """Prints the last status."""
        self.line((run / STATUS).read_text("utf-8").strip())


class _Lines:
    """Keeps the latest values of a run, from its rows."""

    def __init__(self, total_steps: int) -> None:
        self.total_steps = total_steps
        self.train: dict[str, Any] = {}
        self.test_accuracy: float | None = None

    def take(self, text: str) -> dict[str, Any]:
        row: dict[str, Any] = json.loads(text)
        if "train/loss" in row:
            self.train = row
        elif "test/accuracy" in row and "event" not in row:
            self.test_accuracy = row["test/accuracy"]
        return row

    def __str__(self) -> str:
        loss, speed = self.train.get("train/loss"), self.train.get("images_per_second")
        return (
            f"loss {significant(loss)}  test {percent(self.test_accuracy)}  "
            f"{quantity(speed or 0)} img/s"
        )


def _summary(run: Path) -> str:
    status = json.loads((run / STATUS).read_text("utf-8"))
    best = status["best"]
    parts = [
        f"{status['state']} at step {status['step']:,} of {status['total_steps']:,}",
        f"in {duration(status['training_seconds'])}",
    ]
    if best:
        parts.append(f"best {percent(best['accuracy'])} at {best['step']:,}")
    if status["reason"]:
        parts.append(printable(status["reason"]))
    return ", ".join(parts)


class PlainLines:
    """A line every ten seconds and at each evaluation, for logs."""

    def __init__(self, total_steps: int) -> None:
        """Has printed nothing yet."""
        self._lines = _Lines(total_steps)
        self._printed_at = time.monotonic()

    def begin(self, run: Path) -> None:
        """Prints where the run is."""
        self._print(f"run {run}")

    def line(self, text: str) -> None:
        """Prints what is worth a line."""
        row = self._lines.take(text)
        waited = time.monotonic() - self._printed_at >= _PLAIN_SECONDS
        if ("test/accuracy" in row and "event" not in row) or waited:
            total_steps = self._lines.total_steps
            self._print(f"step {row['step']:,}/{total_steps:,}  {self._lines}")

    def end(self, run: Path) -> None:
        """Prints how it ended."""
        self._print(_summary(run))

    def _print(self, text: str) -> None:
        self._printed_at = time.monotonic()
        JsonLines().line(text)


class Bar:
    """A progress bar with loss, accuracy, speed and remaining time."""

    def __init__(self, total_steps: int) -> None:
        """Is shown from ``begin`` on."""
        self._lines = _Lines(total_steps)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[values]}", markup=False),
            TimeRemainingColumn(),
            console=Console(),
            refresh_per_second=4,
            expand=True,
        )
        self._task = self._progress.add_task("starting", total=total_steps, values="")

    def begin(self, run: Path) -> None:
        """Shows the bar under the run's path."""
        self._progress.console.print(f"run {run}", markup=False, highlight=False)
        self._progress.update(self._task, description=run.name)
        self._progress.start()

    def line(self, text: str) -> None:
        """Moves the bar."""
        row = self._lines.take(text)
        if "event" not in row and "step" in row:
            self._progress.update(
                self._task, completed=row["step"], values=str(self._lines)
            )

    def end(self, run: Path) -> None:
        """Leaves the bar and says how the run ended."""
        self._progress.stop()
        self._progress.console.print(_summary(run), markup=False, highlight=False)
