"""Workers that do not outlive their test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.workers import Workers


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    """Starts workers on the folder of the test."""
    workers = Workers(tmp_path)
    yield workers
    workers.close()
