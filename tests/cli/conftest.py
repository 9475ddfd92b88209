"""An empty folder to work in."""

from pathlib import Path

import pytest

from tests.cli.commands import SMALL, preset


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Works in a folder of its own, with no presets of the user's."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def small() -> Path:
    """A preset that trains in no time."""
    return preset(Path(), SMALL, "small")
