"""Run directories to try things on, and another user."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cnn_tui.runs import records
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status
from cnn_tui.runs.writer import RunWriter

NOBODY = 65534


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
