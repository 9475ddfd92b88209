"""MNIST and its like: four gzipped IDX files, found, verified and decoded."""

import gzip
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnn_tui.datasets.facts import BUNDLED, FILES, IdxFiles
from cnn_tui.datasets.telling import Tell
from cnn_tui.engine.remote import fetch_files, remote_files, torchvision_class
from cnn_tui.errors import DataError
from cnn_tui.io.files import read_linked
from cnn_tui.text import printable

_MAX_BYTES = 2**30


def read_verified(
    title: str, source: IdxFiles, folder: Path, tell: Tell
) -> list[bytes]:
    """Returns the contents of the four files, downloading those that are missing.

    Raises:
        DataError: if a file is missing, damaged, or cannot be downloaded.
    """
    raw = _raw_folder(title, source, folder, tell)
    return [
        _verified(raw / file, md5) for file, md5 in zip(FILES, source.md5, strict=True)
    ]


def checksum(source: IdxFiles) -> str:
    """Returns what tells these files from all others."""
    return hashlib.md5("".join(source.md5).encode()).hexdigest()[:16]


def decode(contents: Sequence[bytes]) -> dict[str, Tensor]:
    """Returns images, uint8 N×1×H×W, and labels, int64 N, by their files' names."""
    return dict(zip(FILES, map(_decode_idx, contents), strict=True))


def _raw_folder(title: str, source: IdxFiles, folder: Path, tell: Tell) -> Path:
    """Returns the first folder with all ``.gz`` files; else fetches what is missing."""
    raw = Path(source.torchvision_class, "raw")
    for place in (folder, BUNDLED):
        if not _missing(place / raw):
            return place / raw
    missing = _missing(folder / raw)
    files = remote_files(torchvision_class(source.torchvision_class), {})
    wanted = [file for file in files if os.path.basename(file.path) in missing]
    fetch_files(title, wanted, folder, tell)
    return folder / raw


def _missing(raw: Path) -> list[str]:
    return [name for name in FILES if not os.path.lexists(raw / name)]


def _verified(path: Path, md5: str) -> bytes:
    try:
        content = read_linked(path, _MAX_BYTES)
    except OSError as error:
        raise DataError(
            f"{printable(path)}: cannot be read: {error.strerror}; remove it to "
            "have it fetched again"
        ) from error
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise DataError(
            f"{printable(path)}: is damaged: its MD5 is {found}, not {md5}; remove it "
            "to have it fetched again"
        )
    return content


def _decode_idx(content: bytes) -> Tensor:
    """Decodes a gzipped IDX file of bytes.

    The format is that of the MNIST page: two zero bytes, the type (8: unsigned byte),
    the number of dimensions, each dimension as a big-endian int32, then the values.
    Returns images as uint8 N×1×H×W and labels as int64 N.
    """
    data = gzip.decompress(content)
    dimensions = data[3]
    sizes = np.frombuffer(data, ">i4", count=dimensions, offset=4).tolist()
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions)
    tensor = torch.from_numpy(values.reshape(sizes).copy())
    return tensor.unsqueeze(1) if dimensions == 3 else tensor.to(torch.int64)
