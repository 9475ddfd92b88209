"""Data sets in files of their own kind, read by torchvision's class for each."""

import gzip
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import numpy as np
import torch
from platformdirs import user_cache_path
from torch import Tensor

from cnn_tui.datasets.facts import FILES, Archive, NamedFacts
from cnn_tui.datasets.telling import Tell
from cnn_tui.engine.remote import (
    RemoteFile,
    fetch_files,
    remote_files,
    torchvision_class,
)
from cnn_tui.errors import DataError
from cnn_tui.text import printable

_UNREADABLE = (AssertionError, EOFError, OSError, RuntimeError, TypeError, ValueError)
"""What torchvision raises of files that are missing or broken."""


def read_archive(
    facts: NamedFacts, source: Archive, folder: Path, tell: Tell
) -> dict[str, Tensor]:
    """Returns images, uint8 N×C×H×W, and labels, int64 N, as of IDX files.

    They are read from the folder if torchvision has unpacked them there, else from the
    archives, which are downloaded if they are not there, either.

    Raises:
        DataError: if they are missing or damaged, and cannot be downloaded.
    """
    if source.needs and importlib.util.find_spec(source.needs) is None:
        raise DataError(
            f"{facts.title} is read with {source.needs}, which is not installed here: "
            f"pip install {source.needs}, or this program as cnn-tui[svhn]"
        )
    kind = torchvision_class(source.torchvision_class)
    try:
        return _read(kind, folder, facts, source)
    except _UNREADABLE:
        both = remote_files(kind, source.train) + remote_files(kind, source.test)
    files = list(dict.fromkeys(both))
    fetch_files(facts.title, files, folder, tell)
    tell(f"unpacking {facts.title}")
    try:
        return _unpack_and_read(kind, files, folder, facts, source)
    except _UNREADABLE as error:
        reason = printable(str(error).partition("\n")[0] or type(error).__name__)
        raise DataError(
            f"{facts.title} cannot be unpacked into {printable(_workplace())}: {reason}"
        ) from error
    finally:
        tell("")


def _unpack_and_read(
    kind: Any,
    files: Sequence[RemoteFile],
    folder: Path,
    facts: NamedFacts,
    source: Archive,
) -> dict[str, Tensor]:
    """Unpacks files that are known to be right, for a moment: tensors are kept."""
    _workplace().mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".unpacked-", dir=_workplace()) as place:
        for file in files:
            link = Path(place, file.path)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to((folder / file.path).absolute())
            if kind.__name__ == "EMNIST":
                _unpack_split(link, source.train["split"])
        return _read(kind, Path(place), facts, source, download=True)


def _workplace() -> Path:
    return user_cache_path("cnn-tui")


def _unpack_split(archive: Path, split: str) -> None:
    """Unpacks one split of EMNIST; torchvision would unpack six, 1.8 GB."""
    with ZipFile(archive) as content:
        for name in content.namelist():
            base = os.path.basename(name)
            if base.startswith(f"emnist-{split}-") and base.endswith(".gz"):
                target = archive.with_name(base.removesuffix(".gz"))
                target.write_bytes(gzip.decompress(content.read(name)))


def _read(
    kind: Any, folder: Path, facts: NamedFacts, source: Archive, **how: bool
) -> dict[str, Tensor]:
    parts = [
        kind(str(folder), **chosen, **how) for chosen in (source.train, source.test)
    ]
    tensors = [tensor for part in parts for tensor in _tensors(part, facts, source)]
    return dict(zip(FILES, tensors, strict=True))


def _tensors(part: Any, facts: NamedFacts, source: Archive) -> tuple[Tensor, Tensor]:
    """Raises ValueError if they are not what is known of the set."""
    images = np.asarray(part.data, np.uint8)
    if images.ndim == 3:
        images = images[..., None]
    if images.shape[-1] in (1, 3):  # torchvision's are for people to look at
        images = images.transpose(0, 3, 1, 2)
    if source.is_transposed:
        images = images.swapaxes(2, 3)
    labels = np.asarray(part.targets if hasattr(part, "targets") else part.labels)
    labels = labels.reshape(len(images), -1)[:, 0].astype(np.int64)  # QMNIST has more
    labels -= source.first_label
    if images.shape[1:] != facts.input_shape or not _are_classes(labels, facts.classes):
        raise ValueError("other images or labels than it should have")
    return torch.from_numpy(np.ascontiguousarray(images)), torch.from_numpy(labels)


def _are_classes(labels: "np.ndarray", classes: int) -> bool:
    return bool(((labels >= 0) & (labels < classes)).all())
