"""Checkpoints: all that a run needs to go on exactly where it was."""

import errno
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import msgspec
import psutil
import torch
from safetensors.torch import save

from cnn_tui.config import RunConfig, to_yaml
from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import (
    ensure_directory,
    link_file,
    open_regular,
    replace_file,
    sync_directory,
)
from cnn_tui.runs.layout import CHECKPOINTS, FORMAT, MODEL
from cnn_tui.runs.records import Best
from cnn_tui.text import printable

LAST = "last.pt"
PREVIOUS = "previous.pt"
BEST = "best.pt"

_DAMAGE = (
    *(AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError),
    *(TypeError, UnpicklingError, ValueError, struct.error, zipfile.BadZipFile),
    zlib.error,
)
"""What torch raises for bytes that are no checkpoint."""

Overrides = dict[str, float | int | str | None]


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a run after update ``step``."""

    format: int = FORMAT
    config: str
    """The text of ``config.yaml``."""
    step: int
    total_steps: int
    horizon: int
    """Updates planned when the run was created; the schedule is laid out over them."""
    model: dict[str, Any]
    optimizer: dict[str, Any]
    rng: dict[str, Any]
    lr_factor: float
    overrides: Overrides
    """Values edited while training, by name."""
    best: Best | None
    training_seconds: float
    pause_at_step: int | None


def step_file(step: int) -> str:
    """Returns the name of a checkpoint that is kept until somebody deletes it."""
    return f"step-{step:08}.pt"


def save_checkpoint(
    run: Path, checkpoint: Checkpoint, also_as: Iterable[str] = ()
) -> None:
    """Writes ``last.pt``, keeping the one before as ``previous.pt``.

    ``also_as`` names further files of the same content. Every file is whole at every
    moment. Raises OSError.
    """
    buffer = io.BytesIO()
    best = checkpoint.best and msgspec.structs.asdict(checkpoint.best)
    torch.save({**msgspec.structs.asdict(checkpoint), "best": best}, buffer)
    folder = run / CHECKPOINTS
    ensure_directory(folder)
    if (folder / LAST).exists():
        link_file(folder / LAST, folder / PREVIOUS)
    # last.pt last: a run killed before comes here again, and misses no other name.
    first, *others = [*also_as, LAST]
    replace_file(folder / first, buffer.getvalue(), durable=True)
    for name in others:
        link_file(folder / first, folder / name)
    if others:
        sync_directory(folder)


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint onto the CPU; nothing in the file is executed.

    Raises:
        RunDirectoryError: if it is missing, damaged, or of another format.
    """
    try:
        with open(open_regular(path), "rb") as file:
            if os.fstat(file.fileno()).st_size > psutil.virtual_memory().available:
                raise OSError(errno.EFBIG, "larger than the free memory")
            data = file.read()
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(path)}: cannot be read: {error.strerror}"
        ) from error
    try:
        checkpoint = _decode(data)
    except _DAMAGE as error:
        raise RunDirectoryError(
            f"{printable(path)}: is damaged, or no checkpoint"
        ) from error
    if checkpoint.format != FORMAT:
        raise RunDirectoryError(
            f"{printable(path)}: has format {checkpoint.format}, only {FORMAT} is known"
        )
    return checkpoint


def save_model(run: Path, model: torch.nn.Module, config: RunConfig, step: int) -> None:
    """Writes the weights as ``model.safetensors``. Raises OSError."""
    # safetensors takes contiguous tensors only, and metadata of strings only.
    weights = {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in model.state_dict().items()
    }
    metadata = {
        "format": str(FORMAT),
        "config": to_yaml(config),
        "step": str(step),
        "classes": ",".join(config.dataset.facts.class_names),
    }
    replace_file(run / MODEL, save(weights, metadata), durable=True)


def _decode(data: bytes) -> Checkpoint:
    """Raises one of ``_DAMAGE`` for what is no checkpoint."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(member.file_size for member in archive.infolist()) > len(data):
            raise ValueError("it is larger inside than outside")
        if archive.testzip():  # torch does not look at the checksums
            raise ValueError("a checksum is wrong")
    content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    return msgspec.convert(content, Checkpoint)
