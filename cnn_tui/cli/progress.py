"""What a headless run prints: JSON lines, plain lines, or a progress bar."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import click
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
from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.events import (
    CheckpointDamaged,
    DataNoticed,
    GpuUnused,
    HyperparameterChanged,
    KnownEvent,
    NonFinite,
    NotBitExact,
    Paused,
    Resumed,
    RolledBack,
)
from cnn_tui.runs.layout import STATUS
from cnn_tui.runs.records import (
    EvaluationMetrics,
    Metrics,
    Rewind,
    Status,
    UpdateMetrics,
    encode_line,
)
from cnn_tui.runs.status import read_status
from cnn_tui.text import duration, percent, printable, quantity, significant

_PLAIN_SECONDS = 10.0


Record = Metrics | KnownEvent
"""What a listener of a run is told: a row or an event, as it was written."""


class Output(Protocol):
    """Something that shows a run as it goes."""

    def begin(self, run: Path) -> None:
        """Is called once the run directory is there."""

    def record(self, record: Record) -> None:
        """Is called with each row and event, in the order written."""

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

    def record(self, record: Record) -> None:
        """Prints a row as it is in its file."""
        _print(encode_line(record).decode().rstrip())

    def end(self, run: Path) -> None:
        """Prints the last status."""
        _print(encode_line(_status(run)).decode().rstrip())

    def leave(self, text: str) -> None:
        """Says on the error stream how to come back."""
        print(text, file=sys.stderr)

    def mute(self) -> None:
        """Goes on: what was a terminal is the log now."""


class PlainLines:
    """A line every ten seconds and at each evaluation, for logs."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Has printed nothing yet."""
        self._latest = _Latest()
        self._clock = clock
        self._printed_at = clock()

    def begin(self, run: Path) -> None:
        """Prints where the run is."""
        self._latest.total_steps = _status(run).total_steps
        _print(f"run {printable(run)}")

    def record(self, record: Record) -> None:
        """Prints what is worth a line."""
        self._latest.take(record)
        if notice := _notice(record):
            _print(notice)
        waited = self._clock() - self._printed_at >= _PLAIN_SECONDS
        match record:
            case EvaluationMetrics(step=step):
                self._print_step(step)
            case UpdateMetrics(step=step) if waited:
                self._print_step(step)
            case _:
                pass

    def _print_step(self, step: int) -> None:
        self._printed_at = self._clock()
        _print(f"step {step:,}/{self._latest.total_steps:,}  {self._latest}")

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
        self._latest.total_steps = status.total_steps
        self._progress.update(self._task, description=printable(status.name))
        with _lasting_output():
            self._say(f"run {printable(run)}")
            self._progress.start()

    def record(self, record: Record) -> None:
        """Moves the bar; what matters is said above it."""
        self._latest.take(record)
        if notice := _notice(record):
            with _lasting_output():
                self._say(notice)
        if isinstance(record, UpdateMetrics | EvaluationMetrics):
            self._show(record.step)
        elif isinstance(record, Rewind):
            self._show(record.rewind_to)

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

    def _show(self, step: int) -> None:
        self._progress.update(
            self._task,
            completed=step,
            total=self._latest.total_steps,
            values=str(self._latest),
        )

    def _say(self, text: str) -> None:
        self._progress.console.print(
            text, markup=False, highlight=False, soft_wrap=True
        )


def output_for(*, as_json: bool) -> Output:
    """Returns what shows a run to scripts, on a terminal, or in a log."""
    if as_json:
        return JsonLines()
    return Bar() if sys.stdout.isatty() else PlainLines()


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

    def take(self, record: Record) -> None:
        match record:
            case UpdateMetrics(loss=loss, images_per_second=speed):
                self._loss, self._speed = loss, speed
            case EvaluationMetrics(accuracy=accuracy):
                self._test_accuracy = accuracy
            case HyperparameterChanged(what="total_steps", after=int(total_steps)):
                self.total_steps = total_steps
            case _:
                pass


def _notice(record: Record) -> str | None:
    """Returns a line for what somebody should know who went on with a run."""
    match record:
        case CheckpointDamaged(reason=reason) | NotBitExact(reason=reason):
            return printable(reason)
        case Resumed(step=step, repeats_edits=bool()):
            return f"goes on from step {step:,}" if step else "begins anew, at step 0"
        case RolledBack(step=step, reached=reached):
            return f"went back from step {reached or 0:,} to step {step:,}"
        case NonFinite(step=step, what=what):
            return f"{printable(what)} not finite at step {step:,}"
        case DataNoticed(reason=str(reason)) | GpuUnused(reason=str(reason)):
            return printable(reason)
        case Paused(step=step, reason=str(reason)):
            return f"paused at step {step:,}: {printable(reason)}"
    return None


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


def _status(run: Path) -> Status:
    status = read_status(run)
    if status is None:
        raise RunDirectoryError(f"{printable(run)} has no {STATUS}")
    return status


def _summary(run: Path) -> str:
    status = _status(run)
    parts = [
        f"{status.state} at step {status.step:,} of {status.total_steps:,}",
        f"in {duration(status.training_seconds)}",
    ]
    if status.best:
        parts.append(f"best {percent(status.best.accuracy)} at {status.best.step:,}")
    if status.reason:
        parts.append(printable(status.reason))
    return ", ".join(parts)


def tell_loading(sentence: str) -> None:
    """Shows on a terminal what is fetched or decoded; the line goes at the end."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{sentence}", err=True, nl=False)
