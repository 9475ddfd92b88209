"""Data sets in files of their own kind, read by torchvision's class for each."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnn_tui.datasets.facts import FILES, Archive, NamedFacts
from cnn_tui.errors import DataError
from cnn_tui.text import printable


def read_archive(
    facts: NamedFacts, source: Archive, folder: Path, *, may_download: bool = True
) -> dict[str, Tensor]:
    """Returns images, uint8 N×C×H×W, and labels, int64 N, as of IDX files.

    torchvision compares the files with their checksums, and downloads them if there are
    none.

    Raises:
        DataError: if they are missing or damaged, and cannot be downloaded.
    """
    from torchvision import datasets  # 2 to 3 s of imports that few runs need

    kind = getattr(datasets, source.torchvision_class)
    try:
        parts = [
            _read(kind, folder, chosen, may_download)
            for chosen in (source.train, source.test)
        ]
    except (OSError, RuntimeError) as error:
        if not may_download:
            raise DataError(
                f"{facts.title} is not in {printable(folder)}, or damaged; a run that "
                f"starts downloads it, or put {source.files} there"
            ) from error
        reason = printable(str(error).partition("\n")[0] or type(error).__name__)
        raise DataError(
            f"{facts.title} is not in {printable(folder)}, or damaged, and cannot be "
            f"downloaded ({reason}); put {source.files} there"
        ) from error
    tensors = [tensor for part in parts for tensor in _tensors(part)]
    return dict(zip(FILES, tensors, strict=True))


def _read(kind: Any, folder: Path, chosen: dict[str, Any], may_download: bool) -> Any:
    """Reads what is there; only if that fails, downloads it."""
    try:
        return kind(str(folder), **chosen)
    except (OSError, RuntimeError):
        if not may_download:
            raise
        folder.mkdir(parents=True, exist_ok=True)
        return kind(str(folder), download=True, **chosen)


def _tensors(part: Any) -> tuple[Tensor, Tensor]:
    images = np.asarray(part.data, np.uint8)
    if images.ndim == 3:
        images = images[..., None]
    if images.shape[-1] in (1, 3):  # torchvision's are for people to look at
        images = images.transpose(0, 3, 1, 2)
    labels = part.targets if hasattr(part, "targets") else part.labels
    return (
        torch.from_numpy(np.ascontiguousarray(images)),
        torch.from_numpy(np.asarray(labels, np.int64)),
    )
