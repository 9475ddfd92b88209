"""Corrections of a data set: other classes for pictures, and pictures to leave out.

They lie in a file of their own, which people may write, too; the data stay as they are.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from cnn_tui.datasets.form import Part
from cnn_tui.errors import ConfigError, DataError
from cnn_tui.io import safe_yaml
from cnn_tui.io.files import Stamp, open_linked, read_bounded, replace_file, stamp
from cnn_tui.text import printable

_HASH_LETTERS = 16
Hash = Annotated[str, msgspec.Meta(pattern=f"^[0-9a-f]{{{_HASH_LETTERS}}}$")]
Index = Annotated[int, msgspec.Meta(ge=0)]


class PictureId(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """A picture of a data set, whatever run it is used by."""

    part: Part
    index: Index | None = None
    """Its place in its part, from 0 on; of a folder, the path counts instead."""
    path: str | None = None
    """Below the folder of the data set."""
    sha256: Hash
    """The beginning of that of its file, or where it has none, of its bytes, C×H×W."""

    @property
    def of(self) -> tuple[Part | None, int | str | None]:
        """What tells it from all others of the file."""
        return (self.part, self.index) if self.path is None else (None, self.path)

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.part} picture {self.index}" if self.path is None else self.path


class Correction(
    PictureId, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What is to be done with a picture: one of the two."""

    label: str | int | None = None
    """The name of its right class."""
    exclude: bool = False
    """Whether it is left out."""


class Corrections(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """The content of a file."""

    format: Literal[1] = 1
    dataset: str
    """Its name, or the path of its folder or file."""
    pictures: tuple[Correction, ...] = ()

    def excluded(self) -> Counter[Part]:
        """Returns how many pictures are left out, by part."""
        return Counter(found.part for found in self.pictures if found.exclude)


def read_corrections(path: str) -> Corrections:
    """Reads a file of corrections; one that did not change is read once.

    Raises:
        DataError: if it cannot be read, or says something that cannot be done.
    """
    return _read(path, stamp(path))


@lru_cache(maxsize=4)
def _read(path: str, _stamp: Stamp) -> Corrections:
    return parse_corrections(corrections_bytes(path), printable(path))


def corrections_bytes(path: str) -> bytes:
    """Returns the bytes of a file of corrections. Raises DataError."""
    try:
        return read_bounded(path, safe_yaml.MAX_BYTES)
    except OSError as error:
        raise DataError(
            f"{printable(path)} cannot be read: {error.strerror}"
        ) from error


def parse_corrections(data: bytes, source: str) -> Corrections:
    """Reads corrections from bytes; ``source`` names them. Raises DataError."""
    try:
        value = safe_yaml.load(data, source).value
        found = msgspec.convert(value, Corrections)
    except (ConfigError, msgspec.ValidationError) as error:
        where = "" if isinstance(error, ConfigError) else f"{source}: "
        raise DataError(f"{where}{printable(error)}") from error
    seen = set[object]()
    for number, correction in enumerate(found.pictures, 1):
        problem = _problem(correction)
        if correction.of in seen:
            problem = "is in the file twice"
        if problem:
            raise DataError(
                f"{source}: correction {number}, {printable(correction.place)}, "
                f"{problem}"
            )
        seen.add(correction.of)
    return found


def write_corrections(path: Path, corrections: Corrections) -> None:
    """Replaces a file of corrections.

    Raises:
        DataError: if it cannot be written, or would be too large to be read again.
    """
    try:
        data = safe_yaml.dump(msgspec.to_builtins(corrections)).encode()
        if len(data) > safe_yaml.MAX_BYTES:
            raise DataError(
                f"{printable(path)} would be larger than {safe_yaml.MAX_BYTES:,} bytes"
            )
        replace_file(path, data, durable=True)
    except UnicodeEncodeError as error:
        raise DataError("the path of this picture is not UTF-8 text") from error
    except OSError as error:
        raise DataError(
            f"{printable(path)} cannot be written: {error.strerror}"
        ) from error


def fingerprint(data: bytes) -> str:
    """Returns what tells bytes from all others."""
    return hashlib.sha256(data).hexdigest()[:_HASH_LETTERS]


def file_hash(folder: str, path: str) -> str:
    """Returns the hash of a picture's file. Raises OSError."""
    with open(open_linked(os.path.join(folder, path)), "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:_HASH_LETTERS]


def check_corrections(
    corrections: Corrections, dataset: str, class_names: Sequence[str], source: str
) -> None:
    """Raises DataError where they are of another data set, or of another's classes."""
    if corrections.dataset != dataset:
        raise DataError(
            f"{source} is of the data set {printable(corrections.dataset)}, and the "
            f"images are {printable(dataset)}: choose another, or change its dataset"
        )
    for correction in corrections.pictures:
        if not correction.exclude and str(correction.label) not in class_names:
            raise DataError(
                f"{source}: {printable(correction.place)} has the label "
                f"{printable(correction.label)}, and the classes are "
                f"{printable(_few(class_names))}"
            )


def _few(names: Sequence[str]) -> str:
    return ", ".join([*names[:12], *(["…"] if len(names) > 12 else [])])


def _problem(correction: Correction) -> str | None:
    if (correction.index is None) == (correction.path is None):
        return "must have an index, or of a folder's picture a path"
    if (correction.label is None) != correction.exclude:
        return "must have a label, or exclude: true"
    return None
