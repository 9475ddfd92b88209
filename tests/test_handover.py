"""What becomes of a run in the background that the machine has no room for."""

import resource
import tempfile
from pathlib import Path

import pytest

from cnn_tui.errors import InputError
from cnn_tui.handover import start_in_background


def start(folder: Path) -> Path:
    """Starts a run in the background."""
    return start_in_background(
        "model: {layers: [flatten, linear: {out_features: classes}]}\n",
        name="a",
        preset="a",
        runs_folder=folder / "runs",
        data_dir=None,
    )


def test_without_a_folder_for_temporary_files_it_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(InputError) as caught:
        start(tmp_path)
    assert str(caught.value) == (
        "no process could be started in the background: No such file or directory"
    )


def test_without_room_for_a_file_it_is_a_sentence(tmp_path: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))
    try:
        with pytest.raises(InputError, match="in the background: File too large"):
            start(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
