"""The pictures of a folder: which there are, of which class, and in which part."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from cnn_tui.datasets.form import PARTS, Fractions, Part
from cnn_tui.datasets.telling import Tell, nobody
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
_TELL_EVERY = 500


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


class File(NamedTuple):
    """A file in the folder of a class."""

    path: str
    """Below the folder of the data set."""
    class_name: str
    part: Part | None
    """None where the fractions decide."""


def list_pictures(folder: str, fractions: Fractions, tell: Tell = nobody) -> Listing:
    """Lists a folder whose subfolders are classes, or train, val and test with classes.

    A picture's part follows from (seed, path) alone where the folders do not say it, so
    that pictures which are added move no other one.

    Raises:
        DataError: if it cannot be read, or has fewer than two classes with files in it.
    """
    files = sorted(list_files(folder, tell))
    names = class_names(files)
    numbers = {name: number for number, name in enumerate(names)}
    pictures = [
        Picture(
            path=path,
            label=numbers[name],
            part=part or part_of(path, fractions),
            stamp=stamp(f"{folder}/{path}", linked=True),
        )
        for path, name, part in files
    ]
    pictures.sort(key=lambda picture: PARTS.index(picture.part))
    return Listing(
        folder=folder,
        class_names=tuple(map(as_text, names)),
        pictures=tuple(pictures),
    )


def list_files(folder: str, tell: Tell = nobody) -> list[File]:
    """Lists such a folder without a look at its files, which takes most of the time.

    ``tell`` hears how many were found so far, and may raise to end it.

    Raises:
        DataError: as ``list_pictures`` does.
    """
    try:
        files = list(_counted(folder, tell))
    except OSError as error:
        raise DataError(
            f"{printable(folder)} cannot be read: {error.strerror or error}; "
            "dataset.folder must be a folder with one folder of pictures per class"
        ) from error
    names = class_names(files)
    if len(names) < 2:
        only = "".join(f"only the class {printable(name)}" for name in names)
        what = only or "no pictures in folders"
        raise DataError(
            f"{printable(folder)} has {what}: it must have a folder of pictures for "
            "each of at least two classes"
        )
    return files


def class_names(files: Iterable[File]) -> list[str]:
    """Returns the names of the classes in the order of their labels."""
    return sorted({file.class_name for file in files})


def as_text(name: str) -> str:
    """Returns a class's name as text that can be written and shown anywhere."""
    return os.fsencode(name).decode(errors="backslashreplace")


def part_of(path: str, fractions: Fractions) -> Part:
    """Returns the part of a picture, a function of the seed and its path alone."""
    where = place(path, fractions.seed)
    if where < fractions.test:
        return "test"
    is_held_out = where < fractions.test + fractions.validation
    return "validation" if is_held_out else "train"


def place(path: str, seed: int) -> float:
    """Returns where between 0 and 1 a picture lies: tests are those below a number."""
    digest = hashlib.sha256(f"{seed}/".encode() + os.fsencode(path)).digest()
    return int.from_bytes(digest[:8]) / 2**64


def _counted(folder: str, tell: Tell) -> Iterator[File]:
    """Yields all files and tells how many; refuses more than there may be."""
    for number, file in enumerate(_all_files(folder), 1):
        if number > MAX_PICTURES:
            raise DataError(
                f"{printable(folder)} has more than {count(MAX_PICTURES)} files"
            )
        if number % _TELL_EVERY == 0:
            tell(f"listing pictures: {count(number)}")
        yield file
    tell("")


def _all_files(folder: str) -> Iterator[File]:
    """Yields the files of train, val and test folders, or of folders of classes.

    Without a folder of tests, they are chosen among those to train on.
    """
    parts = {
        name: _FOLDERS[name.lower()]
        for name in _folders(folder)
        if name.lower() in _FOLDERS
    }
    if "train" not in parts.values():
        yield from _files_by_class(folder, "", None)
        return
    has_tests = "test" in parts.values()
    for top, part in parts.items():
        is_said = has_tests or part != "train"
        yield from _files_by_class(folder, top, part if is_said else None)


def _files_by_class(folder: str, below: str, part: Part | None) -> Iterator[File]:
    for name in _folders(os.path.join(folder, below)):
        for path in _files(folder, os.path.join(below, name)):
            yield File(path, name, part)


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
