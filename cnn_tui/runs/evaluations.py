"""``evaluations/<step>.npz``: arrays of one evaluation, without pickle."""

import io
import os
import re
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import (
    Stamp,
    opened_directory,
    read_bounded,
    remove_if_exists,
    stamp,
)
from cnn_tui.runs.layout import EVALUATIONS
from cnn_tui.text import printable, shape

KEPT = 50
_MAX_BYTES = 2**26
_MAX_HEADER_BYTES = 10_000
_DAMAGE = (
    *(ValueError, KeyError, EOFError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, SyntaxError, tokenize.TokenError),
)
"""What broken bytes lead zipfile and numpy to."""

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


def all_of(run: Path) -> list[Path]:
    """Returns the evaluations of a run that are there, by their steps."""
    try:
        names = os.listdir(run / EVALUATIONS)
    except OSError:
        return []
    found = (run / EVALUATIONS / name for name in names if _FILE_NAME.fullmatch(name))
    return sorted(found, key=step_of)


def newest(run: Path) -> tuple[Path, Stamp] | None:
    """Returns the evaluation of a run that was written last, and its stamp."""
    found = [(mark, path) for path in all_of(run) if (mark := stamp(path))]
    if not found:
        return None
    mark, path = max(found, key=lambda it: (it[0][2], it[1].name))
    return path, mark


def step_of(path: Path) -> int:
    """Returns the step of an evaluation's file."""
    return int(path.stem)


def read_confusion(path: Path, classes: int) -> np.ndarray:
    """Returns the confusion matrix, int64 classes×classes: a row for each true class.

    No more of the file is unpacked than that takes.

    Raises:
        RunDirectoryError: if it cannot be read, or is no such matrix.
    """
    try:
        content = io.BytesIO(read_bounded(path, _MAX_BYTES))
        with zipfile.ZipFile(content) as archive, archive.open("confusion.npy") as file:
            return _square(file, classes)
    except (OSError, *_DAMAGE) as error:
        reason = getattr(error, "strerror", None) or error
        raise RunDirectoryError(
            f"{printable(path)} is no evaluation that can be read: {printable(reason)}"
        ) from error


def forget_after(folder: Path, step: int) -> None:
    """Removes what is later than ``step``: it never was. Raises OSError."""
    with opened_directory(folder) as directory:
        for name in os.listdir(directory):
            if _FILE_NAME.fullmatch(name) and step_of(Path(name)) > step:
                remove_if_exists(name, directory)


def _square(file: IO[bytes], classes: int) -> np.ndarray:
    """Reads an array of counts; raises ValueError for any other."""
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("its arrays are of another version")
    sizes, _, kind = np.lib.format.read_array_header_1_0(
        file, max_header_size=_MAX_HEADER_BYTES
    )
    if sizes != (classes, classes) or kind.kind != "i":
        raise ValueError(
            f"confusion is {kind} of {shape(sizes)}, not whole numbers of "
            f"{classes}×{classes}"
        )
    data = file.read(classes * classes * kind.itemsize)
    counts = np.frombuffer(data, kind).reshape(sizes).astype(np.int64)
    if (counts < 0).any():
        raise ValueError("confusion has numbers below 0")
    return counts


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
