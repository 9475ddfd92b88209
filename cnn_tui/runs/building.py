"""Where a new run is built, and what it will be called."""

import os
import shutil
from datetime import datetime
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import make_directory
from cnn_tui.runs.layout import UNFINISHED_PREFIX, run_ids
from cnn_tui.runs.queued import queued_ids
from cnn_tui.text import printable


def places(
    folder: Path, run_id: str | None, name: str, now: datetime
) -> tuple[Path, Path]:
    """Returns the folder to build a run in, made, and the free path it will have.

    A ``run_id`` that was given before is the caller's alone: nobody has built under it
    but one who was killed.

    Raises:
        RunDirectoryError: There is a run of that id.
        OSError: Nothing can be made there.
    """
    if run_id is not None:
        return _place_given(folder, run_id)
    for candidate in run_ids(name, now):
        building, path = _places(folder, candidate)
        try:
            make_directory(building)
        except FileExistsError:
            continue
        # Only now: whoever built under this name before us has renamed it by now, and
        # whoever queues a run looks for what is built.
        if not os.path.lexists(path) and candidate not in queued_ids(folder):
            return building, path
        building.rmdir()
    raise AssertionError("run_ids never ends")


def _place_given(folder: Path, run_id: str) -> tuple[Path, Path]:
    building, path = _places(folder, run_id)
    if os.path.lexists(path):
        raise RunDirectoryError(f"{printable(path)} is there already: resume it")
    shutil.rmtree(building, ignore_errors=True)
    make_directory(building)
    return building, path


def _places(folder: Path, run_id: str) -> tuple[Path, Path]:
    return folder / f"{UNFINISHED_PREFIX}{run_id}", folder / run_id
