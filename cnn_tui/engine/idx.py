"""MNIST and its like: four gzipped IDX files, found, verified and decoded."""

import contextlib
import gzip
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from cnn_tui.datasets.facts import BUNDLED, FILES, IdxFiles
from cnn_tui.errors import DataError
from cnn_tui.io.files import read_linked
from cnn_tui.text import printable

_MAX_BYTES = 2**30


def read_verified(
    title: str, source: IdxFiles, folder: Path, *, may_download: bool = True
) -> list[bytes]:
    """Returns the contents of the four files, downloading them if there are none.

    Raises:
        DataError: if a file is missing, damaged, or cannot be downloaded.
    """
    raw = _raw_folder(title, source, folder, may_download)
    return [
        _verified(raw / file, md5) for file, md5 in zip(FILES, source.md5, strict=True)
    ]


def checksum(source: IdxFiles) -> str:
    """Returns what tells these files from all others."""
    return hashlib.md5("".join(source.md5).encode()).hexdigest()[:16]


def decode(contents: Sequence[bytes]) -> dict[str, Tensor]:
    """Returns images, uint8 N×1×H×W, and labels, int64 N, by their files' names."""
    return dict(zip(FILES, map(_decode_idx, contents), strict=True))


def _raw_folder(title: str, source: IdxFiles, folder: Path, may_download: bool) -> Path:
    """Returns the folder of the ``.gz`` files, downloading them if there is none."""
    raw = Path(source.torchvision_class, "raw")
    for place in (folder, BUNDLED):
        if os.path.isdir(place / raw):  # False where it may not be seen
            return place / raw
    if not may_download:
        raise DataError(
            f"{title} is not in {printable(folder)}; a run that starts downloads it, "
            f"or put its four .gz files into {printable(folder / raw)}"
        )
    _download(title, source, folder)
    return folder / raw


def _download(title: str, source: IdxFiles, folder: Path) -> None:
    from torchvision import datasets  # 2 to 3 s of imports that few runs need

    raw = folder / source.torchvision_class / "raw"
    try:
        getattr(datasets, source.torchvision_class)(str(folder), download=True)
    except (OSError, RuntimeError) as error:
        with contextlib.suppress(OSError):
            raw.rmdir()
            raw.parent.rmdir()
        reason = printable(str(error).partition("\n")[0] or type(error).__name__)
        raise DataError(
            f"{title} is not in {printable(folder)} and cannot be downloaded "
            f"({reason}); put its four .gz files into {printable(raw)}"
        ) from error


def _verified(path: Path, md5: str) -> bytes:
    try:
        content = read_linked(path, _MAX_BYTES)
    except OSError as error:
        raise DataError(
            f"{printable(path)}: cannot be read: {error.strerror}; remove the "
            "folder to have it fetched again"
        ) from error
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise DataError(
            f"{printable(path)}: is damaged: its MD5 is {found}, not {md5}; remove the "
            "folder to have it fetched again"
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
