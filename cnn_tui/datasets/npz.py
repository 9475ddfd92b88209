"""A file of arrays, as ``numpy.savez`` writes it, as a data set."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import psutil

from cnn_tui.datasets.form import Fractions, Part
from cnn_tui.errors import DataError
from cnn_tui.io.files import open_regular
from cnn_tui.text import count, mebibytes, printable, shape

_PREFIXES: dict[str, Part] = {
    "train_": "train",
    "validation_": "validation",
    "val_": "validation",
    "test_": "test",
}
_SHARE_OF_MEMORY = 0.5


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


def read_npz(path: str, fractions: Fractions) -> ArrayFile:
    """Reads ``images`` and ``labels``, or those of ``train_``, ``test_`` and so on.

    Without test images, they are chosen by ``fractions`` among those to train on.

    Raises:
        DataError: if it cannot be read, or its arrays are no images and labels.
    """
    file = read_parts(path)
    if "test" in file.parts:
        return file
    return replace(file, parts={**file.parts, **_split(file.parts["train"], fractions)})


def read_parts(path: str) -> ArrayFile:
    """Reads the parts that are there: ``train`` in any case.

    Raises:
        DataError: if it cannot be read, or its arrays are no images and labels.
    """
    try:
        arrays = _arrays(path)
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"{printable(path)} is no readable npz file: {printable(reason)}"
        ) from error
    except zlib.error as error:
        raise DataError(f"{printable(path)} is damaged: {error}") from error
    parts = {part: _labelled(path, prefix, arrays) for part, prefix in _found(arrays)}
    if "train" not in parts:
        raise DataError(
            f"{printable(path)} has no arrays named images and labels, or train_images "
            f"and train_labels; it has {printable(', '.join(sorted(arrays)) or 'none')}"
        )
    names = _class_names(path, arrays, parts)
    return ArrayFile(parts=parts, class_names=names)


def _arrays(path: str) -> "dict[str, np.ndarray]":
    with (
        open(open_regular(path), "rb") as file,
        np.load(file, allow_pickle=False) as content,
    ):
        if not hasattr(content, "files"):
            raise ValueError("it holds one array without a name: use numpy.savez")
        sizes = sum(member.file_size for member in content.zip.infolist())
        free_bytes = int(psutil.virtual_memory().available * _SHARE_OF_MEMORY)
        if sizes > free_bytes:
            raise ValueError(
                f"it needs {mebibytes(sizes)}, and {mebibytes(free_bytes)} may be used"
            )
        return {name: content[name] for name in content.files}


def _found(arrays: "dict[str, np.ndarray]") -> Iterator[tuple[Part, str]]:
    if "images" in arrays:
        yield "train", ""
    for prefix, part in _PREFIXES.items():
        if f"{prefix}images" in arrays:
            yield part, prefix


def _labelled(path: str, prefix: str, arrays: "dict[str, np.ndarray]") -> Labelled:
    images, labels = arrays[f"{prefix}images"], arrays.get(f"{prefix}labels")
    where = f"{printable(path)}: {prefix}images"
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or 0 in images.shape:
        raise DataError(
            f"{where} must be uint8 of N×height×width, with channels last or first, "
            f"not {images.dtype} of {shape(images.shape)}"
        )
    if labels is None or not _are_labels(labels, len(images)):
        what = "missing"
        if labels is not None:
            what = f"{labels.dtype} of {shape(labels.shape)}"
        raise DataError(
            f"{printable(path)}: {prefix}labels must be {count(len(images))} whole "
            f"numbers, one for each image, not {what}"
        )
    images = _channels_first(images, where)
    return Labelled(images=images, labels=labels.astype(np.int64))


def _are_labels(labels: "np.ndarray", number: int) -> bool:
    return labels.shape == (number,) and labels.dtype.kind in "iu"


def _channels_first(images: "np.ndarray", where: str) -> "np.ndarray":
    if images.ndim == 3:
        return images[:, None]
    if images.shape[3] in (1, 3):
        return np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    if images.shape[1] in (1, 3):
        return images
    raise DataError(f"{where} must have 1 or 3 channels, not {shape(images.shape)}")


def _class_names(
    path: str, arrays: "dict[str, np.ndarray]", parts: dict[Part, Labelled]
) -> tuple[str, ...]:
    """Returns the names, or numbers; refuses a label that has none."""
    names = tuple(map(str, arrays.get("class_names", np.empty(0)).ravel()))
    highest = max(int(part.labels.max()) for part in parts.values())
    names = names or tuple(str(number) for number in range(highest + 1))
    for name, part in parts.items():
        bad = np.flatnonzero((part.labels < 0) | (part.labels >= len(names)))
        if len(bad):
            raise DataError(
                f"{printable(path)}: the label of {name} image {count(int(bad[0]))} is "
                f"{part.labels[bad[0]]}, and must be 0 to {len(names) - 1}"
            )
    if len(names) < 2:
        raise DataError(f"{printable(path)} has one class only: it needs at least two")
    if len({part.images.shape[1:] for part in parts.values()}) > 1:
        raise DataError(f"{printable(path)}: its parts have images of different sizes")
    return names


def chosen_by_place(size: int, fractions: Fractions) -> "dict[Part, np.ndarray]":
    """Parts images by (seed, place) alone: more at the end move no other one.

    Returns which of the ``size`` images each part has, bool.
    """
    places = np.random.default_rng(fractions.seed).random(size)
    is_test = places < fractions.test
    is_held_out = ~is_test & (places < fractions.test + fractions.validation)
    chosen: dict[Part, np.ndarray] = {"train": ~is_test & ~is_held_out, "test": is_test}
    if is_held_out.any():
        chosen["validation"] = is_held_out
    return chosen


def _split(train: Labelled, fractions: Fractions) -> dict[Part, Labelled]:
    return {
        part: Labelled(images=train.images[which], labels=train.labels[which])
        for part, which in chosen_by_place(len(train.labels), fractions).items()
    }
