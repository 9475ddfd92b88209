"""A nursery of processes, and runs that nothing happened to."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.faults import steering
from tests.faults.connection import Connection
from tests.faults.nets import COSINE, write_preset
from tests.faults.nursery import Nursery


@pytest.fixture
def cnn_tui(tmp_path: Path) -> Iterator[Nursery]:
    """Starts commands; nothing of them is left after the test."""
    nursery = Nursery(tmp_path)
    yield nursery
    nursery.close()


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A connection to a terminal that a command can be started on."""
    connection = Connection()
    yield connection
    with suppress(OSError):
        connection.close()


@pytest.fixture(scope="session")
def preset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A net with dropout, batch norm and momentum; its rate changes at every update."""
    return write_preset(tmp_path_factory.mktemp("preset") / "net.yaml", schedule=COSINE)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, preset: Path) -> Path:
    """A finished run of ``preset``."""
    nursery = Nursery(tmp_path_factory.mktemp("undisturbed"))
    trainer, run = nursery.train(preset)
    assert trainer.wait().code == 0
    return run


@pytest.fixture(scope="session")
def edited(tmp_path_factory: pytest.TempPathFactory, preset: Path) -> Path:
    """A finished run of ``preset`` with live edits at a paused step."""
    nursery = Nursery(tmp_path_factory.mktemp("edited"))
    trainer, run = nursery.train(preset, *steering.PAUSED)
    steering.edit(run)
    steering.tell(run, "resume")
    assert trainer.wait().code == 0
    return run
