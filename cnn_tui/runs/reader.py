"""RunReader: the screens' side of a run directory, live or ended."""

import time
from collections import deque
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import UNSET

from cnn_tui.io.files import Stamp
from cnn_tui.runs.config import read_config_text
from cnn_tui.runs.events import Event, decode_event
from cnn_tui.runs.layout import DEVICE, EVENTS, METRICS
from cnn_tui.runs.lines import LineFollower, check_lines, decode_lines
from cnn_tui.runs.records import (
    UNREADABLE,
    DeviceRow,
    MetricsRow,
    Status,
)
from cnn_tui.runs.status import read_stamped_status, status_stamp
from cnn_tui.runs.table import Table

MAX_EVENTS = 10_000
MAX_DEVICE_ROWS = 600

_MAX_EVENT_BYTES = 16 * 2**10
_DEVICE_TAIL_BYTES = 2**20

_T = TypeVar("_T")

# What charts have on their x axis is as they search it: they need no copy.
_TRAIN_COLUMNS = {
    "epoch": "f8",
    "time": "f8",
    "loss": "f4",
    "accuracy": "f4",
    "lr": "f4",
}
_TEST_COLUMNS = {
    "epoch": "f8",
    "time": "f8",
    "loss": "f4",
    "accuracy": "f4",
    "validation_loss": "f4",
    "validation_accuracy": "f4",
}
_train_values = attrgetter(
    "step", "epoch", "time", "train_loss", "train_accuracy", "lr"
)
_test_values = attrgetter(
    "step",
    "epoch",
    "time",
    "test_loss",
    "test_accuracy",
    "validation_loss",
    "validation_accuracy",
)

_metrics = msgspec.json.Decoder(MetricsRow)
_device = msgspec.json.Decoder(DeviceRow)


class RunReader:
    """Follows one run directory. It never writes there and takes no lock.

    ``poll`` takes in what was appended; torn lines and rubbish are skipped.

    Attributes:
        train: Columns step, epoch, time, loss, accuracy, lr.
        tests: Columns step, epoch, time, loss, accuracy, validation_loss,
            validation_accuracy.
        events: The last events, oldest first.
        device: The last device rows, oldest first.
        version: Grows whenever ``poll`` changed any of these.
    """

    def __init__(self, path: Path) -> None:
        """Reads nothing yet."""
        self.path = path
        self.train = Table(_TRAIN_COLUMNS)
        self.tests = Table(_TEST_COLUMNS)
        self.events: deque[Event] = deque(maxlen=MAX_EVENTS)
        self.device: deque[DeviceRow] = deque(maxlen=MAX_DEVICE_ROWS)
        self.version = 0
        self._bad_lines = 0
        self._metrics_file = LineFollower(path / METRICS)
        self._events_file = LineFollower(path / EVENTS)
        self._device_file = LineFollower(path / DEVICE, tail_bytes=_DEVICE_TAIL_BYTES)
        self._metrics_generation = 0
        self._status: Status | None = None
        self._status_stamp: Stamp = ()

    @property
    def complete(self) -> bool:
        """Whether everything that was there at the last poll has been read."""
        return all(file.complete for file in self._files)

    @property
    def skipped(self) -> int:
        """How many lines could not be understood."""
        return self._bad_lines + sum(file.overlong for file in self._files)

    @property
    def odd_files(self) -> list[str]:
        """The names of files in whose place is something else, which is not read."""
        names = (METRICS, EVENTS, DEVICE)
        pairs = zip(names, self._files, strict=True)
        return [name for name, file in pairs if file.is_odd]

    def config_text(self) -> str:
        """Returns the config as it is written; raises RunDirectoryError."""
        return read_config_text(self.path)

    def status(self) -> Status | None:
        """Returns the status as of now; the same object while the file is the same.

        None where there is no status. Raises RunDirectoryError if it is damaged or of
        an unknown format.
        """
        found = status_stamp(self.path, fresh=True)
        if found != self._status_stamp or not found:
            self._status, self._status_stamp = read_stamped_status(self.path)
        return self._status

    def poll(self, budget_seconds: float = 0.05) -> bool:
        """Takes in what was appended since; returns whether anything was.

        It stops after about ``budget_seconds``; ``complete`` says whether it is done.
        """
        before = self.version
        deadline = time.monotonic() + budget_seconds
        for lines in self._events_file.chunks(deadline):
            self._add_events(lines)
        for lines in self._device_file.chunks(deadline):
            self.device.extend(self._decoded(_device, lines))
            self.version += 1
        for lines in self._metrics_file.chunks(deadline):
            self._add_metrics(lines)
        return self.version != before

    @property
    def _files(self) -> tuple[LineFollower, ...]:
        return (self._metrics_file, self._events_file, self._device_file)

    def _add_events(self, lines: bytes) -> None:
        for line in lines.splitlines():
            try:
                if len(line) > _MAX_EVENT_BYTES:
                    raise ValueError("too long")
                self.events.append(decode_event(line))
            except UNREADABLE:
                self._bad_lines += 1
        self.version += 1

    def _add_metrics(self, lines: bytes) -> None:
        if self._metrics_file.generation != self._metrics_generation:
            self._metrics_generation = self._metrics_file.generation
            self._rewind(-1)
        rows: list[MetricsRow] = []
        for row in self._decoded(_metrics, lines):
            if row.rewind_to is UNSET:
                rows.append(row)
                continue
            self._add_rows(rows)
            rows = []
            self._rewind(row.rewind_to)
        self._add_rows(rows)
        self.version += 1

    def _rewind(self, step: int) -> None:
        self.train.rewind(step)
        self.tests.rewind(step)

    def _add_rows(self, rows: list[MetricsRow]) -> None:
        placed = [row for row in rows if row.step is not UNSET]
        train = [_train_values(row) for row in placed if row.train_loss is not UNSET]
        tests = [_test_values(row) for row in placed if row.test_loss is not UNSET]
        added = self.train.extend(train) + self.tests.extend(tests)
        self._bad_lines += len(rows) - len(placed) + len(train) + len(tests) - added

    def _decoded(self, decoder: msgspec.json.Decoder[_T], lines: bytes) -> list[_T]:
        rows, bad_lines = decode_lines(decoder, lines)
        self._bad_lines += bad_lines
        return rows


def read_rows(run: Path) -> RunReader:
    """Returns a reader that has read what is there.

    Raises:
        RunDirectoryError: something else is in the place of the rows.
    """
    check_lines(run / METRICS)
    reader = RunReader(run)
    while reader.poll() or not reader.complete:
        pass
    return reader
