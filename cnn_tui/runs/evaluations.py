"""``evaluations/<step>.npz``: arrays of one evaluation, without pickle."""

import io
import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from cnn_tui.io.files import opened_directory, remove_if_exists

KEPT = 50

_FILE_NAME = re.compile(r"\d{8,}\.npz")


def file_name(step: int) -> str:
    """Returns the name of the evaluation after update ``step``."""
    return f"{step:08}.npz"


def pack(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Returns arrays as an npz file.

    Raises:
        ValueError: An array holds Python objects, which only pickle could store.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return buffer.getvalue()


def prune(folder: Path, best_step: int | None) -> None:
    """Removes all but the newest 50 evaluations and the best one. Raises OSError.

    The newest are those written last: after a rewind, higher steps are the older ones.
    """
    with opened_directory(folder) as directory:
        written = {
            name: os.stat(name, dir_fd=directory, follow_symlinks=False).st_mtime_ns
            for name in os.listdir(directory)
            if _FILE_NAME.fullmatch(name)
        }
        newest_first = sorted(written, key=lambda name: (written[name], name))[::-1]
        for name in newest_first[KEPT:]:
            if best_step is None or name != file_name(best_step):
                remove_if_exists(name, directory)
