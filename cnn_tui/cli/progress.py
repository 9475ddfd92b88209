"""What a headless run prints: JSON lines, plain lines, or a progress bar."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
from rich.table import Column

from cnn_tui.cli.options import echo
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

    def leave(self, text: str) -> None:
        """Is called when the run goes on elsewhere, with a line that says how."""

    def mute(self) -> None:
        """Is called when nobody is there to see anything; a signal handler may."""


class JsonLines:
    """One JSON object a line: the run, its metrics and events, its last status."""

    def begin(self, run: Path) -> None:
        """Prints where the run is."""
        _print(json.dumps({"run": str(run)}))

    def line(self, text: str) -> None:
        """Prints a row as it is."""
        _print(text)

    def end(self, run: Path) -> None:
        """Prints the last status."""
        _print((run / STATUS).read_text("utf-8").strip())

    def leave(self, text: str) -> None:
        """Says on the error stream how to come back."""
        print(text, file=sys.stderr)

    def mute(self) -> None:
        """Goes on: what was a terminal is the log now."""


class PlainLines:
    """A line every ten seconds and at each evaluation, for logs."""

    def __init__(self) -> None:
        """Has printed nothing yet."""
        self._latest = _Latest()
        self._printed_at = time.monotonic()

    def begin(self, run: Path) -> None:
        """Prints where the run is."""
        self._latest.total_steps = _status(run)["total_steps"]
        _print(f"run {printable(run)}")

    def line(self, text: str) -> None:
        """Prints what is worth a line."""
        row = self._latest.take(text)
        waited = time.monotonic() - self._printed_at >= _PLAIN_SECONDS
        if waited or ("test/accuracy" in row and "event" not in row):
            self._printed_at = time.monotonic()
            _print(f"step {row['step']:,}/{self._latest.total_steps:,}  {self._latest}")

    def end(self, run: Path) -> None:
        """Prints how it ended."""
        _print(_summary(run))

    def leave(self, text: str) -> None:
        """Prints how to come back."""
        _print(text)

    def mute(self) -> None:
        """Goes on: what was a terminal is the log now."""


class Bar:
    """A progress bar with loss, accuracy, speed and remaining time."""

    def __init__(self) -> None:
        """Is shown from ``begin`` on."""
        self._latest = _Latest()
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            MofNCompleteColumn(),
            TextColumn("{task.fields[values]}", markup=False),
            TimeRemainingColumn(),
            console=Console(),
            refresh_per_second=4,
            expand=True,
        )
        self._task = self._progress.add_task("starting", total=None, values="")

    def begin(self, run: Path) -> None:
        """Shows the bar under the run's path."""
        status = _status(run)
        self._latest.total_steps = status["total_steps"]
        self._progress.update(self._task, description=printable(status["name"]))
        with _lasting_output():
            self._say(f"run {printable(run)}")
            self._progress.start()

    def line(self, text: str) -> None:
        """Moves the bar."""
        row = self._latest.take(text)
        if "event" not in row and "step" in row:
            self._progress.update(
                self._task,
                completed=row["step"],
                total=self._latest.total_steps,
                values=str(self._latest),
            )

    def end(self, run: Path) -> None:
        """Leaves the bar and says how the run ended."""
        self.leave(_summary(run))

    def leave(self, text: str) -> None:
        """Leaves the bar and prints a line."""
        with _lasting_output():
            self._progress.stop()
            self._say(text)

    def mute(self) -> None:
        """Draws no more."""
        self._progress.console.quiet = True

    def _say(self, text: str) -> None:
        self._progress.console.print(
            text, markup=False, highlight=False, soft_wrap=True
        )


class _Latest:
    """The latest values of a run, from its rows."""

    def __init__(self) -> None:
        self.total_steps = 0
        self._loss: float | None = None
        self._speed: float | None = None
        self._test_accuracy: float | None = None

    def __str__(self) -> str:
        return (
            f"loss {significant(self._loss)}  test {percent(self._test_accuracy)}  "
            f"{quantity(self._speed or 0)} img/s"
        )

    def take(self, text: str) -> dict[str, Any]:
        row: dict[str, Any] = json.loads(text)
        if "train/loss" in row:
            self._loss, self._speed = row["train/loss"], row["images_per_second"]
        elif "test/accuracy" in row:
            self._test_accuracy = row["test/accuracy"]
        elif row.get("name") == "total_steps":
            self.total_steps = row["to"]
        return row


def _print(text: str) -> None:
    with _lasting_output():
        echo(text)


@contextmanager
def _lasting_output() -> Iterator[None]:
    """Prints to nowhere once nobody is there to read; the training goes on."""
    try:
        yield
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _status(run: Path) -> dict[str, Any]:
    status: dict[str, Any] = json.loads((run / STATUS).read_text("utf-8"))
    return status


def _summary(run: Path) -> str:
    status = _status(run)
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
