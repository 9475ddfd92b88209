"""The pictures of a folder: which there are, of which class, and in which part."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cnn_tui.datasets.form import PARTS, Fractions, Part
from cnn_tui.errors import DataError
from cnn_tui.io.files import Stamp, stamp
from cnn_tui.text import count, printable

_FOLDERS: dict[str, Part] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
MAX_PICTURES = 5_000_000


class Picture(NamedTuple):
    """A file that may be a picture."""

    path: str
    """Below the folder of the data set."""
    label: int
    part: Part
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All files of a folder of classes, part by part, in the order of their paths."""

    folder: str
    class_names: tuple[str, ...]
    pictures: tuple[Picture, ...]


def list_pictures(folder: str, fractions: Fractions) -> Listing:
    """Lists a folder whose subfolders are classes, or train, val and test with classes.

    A picture's part follows from (seed, path) alone where the folders do not say it, so
    that pictures which are added move no other one.

    Raises:
        DataError: if it cannot be read, or has fewer than two classes with files in it.
    """
    names, found = _found(folder, fractions)
    numbers = {name: number for number, name in enumerate(names)}
    found.sort()
    found.sort(key=lambda item: PARTS.index(item[2]))
    pictures = tuple(
        Picture(path, numbers[name], part, stamp(f"{folder}/{path}"))
        for path, name, part in found
    )
    return Listing(
        folder=folder, class_names=tuple(map(_name, names)), pictures=pictures
    )


def count_pictures(
    folder: str, fractions: Fractions
) -> tuple[tuple[str, ...], Counter[Part]]:
    """Returns the classes of a folder, and how many files each part has.

    It looks at no file, which takes most of the time of a listing.

    Raises:
        DataError: as ``list_pictures`` does.
    """
    names, found = _found(folder, fractions)
    return tuple(map(_name, names)), Counter(part for _, _, part in found)


def _found(folder: str, fractions: Fractions) -> "tuple[list[str], list[_Found]]":
    """Returns the names of the classes, in order, and the files."""
    try:
        found = _parted(folder, fractions) or _classes(folder, fractions)
    except OSError as error:
        raise DataError(
            f"{printable(folder)} cannot be read: {error.strerror or error}; "
            "dataset.folder must be a folder with one folder of pictures per class"
        ) from error
    if len(found) > MAX_PICTURES:
        raise DataError(
            f"{printable(folder)} has more than {count(MAX_PICTURES)} files"
        )
    names = sorted({name for _, name, _ in found})
    if len(names) < 2:
        what = f"only the class {printable(names[0])}" if names else "no pictures"
        raise DataError(
            f"{printable(folder)} has {what}: it must have a folder of pictures for "
            "each of at least two classes"
        )
    return names, found


def part_of(path: str, fractions: Fractions) -> Part:
    """Returns the part of a picture, a function of the seed and its path alone."""
    digest = hashlib.sha256(f"{fractions.seed}/".encode() + os.fsencode(path)).digest()
    place = int.from_bytes(digest[:8]) / 2**64
    if place < fractions.test:
        return "test"
    is_held_out = place < fractions.test + fractions.validation
    return "validation" if is_held_out else "train"


_Found = tuple[str, str, Part]
"""Path, class and part."""


def _parted(folder: str, fractions: Fractions) -> list[_Found]:
    """Returns the files of train, val and test folders; none if there are none such.

    Without a folder of tests, they are chosen among those to train on.
    """
    parts = {
        name: _FOLDERS[name.lower()]
        for name in _folders(folder)
        if name.lower() in _FOLDERS
    }
    if "train" not in parts.values():
        return []
    has_tests = "test" in parts.values()
    return [
        (path, name, part if has_tests or part != "train" else part_of(path, fractions))
        for top, part in parts.items()
        for path, name in _files_by_class(folder, top)
    ]


def _classes(folder: str, fractions: Fractions) -> list[_Found]:
    return [
        (path, name, part_of(path, fractions))
        for path, name in _files_by_class(folder, "")
    ]


def _files_by_class(folder: str, below: str) -> Iterator[tuple[str, str]]:
    for name in _folders(os.path.join(folder, below)):
        for path in _files(folder, os.path.join(below, name)):
            yield path, name


def _folders(folder: str) -> Sequence[str]:
    with os.scandir(folder) as entries:
        return [e.name for e in entries if e.is_dir() and not e.name.startswith(".")]


def _files(folder: str, below: str) -> Iterator[str]:
    """Yields the files of a class, also in folders below it; follows no link there."""
    with os.scandir(os.path.join(folder, below)) as entries:
        for entry in entries:
            path = f"{below}/{entry.name}"
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(folder, path)
            else:
                yield path


def _name(name: str) -> str:
    """Returns a class's name as text that can be written and shown anywhere."""
    return os.fsencode(name).decode(errors="backslashreplace")
