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

from cnn_tui.engine.guard import GuardMemory
from cnn_tui.engine.network import Scaling
from cnn_tui.errors import NewerFormatError, RunDirectoryError, UnreadableError
from cnn_tui.io.files import (
    NotRegularError,
    ensure_directory,
    link_file,
    open_regular,
    opened_directory,
    remove_if_exists,
    replace_file,
    sync_directory,
)
from cnn_tui.runs import history
from cnn_tui.runs.events import Value
from cnn_tui.runs.layout import CHECKPOINTS, FORMAT, HISTORY
from cnn_tui.runs.records import Best
from cnn_tui.text import printable

LAST, BEST = history.LAST, history.BEST
PREVIOUS = "previous.pt"
HALTED = "halted.pt"
"""Of weights that are not worth to be gone back to; the next good one removes it."""

_DAMAGE = (
    *(AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError),
    *(TypeError, UnpicklingError, ValueError, struct.error, zipfile.BadZipFile),
    zlib.error,
)
"""What torch raises for bytes that are no checkpoint."""


Overrides = dict[str, Value | None]
"""Values edited while training, by name."""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The state of a run after update ``step``, in named parts.

    The file is a dictionary with these keys. A part that came after the first version
    has a default, for files that lack it; one that this version does not know is
    refused by its name.
    """

    format: int = FORMAT
    config: str
    """The text of ``config.yaml``."""
    step: int
    total_steps: int
    horizon: int
    """Updates planned when the run was created; the schedule is laid out over them."""
    model: dict[str, Any]
    ema: dict[str, Any] | None = None
    """The averaged weights, if there are such, by the names of ``model``."""
    scaling: Scaling | None = None
    """How images become inputs of the model."""
    optimizer: dict[str, Any]
    rng: dict[str, Any]
    lr_factor: float
    overrides: Overrides
    best: Best | None
    training_seconds: float
    pause_at_step: int | None
    guard: GuardMemory = GuardMemory()
    evaluations_since_best: int = 0


def save_checkpoint(
    run: Path,
    checkpoint: Checkpoint,
    also_as: Iterable[str] = (),
    *,
    good: bool = True,
) -> None:
    """Writes ``last.pt``, keeping the one before as ``previous.pt``.

    ``also_as`` names further files of the same content. One that is not ``good`` is
    ``halted.pt`` instead, and the last good one stays. Every file is whole at every
    moment. Raises OSError.
    """
    folder = run / CHECKPOINTS
    ensure_directory(folder)
    if good:
        remove_halted(run)  # first: it is the older where the run was rolled back
        if (folder / LAST).exists():
            link_file(folder / LAST, folder / PREVIOUS)
    # last.pt last: a run killed before comes here again, and misses no other name.
    first, *others = [*also_as, LAST if good else HALTED]
    replace_file(folder / first, encode_checkpoint(checkpoint), durable=True)
    for name in others:
        link_file(folder / first, folder / name)
    if others:
        sync_directory(folder)


def write_best(run: Path, checkpoint: Checkpoint) -> None:
    """Writes ``best.pt`` alone, into a run that is being made. Raises OSError."""
    ensure_directory(run / CHECKPOINTS)
    replace_file(run / CHECKPOINTS / BEST, encode_checkpoint(checkpoint), durable=True)


def keep_checkpoint(
    run: Path, checkpoint: Checkpoint, *, is_last: bool, most: int
) -> None:
    """Writes into ``history/``, which has at most ``most`` files then.

    ``is_last`` says that ``last.pt`` is the same: this is a second name of it then.
    Raises OSError where it cannot be written, or two would be too large.
    """
    folder, last = run / HISTORY, run / CHECKPOINTS / LAST
    ensure_directory(folder)
    room = history.room_bytes(folder)
    path = folder / history.step_file(checkpoint.step)
    try:
        if 2 * last.stat().st_size > room:
            raise OSError(errno.ENOSPC, "two checkpoints have no room in a history")
        if is_last:
            link_file(last, path)
        else:
            replace_file(path, encode_checkpoint(checkpoint))
    finally:
        history.prune(folder, checkpoint.step, most, room)


def remove_halted(run: Path) -> None:
    """Removes ``halted.pt``. Raises OSError."""
    with opened_directory(run / CHECKPOINTS) as directory:
        remove_if_exists(HALTED, directory)


def set_aside(run: Path, name: str) -> None:
    """Renames a checkpoint that cannot be used: it must not take a good one's place.

    Raises OSError.
    """
    with opened_directory(run / CHECKPOINTS) as folder:
        os.replace(name, f"{name}.damaged", src_dir_fd=folder, dst_dir_fd=folder)


def load_checkpoint(path: Path) -> Checkpoint:
    """Reads a checkpoint onto the CPU; nothing in the file is executed.

    Raises:
        NewerFormatError: if it is of another format, or has parts not known here.
        UnreadableError: if it may be good, and cannot be read now.
        RunDirectoryError: if it is missing or damaged.
    """
    try:
        with open(open_regular(path), "rb") as file:
            if os.fstat(file.fileno()).st_size > psutil.virtual_memory().available:
                raise OSError(errno.EFBIG, "larger than the free memory")
            data = file.read()
    except OSError as error:
        is_known = isinstance(error, FileNotFoundError | NotRegularError)
        kind = RunDirectoryError if is_known else UnreadableError
        raise kind(f"{printable(path)}: cannot be read: {error.strerror}") from error
    try:
        content = _decode(data)
        _check_known(content, path)
        return msgspec.convert(content, Checkpoint)
    except _DAMAGE as error:
        raise RunDirectoryError(
            f"{printable(path)}: is damaged, or no checkpoint"
        ) from error


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Returns the content of a file."""
    buffer = io.BytesIO()
    parts = msgspec.structs.asdict(checkpoint)
    for name, value in parts.items():
        if isinstance(value, msgspec.Struct):
            parts[name] = msgspec.structs.asdict(value)
    torch.save(parts, buffer)
    return buffer.getvalue()


def decode_checkpoint(data: bytes) -> Checkpoint:
    """Returns a checkpoint that another process of this version has encoded."""
    return msgspec.convert(_decode(data), Checkpoint)


def _decode(data: bytes) -> dict[str, Any]:
    """Raises one of ``_DAMAGE`` for what is no checkpoint."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(member.file_size for member in archive.infolist()) > len(data):
            raise ValueError("it is larger inside than outside")
        if archive.testzip():  # torch does not look at the checksums
            raise ValueError("a checksum is wrong")
    content = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    if not isinstance(content, dict):
        raise TypeError("it is no dictionary")
    return content


def _check_known(content: dict[str, Any], path: Path) -> None:
    found = content.get("format")
    if isinstance(found, int) and found != FORMAT:
        raise NewerFormatError(
            f"{printable(path)}: has format {found}, only {FORMAT} is known here: "
            "use the version of cnn-tui that wrote it"
        )
    if unknown := sorted(map(str, content.keys() - set(Checkpoint.__struct_fields__))):
        raise NewerFormatError(
            f"{printable(path)}: has parts that are not known here "
            f"({printable(', '.join(unknown))}): use the version of cnn-tui that wrote "
            "it"
        )
