"""Pictures are compared, and drawn anew, with one version of Textual only."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SNAPSHOTS = "tests/ui/test_snapshots.py"
PROJECT = Path(__file__).parent.parent


@pytest.fixture
def other_textual(tmp_path: Path) -> dict[str, str]:
    """An environment in which another version of Textual seems to be installed."""
    metadata = tmp_path / "textual-8.99.0.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: textual\nVersion: 8.99.0\n")
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}


def run_pytest(environment: dict[str, str], *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    result = subprocess.run(
        [*command, SNAPSHOTS],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout + result.stderr


def test_pictures_of_another_version_are_not_compared(
    other_textual: dict[str, str],
) -> None:
    said = run_pytest(other_textual, "-k", "help")
    assert "1 skipped" in said
    assert "here is 8.99.0" in said
    assert "failed" not in said


def test_pictures_are_not_drawn_anew_with_another_version(
    other_textual: dict[str, str],
) -> None:
    said = run_pytest(other_textual, "--snapshot-update", "-k", "help")
    assert "--snapshot-update: the pictures were drawn by textual" in said
    assert "passed" not in said
