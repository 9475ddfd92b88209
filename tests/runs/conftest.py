"""Run directories to try things on, other processes, and another user."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cnn_tui.runs import records
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status
from cnn_tui.runs.writer import RunWriter

NOBODY = 65534
_ROOT = Path(__file__).parents[2]

Row = Mapping[str, float | int | None]


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


def train(step: int, **values: float | None) -> Row:
    """Returns a train row."""
    row: dict[str, float | int | None] = {"step": step, "train/loss": 1 / step}
    return row | values


def poll(reader: RunReader) -> RunReader:
    """Reads all that is there."""
    reader.poll()
    while not reader.complete:
        reader.poll()
    return reader


def read(path: Path) -> RunReader:
    """Returns a reader of all that is in a directory."""
    return poll(RunReader(path))


def metrics_of(path: Path, rows: Iterable[Row | bytes]) -> RunReader:
    """Returns a reader of a directory that holds these lines of metrics."""
    encoded = [
        row + b"\n" if isinstance(row, bytes) else records.encode_line(row)
        for row in rows
    ]
    (path / "metrics.jsonl").write_bytes(b"".join(encoded))
    return read(path)
