"""One's own images, from a folder of pictures or a file of arrays, as tensors."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from cnn_tui.config.dataset import DatasetConfig, FoundImages
from cnn_tui.datasets.form import PARTS, Part
from cnn_tui.datasets.listing import list_pictures
from cnn_tui.datasets.npz import ArrayFile, Labelled, read_npz
from cnn_tui.datasets.oddities import rare_classes
from cnn_tui.datasets.picture_cache import Decoded
from cnn_tui.datasets.pictures import decode_all, fingerprint
from cnn_tui.datasets.telling import Tell
from cnn_tui.engine.images import Images
from cnn_tui.errors import DataError
from cnn_tui.io.files import stamp
from cnn_tui.text import count, printable

_NOTICES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnImages:
    """The parts of a set on the CPU, and what they are."""

    train: Images
    validation: Images | None
    test: Images
    found: FoundImages
    left_out: tuple[tuple[str, str], ...] = ()
    """Path and reason of each file that is no usable picture."""
    oddities: tuple[str, ...] = ()
    """Sentences."""
    paths: Mapping[Part, tuple[str, ...]] = field(default_factory=dict)
    """Of a folder's pictures, in their order."""

    def notices(self) -> tuple[str, ...]:
        """Returns what a person should know before training, the first of each kind."""
        left_out = [
            f"left out: {printable(p)} {printable(r)}" for p, r in self.left_out
        ]
        return (*_first(left_out), *_first(list(self.oddities)))


def load_own(dataset: DatasetConfig, tell: Tell) -> OwnImages:
    """Loads a folder of pictures, or a file of arrays.

    Raises:
        DataError: if it cannot be used, or is not what it was when the run began.
    """
    left_out: tuple[tuple[str, str], ...] = ()
    odd: tuple[str, ...] = ()
    paths: Mapping[Part, tuple[str, ...]] = {}
    if dataset.folder is not None:
        listing = list_pictures(dataset.folder, dataset.fractions, tell)
        decoded = decode_all(listing, dataset.form, tell)
        file = ArrayFile(
            parts=_parts(decoded),
            class_names=listing.class_names,
            fingerprint=fingerprint(decoded.pictures),
        )
        left_out = decoded.bad
        paths = {
            part: tuple(p.path for p in decoded.pictures if p.part == part)
            for part in PARTS
        }
        rare = rare_classes(decoded.pictures, listing.class_names)
        odd = (*rare, *decoded.leaks)
    else:
        path = str(dataset.npz)
        file = read_npz(path, dataset.fractions)
        if dataset.found is not None and dataset.found.is_known_by_size:
            file = replace(file, fingerprint=str(stamp(path, linked=True)[1:2]))
    own = _to_own(file, dataset.title)
    if dataset.found not in (None, own.found):
        raise DataError(
            f"{printable(dataset.folder or dataset.npz)} is not what it was when the "
            "run began: put its files back as they were, or start a new run"
        )
    return replace(own, left_out=left_out, oddities=odd, paths=paths)


def _first(sentences: Sequence[str]) -> list[str]:
    more = len(sentences) - _NOTICES
    return [
        *sentences[:_NOTICES],
        *([f"{count(more)} more; see cnn-tui data"] if more > 0 else []),
    ]


def _parts(decoded: Decoded) -> Mapping[Part, Labelled]:
    """Cuts the pictures, which come part by part, without a copy of them."""
    labels = np.array([picture.label for picture in decoded.pictures], np.int64)
    counts = Counter(picture.part for picture in decoded.pictures)
    parts, first = {}, 0
    for part in PARTS:
        if number := counts[part]:
            rows = slice(first, first + number)
            parts[part] = Labelled(images=decoded.images[rows], labels=labels[rows])
            first += number
    return parts


def _to_own(file: ArrayFile, title: str) -> OwnImages:
    for part in ("train", "test"):
        if part not in file.parts:
            raise DataError(f"{printable(title)} has no images to {part} with")
    images = {
        part: Images(
            images=torch.from_numpy(np.ascontiguousarray(found.images)),
            labels=torch.from_numpy(found.labels),
        )
        for part, found in file.parts.items()
    }
    validation = images.get("validation")
    channels, height, width = images["train"].images.shape[1:]
    return OwnImages(
        train=images["train"],
        validation=validation,
        test=images["test"],
        found=FoundImages(
            input_shape=(channels, height, width),
            class_names=file.class_names,
            train_images=len(images["train"]),
            validation_images=len(validation) if validation else 0,
            test_images=len(images["test"]),
            fingerprint=file.fingerprint,
        ),
    )
