"""Run directories to try things on, other processes, and another user."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from cnn_tui.runs import records
from cnn_tui.runs.events import Happened, KnownEvent
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import EvaluationMetrics, Metrics, Status, UpdateMetrics
from cnn_tui.runs.writer import RunWriter

NOBODY = 65534
_ROOT = Path(__file__).parents[2]
MOMENT = datetime.fromisoformat("2026-03-04T05:06:07+01:00")

_EXAMPLES: dict[str, Any] = {
    "at": MOMENT,
    "step": 7,
    "command_id": "1.json",
    "outcome": "done",
    "device": "cpu",
    "until": 1240,
    "repeats_edits": False,
    "reason": "disk full",
    "also_as": ["best.pt", "step-00000007.pt"],
    "test_loss": 0.5,
    "test_accuracy": 0.75,
    "validation_loss": 0.625,
    "validation_accuracy": 0.875,
    "best": False,
    "what": "lr",
    "before": 0.1,
    "after": 0.05,
    "layer": "layer 4, conv2d",
    "loss": 23.5,
    "reached": 9,
}
"""A value for each field of any event."""


def status(state: State = State.RUNNING, **fields: Any) -> Status:
    """Returns a status of a run that started now."""
    return Status(state=state, started_at=records.now(), **fields)


@pytest.fixture
def create(tmp_path: Path) -> Iterator[Callable[..., RunWriter]]:
    """Makes runs in ``tmp_path``; their locks are given back at the end."""
    writers: list[RunWriter] = []

    def create_run(**options: Any) -> RunWriter:
        arguments: dict[str, Any] = {"name": "a", "config_text": "format: 1\n"}
        arguments |= {"status": status(), **options}
        writers.append(RunWriter.create(tmp_path, **arguments))
        return writers[-1]

    yield create_run
    for writer in writers:
        writer.close()


@pytest.fixture
def writer(create: Callable[..., RunWriter]) -> RunWriter:
    """A new run, its lock held."""
    return create()


@pytest.fixture
def shared_folder() -> Iterator[Path]:
    """A folder that every user may enter, but only this one may write."""
    folder = Path(tempfile.mkdtemp(prefix="cnn-tui-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextmanager
def another_user() -> Iterator[None]:
    """Acts as a user without privileges; skips the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def run_python(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs a script in another process to its end."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(
        command, cwd=_ROOT, capture_output=True, text=True, check=False
    )


def train_row(
    step: int, *, loss: float | None = 0.5, lr: float = 0.25
) -> UpdateMetrics:
    """Returns a train row."""
    return UpdateMetrics(
        step=step,
        epoch=step / 10,
        time=step * 2.0,
        loss=loss,
        accuracy=0.125,
        lr=lr,
        images_per_second=4096.0,
    )


def evaluation_row(
    step: int, *, loss: float = 0.75, accuracy: float = 0.5, **validation: float
) -> EvaluationMetrics:
    """Returns a test row; ``validation`` are its values of the validation set."""
    return EvaluationMetrics(
        step=step,
        epoch=step / 10,
        time=step * 2.0,
        loss=loss,
        accuracy=accuracy,
        **validation,
    )


def example_event(kind: type[Happened], *, least: bool = False) -> KnownEvent:
    """Returns an event that says all that its kind can say, or has to."""
    fields = msgspec.structs.fields(kind)
    names = [field.name for field in fields if field.required or not least]
    return cast(KnownEvent, kind(**{name: _EXAMPLES[name] for name in names}))


def poll(reader: RunReader) -> RunReader:
    """Reads all that is there."""
    reader.poll()
    while not reader.complete:
        reader.poll()
    return reader


def read(path: Path) -> RunReader:
    """Returns a reader of all that is in a directory."""
    return poll(RunReader(path))


def metrics_of(path: Path, rows: Iterable[Metrics | bytes]) -> RunReader:
    """Returns a reader of a directory that holds these rows, or lines, of metrics."""
    encoded = [
        row + b"\n" if isinstance(row, bytes) else records.encode_line(row)
        for row in rows
    ]
    (path / "metrics.jsonl").write_bytes(b"".join(encoded))
    return read(path)
