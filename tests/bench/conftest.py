"""A workplace without the data sets, which take seconds to decode."""

import os
from pathlib import Path

import pytest

from bench.workplace import Workplace


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """An empty one, whose programs live in this environment."""
    return Workplace(root=tmp_path, environment=dict(os.environ))
