"""A file of arrays, as ``numpy.savez`` writes it, as a data set."""

import hashlib
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy

from cnn_tui.datasets.form import Fractions, Part
from cnn_tui.errors import DataError
from cnn_tui.host.memory import bytes_for_images
from cnn_tui.io.files import open_linked
from cnn_tui.text import count, mebibytes, printable, shape

MAX_CLASSES = 2**16
"""Of labels without names."""
_PREFIXES: dict[str, Part] = {
    "train_": "train",
    "validation_": "validation",
    "val_": "validation",
    "test_": "test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Images, uint8 N×C×H×W, and their classes, int64 N."""

    images: "np.ndarray"
    labels: "np.ndarray"


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayFile:
    """The parts of a file, and the names of its classes."""

    parts: Mapping[Part, Labelled]
    class_names: tuple[str, ...]
    fingerprint: str
    """What tells its content from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayFacts:
    """What is known of a file without its images."""

    image_shape: tuple[int, int, int]
    """Channels, height, width."""
    class_names: tuple[str, ...]
    labels: Mapping[Part, "np.ndarray"]
    sources: "Mapping[Part, _Source]"


class _Source(NamedTuple):
    """Where the images of a part are."""

    array: str
    rows: "np.ndarray | None"
    """Which of them, as bools; None is all."""


class _Header(NamedTuple):
    """What an array is, before it is read."""

    shape: tuple[int, ...]
    dtype: "np.dtype[np.generic]"


def describe_npz(path: str, fractions: Fractions) -> ArrayFacts:
    """Reads all but the images: of these, only what they are.

    Raises:
        DataError: as ``read_npz`` does.
    """
    with _opened(path) as content:
        return _describe(path, content, fractions)


def read_npz(path: str, fractions: Fractions) -> ArrayFile:
    """Reads ``images`` and ``labels``, or those of ``train_``, ``test_`` and so on.

    Without test images, they are chosen by ``fractions`` among those to train on.

    Raises:
        DataError: if it cannot be read, or its arrays are no images and labels.
    """
    with _opened(path) as content:
        facts = _describe(path, content, fractions)
        names = {source.array for source in facts.sources.values()}
        arrays = {name: _read(content, name) for name in names}
        marks = _fingerprint(content)
    parts = {}
    for part, (name, rows) in facts.sources.items():
        images = arrays[name] if rows is None else arrays[name][rows]
        parts[part] = Labelled(
            images=_channels_first(images), labels=facts.labels[part]
        )
    return ArrayFile(parts=parts, class_names=facts.class_names, fingerprint=marks)


@contextmanager
def _opened(path: str) -> Iterator[ZipFile]:
    """Opens a file that there is room for; what is wrong with it is a DataError."""
    try:
        with open(open_linked(path), "rb") as file, ZipFile(file) as content:
            _check_memory(content)
            yield content
    except (OSError, ValueError, EOFError, RuntimeError, BadZipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{printable(path)} is no readable npz file: {printable(reason)}"
        ) from error
    except zlib.error as error:
        raise DataError(f"{printable(path)} is damaged: {error}") from error


def _check_memory(content: ZipFile) -> None:
    needed_bytes = sum(member.file_size for member in content.infolist())
    free_bytes = bytes_for_images()
    if needed_bytes > free_bytes:
        raise ValueError(
            f"it needs {mebibytes(needed_bytes)}, and {mebibytes(free_bytes)} may be "
            "used"
        )


def _names(content: ZipFile) -> list[str]:
    names = content.namelist()
    return [name.removesuffix(".npy") for name in names if name.endswith(".npy")]


def _fingerprint(content: ZipFile) -> str:
    """Returns what tells the arrays from others; the archive has a CRC of each."""
    marks = [(m.filename, m.file_size, m.CRC) for m in content.infolist()]
    return hashlib.sha256(repr(marks).encode()).hexdigest()[:16]


def _header(content: ZipFile, name: str) -> _Header:
    member = content.getinfo(f"{name}.npy")
    with content.open(member) as file:
        is_first = npy.read_magic(file) == (1, 0)
        read = npy.read_array_header_1_0 if is_first else npy.read_array_header_2_0
        sizes, _, dtype = read(file)
    needed_bytes = math.prod(sizes) * dtype.itemsize
    if needed_bytes > member.file_size:
        raise ValueError(f"{name} is cut short")
    return _Header(sizes, dtype)


def _read(content: ZipFile, name: str) -> "np.ndarray":
    _header(content, name)
    with content.open(f"{name}.npy") as file:
        return npy.read_array(file, allow_pickle=False)


def _describe(path: str, content: ZipFile, fractions: Fractions) -> ArrayFacts:
    prefixes = dict(_prefixes(_names(content)))
    if "train" not in prefixes:
        raise DataError(
            f"{printable(path)} has no arrays named images and labels, or train_images "
            "and train_labels; it has "
            f"{printable(', '.join(sorted(_names(content))) or 'none')}"
        )
    shapes = {_image_shape(path, content, prefix) for prefix in prefixes.values()}
    if len(shapes) > 1:
        raise DataError(f"{printable(path)}: its parts have images of different sizes")
    labels = {part: _labels(path, content, p) for part, p in prefixes.items()}
    names = _class_names(path, content, labels)
    sources = {part: _Source(f"{p}images", None) for part, p in prefixes.items()}
    if "test" not in labels:
        array, whole = sources.pop("train").array, labels.pop("train")
        chosen = _split(len(whole), fractions)
        sources |= {part: _Source(array, rows) for part, rows in chosen.items()}
        labels |= {part: whole[rows] for part, rows in chosen.items()}
    return ArrayFacts(
        image_shape=shapes.pop(), class_names=names, labels=labels, sources=sources
    )


def _prefixes(names: Sequence[str]) -> Iterator[tuple[Part, str]]:
    if "images" in names:
        yield "train", ""
    for prefix, part in _PREFIXES.items():
        if f"{prefix}images" in names:
            yield part, prefix


def _image_shape(path: str, content: ZipFile, prefix: str) -> tuple[int, int, int]:
    """Returns channels, height and width; refuses what are no images."""
    sizes, dtype = _header(content, f"{prefix}images")
    where = f"{printable(path)}: {prefix}images"
    if dtype.hasobject:
        raise ValueError("Object arrays cannot be loaded")
    if dtype != np.uint8 or len(sizes) not in (3, 4) or 0 in sizes:
        raise DataError(
            f"{where} must be uint8 of N×height×width, with channels last or first, "
            f"not {dtype} of {shape(sizes)}"
        )
    if len(sizes) == 3:
        return 1, sizes[1], sizes[2]
    if sizes[3] in (1, 3):
        return sizes[3], sizes[1], sizes[2]
    if sizes[1] in (1, 3):
        return sizes[1], sizes[2], sizes[3]
    raise DataError(f"{where} must have 1 or 3 channels, not {shape(sizes)}")


def _labels(path: str, content: ZipFile, prefix: str) -> "np.ndarray":
    number = _header(content, f"{prefix}images").shape[0]
    what = "missing"
    if f"{prefix}labels" in _names(content):
        sizes, dtype = _header(content, f"{prefix}labels")
        if sizes == (number,) and dtype.kind in "iu":
            return _read(content, f"{prefix}labels").astype(np.int64)
        what = f"{dtype} of {shape(sizes)}"
    raise DataError(
        f"{printable(path)}: {prefix}labels must be {count(number)} whole "
        f"numbers, one for each image, not {what}"
    )


def _channels_first(images: "np.ndarray") -> "np.ndarray":
    if images.ndim == 3:
        return images[:, None]
    return images.transpose(0, 3, 1, 2) if images.shape[3] in (1, 3) else images


def _class_names(
    path: str, content: ZipFile, labels: Mapping[Part, "np.ndarray"]
) -> tuple[str, ...]:
    """Returns the names, or numbers; refuses a label that has none."""
    names: tuple[str, ...] = ()
    if "class_names" in _names(content):
        names = tuple(map(_text, _read(content, "class_names").ravel()))
    highest = max(int(some.max()) for some in labels.values())
    names = names or tuple(map(str, range(min(highest + 1, MAX_CLASSES))))
    for part, some in labels.items():
        bad = np.flatnonzero((some < 0) | (some >= len(names)))
        if len(bad):
            raise DataError(
                f"{printable(path)}: the label of {part} image {count(int(bad[0]))} is "
                f"{some[bad[0]]}, and must be 0 to {len(names) - 1}"
            )
    if len(names) < 2:
        raise DataError(f"{printable(path)} has one class only: it needs at least two")
    return names


def _text(name: object) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def _split(number: int, fractions: Fractions) -> "dict[Part, np.ndarray]":
    """Parts images by (seed, place) alone: more at the end move no other one."""
    places = np.random.default_rng(fractions.seed).random(number)
    is_test = places < fractions.test
    is_held_out = ~is_test & (places < fractions.test + fractions.validation)
    chosen: dict[Part, np.ndarray] = {
        "train": ~is_test & ~is_held_out,
        "validation": is_held_out,
        "test": is_test,
    }
    return {part: rows for part, rows in chosen.items() if rows.any()}
