"""Corrections laid over the images of a data set, each only over its own picture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import torch
from torch import Tensor

from cnn_tui.config.dataset import AppliedCorrections, DatasetConfig
from cnn_tui.datasets.corrections import (
    Correction,
    Corrections,
    PictureId,
    check_corrections,
    corrections_bytes,
    file_hash,
    fingerprint,
    parse_corrections,
)
from cnn_tui.datasets.form import PARTS, Part
from cnn_tui.engine.images import Images
from cnn_tui.errors import DataError
from cnn_tui.text import count, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where the pictures of a data set come from, if each has a file."""

    folder: str | None = None
    paths: Mapping[Part, tuple[str, ...]] = field(default_factory=dict)
    """Below it, in the order of the pictures."""

    def id_of(self, part: Part, row: int, image: Tensor) -> PictureId:
        """Returns what tells a picture, uint8 C×H×W, from all others of the set.

        Raises:
            DataError: if its file is gone.
        """
        if self.folder is None:
            content = image.cpu().contiguous().numpy().tobytes()
            return PictureId(part=part, index=row, sha256=fingerprint(content))
        path = self.paths[part][row]
        try:
            return PictureId(part=part, path=path, sha256=file_hash(self.folder, path))
        except OSError as error:
            raise DataError(
                f"{printable(path)} cannot be read: {error.strerror}"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeSet:
    """All images of a data set, in its own order."""

    parts: Mapping[Part, Images]
    class_names: tuple[str, ...]
    files: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A data set with its corrections."""

    parts: Mapping[Part, Images]
    """With the right classes; those to leave out are still there."""
    kept: Mapping[Part, Tensor]
    """bool N: which are not left out."""
    applied: AppliedCorrections | None = None
    content: bytes | None = None
    """The file, for the run to keep."""
    notices: tuple[str, ...] = ()


def corrected(dataset: DatasetConfig, whole: WholeSet) -> Corrected:
    """Lays the corrections of a config, if it has some, over the images.

    Raises:
        DataError: if one cannot be: its picture is not there, or is another one.
    """
    kept = {p: torch.ones(len(i), dtype=torch.bool) for p, i in whole.parts.items()}
    if dataset.corrections is None:
        return Corrected(parts=whole.parts, kept=kept)
    found, content = _read(dataset, dataset.corrections, whole)
    source = printable(dataset.corrections)
    parts = {p: replace(i, labels=i.labels.clone()) for p, i in whole.parts.items()}
    relabelled = dict.fromkeys(PARTS, 0)
    for correction, part, row in _places(dataset, found, whole, source):
        if correction.exclude:
            kept[part][row] = False
        else:
            label = whole.class_names.index(str(correction.label))
            parts[part].labels[row] = label
            relabelled[part] += 1
    if not all(some.any() for some in kept.values()):
        raise DataError(f"{source} leaves out all images of a part")
    excluded = {part: int((~kept[part]).sum()) if part in kept else 0 for part in PARTS}
    return Corrected(
        parts=parts,
        kept=kept,
        applied=AppliedCorrections(
            fingerprint=fingerprint(content),
            relabelled=sum(relabelled.values()),
            excluded_train=excluded["train"],
            excluded_validation=excluded["validation"],
            excluded_test=excluded["test"],
        ),
        content=content,
        notices=_notices(source, relabelled, excluded),
    )


def _read(
    dataset: DatasetConfig, path: str, whole: WholeSet
) -> tuple[Corrections, bytes]:
    """Reads a file, which has to be as it was if the run has begun, and fit the set."""
    source, content = printable(path), corrections_bytes(path)
    before = dataset.corrected
    if before is not None and before.fingerprint != fingerprint(content):
        raise DataError(
            f"{source} is not what it was when the run began: put it back as it was, "
            "or start a new run"
        )
    found = parse_corrections(content, source)
    check_corrections(found, dataset.identity, whole.class_names, source)
    return found, content


def _places(
    dataset: DatasetConfig, found: Corrections, whole: WholeSet, source: str
) -> Iterator[tuple[Correction, Part, int]]:
    """Yields each correction with part and row of its picture.

    Raises:
        DataError: if that is not there, or is another one.
    """
    files = {
        path: (part, row)
        for part, paths in whole.files.paths.items()
        for row, path in enumerate(paths)
    }
    moved = cache(lambda: _by_hash(whole) if dataset.npz is not None else {})
    for correction in found.pictures:
        where = f"{source}: {printable(correction.place)}"
        if whole.files.folder is not None:
            part, row = files.get(correction.path or "", (correction.part, -1))
        else:
            index = correction.index
            part, row = correction.part, -1 if index is None else index
            if not _is_at(whole, correction, part, row):  # another split moves it
                part, row = moved().get(correction.sha256) or (part, row)
        if part not in whole.parts or not 0 <= row < len(whole.parts[part]):
            raise DataError(f"{where} is not in the data set: take it out of the file")
        if not _is_at(whole, correction, part, row):
            raise DataError(
                f"{where} is not the picture that was corrected: take it out of the "
                "file"
            )
        yield correction, part, row


def _is_at(whole: WholeSet, picture: PictureId, part: Part, row: int) -> bool:
    """Whether it is the picture at a place that may not be there."""
    if part not in whole.parts or not 0 <= row < len(whole.parts[part]):
        return False
    image = whole.parts[part].images[row]
    return whole.files.id_of(part, row, image).sha256 == picture.sha256


def _by_hash(whole: WholeSet) -> dict[str, tuple[Part, int] | None]:
    """Returns where each picture is; None where two are the same."""
    found: dict[str, tuple[Part, int] | None] = {}
    for part, images in whole.parts.items():
        for row, image in enumerate(images.images):
            key = whole.files.id_of(part, row, image).sha256
            found[key] = None if key in found else (part, row)
    return found


def _notices(
    source: str, relabelled: Mapping[Part, int], excluded: Mapping[Part, int]
) -> tuple[str, ...]:
    """Returns a sentence for each part that is not as the data set has it."""
    return tuple(
        f"{source}: of the {part} images, {count(relabelled[part])} have another class "
        f"and {count(excluded[part])} are left out"
        + (": its accuracy is not that of the whole set" if part == "test" else "")
        for part in PARTS
        if relabelled[part] or excluded[part]
    )
