"""Evaluations on disk: the newest, and the confusion matrix of whatever lies there."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.evaluations import newest, pack, read_confusion, step_of

_PLAIN, _ENCRYPTED = (
    b"PK\x01\x02\x14\x03\x14\x00\x00",
    b"PK\x01\x02\x14\x03\x14\x00\x01",
)
MATRIX = np.arange(9).reshape(3, 3)


def written(folder: Path, name: str, data: bytes) -> Path:
    """Writes a file into ``evaluations/``."""
    path = folder / "evaluations" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return path


def archive(member: bytes, name: str = "confusion.npy") -> bytes:
    """Returns a zip file with one member."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, member)
    return buffer.getvalue()


def npy(array: np.ndarray, header: Callable[[bytes], bytes] = lambda h: h) -> bytes:
    """Returns an array as a file, with another header."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return header(buffer.getvalue())


def test_the_newest_is_the_one_written_last(tmp_path: Path) -> None:
    assert newest(tmp_path) is None
    for place, name in enumerate(("00000900.npz", "00000100.npz", "x.npz")):
        path = written(tmp_path, name, pack({"confusion": MATRIX}))
        os.utime(path, (1000 + place, 1000 + place))
    found = newest(tmp_path)
    assert found is not None
    path, _ = found
    assert step_of(path) == 100
    matrix = read_confusion(path, 3)
    assert matrix.dtype == np.int64
    assert (matrix == MATRIX).all()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "not a zip file"),
        (pack({"confusion": MATRIX})[:-30], "not a zip file"),
        (pack({"other": MATRIX}), "confusion.npy"),
        (pack({"confusion": MATRIX.astype(float)}), "float64 of 3×3"),
        (pack({"confusion": MATRIX[:2]}), "int64 of 2×3, not whole numbers of 3×3"),
        (pack({"confusion": -MATRIX}), "below 0"),
        (archive(npy(np.array([{}] * 9, object))), "not whole numbers"),
        (archive(b"no array"), "magic"),
        (archive(npy(MATRIX)[:-8]), "cannot reshape"),
        (archive(npy(MATRIX, lambda h: h.replace(b"(3, 3)", b"(3, 9)"))), "3×9"),
        (archive(npy(MATRIX, lambda h: h.replace(b"(3, 3)", b"((((('"))), "EOF"),
        (archive(npy(MATRIX)).replace(_PLAIN, _ENCRYPTED), "encrypted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_matrix_is_a_sentence(
    tmp_path: Path, data: bytes, sentence: str
) -> None:
    path = written(tmp_path, "00000100.npz", data)
    with pytest.raises(RunDirectoryError, match="no evaluation that") as caught:
        read_confusion(path, 3)
    assert sentence in str(caught.value)


def test_a_link_and_a_large_file_are_not_read(tmp_path: Path) -> None:
    real = written(tmp_path, "real", pack({"confusion": MATRIX}))
    link = real.with_name("00000100.npz")
    link.symlink_to(real)
    with pytest.raises(RunDirectoryError, match="a link"):
        read_confusion(link, 3)
    with real.open("r+b") as file:
        file.truncate(2**26 + 1)
    with pytest.raises(RunDirectoryError, match="larger than"):
        read_confusion(real, 3)
