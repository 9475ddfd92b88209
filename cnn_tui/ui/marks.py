"""The corrections that people make on the screen: a file per data set, by the runs."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from cnn_tui.config.dataset import DatasetConfig
from cnn_tui.datasets.corrections import (
    Correction,
    Corrections,
    PictureId,
    read_corrections,
    write_corrections,
)
from cnn_tui.errors import DataError
from cnn_tui.runs.layout import slug
from cnn_tui.text import count, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """A file of corrections, as it was when it was read."""

    path: Path
    corrections: Corrections

    def of(self, picture: PictureId) -> Correction | None:
        """Returns what was said of a picture."""
        for found in self.corrections.pictures:
            if (found.of, found.sha256) == (picture.of, picture.sha256):
                return found
        return None

    def without(self, picture: PictureId) -> "Marks":
        """Returns marks that say nothing of a picture."""
        rest = tuple(p for p in self.corrections.pictures if p.of != picture.of)
        return self._with(rest)

    def and_also(self, picture: PictureId, label: str | None) -> "Marks":
        """Returns marks that give a picture a class; without one it is left out."""
        facts: dict[str, Any] = msgspec.structs.asdict(picture)
        mark = Correction(**facts, label=label, exclude=label is None)
        return self._with((*self.without(picture).corrections.pictures, mark))

    def write(self) -> None:
        """Writes the file. Raises DataError."""
        write_corrections(self.path, self.corrections)

    def _with(self, pictures: tuple[Correction, ...]) -> "Marks":
        changed = msgspec.structs.replace(self.corrections, pictures=pictures)
        return replace(self, corrections=changed)


def read_marks(run: Path, dataset: DatasetConfig) -> Marks:
    """Reads the file of a run's data set; there may be none yet.

    Raises:
        DataError: if it cannot be read, or is of another data set.
    """
    path = run.parent / f"{slug(dataset.title)}.corrections.yaml"
    if not os.path.lexists(path):
        return Marks(path=path, corrections=Corrections(dataset=dataset.identity))
    found = read_corrections(str(path))
    if found.dataset != dataset.identity:
        raise DataError(
            f"{printable(path)} is of the data set {printable(found.dataset)}, and the "
            f"pictures are {printable(dataset.identity)}: move it away"
        )
    return Marks(path=path, corrections=found)


class MarkBook:
    """What the screens of a run share: its marks, as they were read last."""

    def __init__(
        self, run: Path, dataset: DatasetConfig, class_names: Sequence[str]
    ) -> None:
        """Reads nothing yet."""
        self.class_names = class_names
        self.marks: Marks | None = None
        self._run, self._dataset = run, dataset

    def read(self) -> Marks:
        """Reads the file again. Raises DataError."""
        self.marks = read_marks(self._run, self._dataset)
        return self.marks

    def word(self, picture: PictureId) -> str:
        """Returns what is said of a picture: "! is 9"; nothing where nothing is."""
        mark = self.marks.of(picture) if self.marks else None
        return f"! {in_words(mark)}" if mark else ""


def in_words(mark: Correction) -> str:
    """Returns what a correction does: "is 9", "left out"."""
    return "left out" if mark.exclude else f"is {printable(mark.label)}"


def in_lines(marks: Marks) -> list[str]:
    """Returns a title and a line for each mark, the newest first."""
    pictures = marks.corrections.pictures
    if not pictures:
        return ["no corrections: ! on a picture makes one"]
    title = f"corrections · {count(len(pictures))} · {printable(marks.path)}"
    return [title, *(f"  {printable(p.place)} {in_words(p)}" for p in pictures[::-1])]
