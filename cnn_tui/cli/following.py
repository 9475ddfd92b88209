"""Showing a run that processes of their own train, and passing signals on to it."""

import math
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import msgspec

from cnn_tui.cli.progress import Record, output_for
from cnn_tui.errors import RunDirectoryError
from cnn_tui.host.process import is_here
from cnn_tui.runs.events import decode_event
from cnn_tui.runs.layout import ENDED, EVENTS, METRICS, State
from cnn_tui.runs.lines import LineFollower
from cnn_tui.runs.liveness import is_lost, trainer_of
from cnn_tui.runs.records import (
    UNREADABLE,
    EvaluationMetrics,
    Metrics,
    Rewind,
    Status,
    UpdateMetrics,
)
from cnn_tui.runs.status import read_status
from cnn_tui.text import printable

_LOOK_SECONDS = 0.1
_EXIT_CODES = {"SIGINT": 130, "SIGTERM": 143}
_ROWS: dict[bytes, Any] = {
    b'"train/loss"': UpdateMetrics,
    b'"test/loss"': EvaluationMetrics,
}


def exit_code(state: State | str, reason: str | None) -> int:
    """Returns 0 for finished and stopped, 1 for failed, 128 + the signal's number."""
    if state == State.INTERRUPTED:
        return _EXIT_CODES.get(reason or "", 1)
    return 1 if state == State.FAILED else 0


class Written:
    """What is written into a run from now on: rows and events."""

    def __init__(self, run: Path, *, from_now: bool = False) -> None:
        """Begins at the beginning of the run, or with what is not there yet."""
        self._events, self._metrics = (LineFollower(run / n) for n in (EVENTS, METRICS))
        if from_now:
            for file in (self._events, self._metrics):
                deque(file.chunks(math.inf), maxlen=0)

    def new(self) -> Iterator[Record]:
        """Yields what was written since the last time."""
        yield from _decoded(self._events, decode_event)
        yield from _decoded(self._metrics, _row)


def follow_run(run: Path, written: Written, *, as_json: bool) -> int:
    """Shows a run until it ends; returns the exit code.

    SIGINT and SIGTERM interrupt the run, with a checkpoint; a second SIGINT ends this
    process alone. A hang-up does, too: the run goes on.
    """
    output = output_for(as_json=as_json)
    output.begin(run)
    with _signals_to(run):
        while True:
            status = _status(run)
            for record in written.new():
                output.record(record)
            if status.state in ENDED or is_lost(status):
                break
            time.sleep(_LOOK_SECONDS)
    if is_lost(status):
        output.leave(f"{printable(run.name)} is lost: its process has ended")
        return 1
    output.end(run)
    return exit_code(status.state, status.reason)


def _decoded(file: LineFollower, decode: Callable[[bytes], Any]) -> Iterator[Record]:
    for lines in file.chunks(math.inf):
        for line in lines.splitlines():
            with suppress(*UNREADABLE):
                yield decode(line)


def _row(line: bytes) -> Metrics:
    kind = next((kind for key, kind in _ROWS.items() if key in line), Rewind)
    row: Metrics = msgspec.json.decode(line, type=kind)
    return row


@contextmanager
def _signals_to(run: Path) -> Iterator[None]:
    def pass_on(number: int, frame: FrameType | None) -> None:
        trainer = trainer_of(_status(run))
        if trainer is not None and is_here(trainer):
            with suppress(ProcessLookupError):
                os.kill(trainer.pid, number)
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {n: signal.signal(n, pass_on) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _status(run: Path) -> Status:
    status = read_status(run)
    if status is None:
        raise RunDirectoryError(f"{printable(run)} is gone")
    return status
