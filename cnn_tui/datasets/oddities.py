"""What is odd about a set of pictures, though it can be trained on."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from cnn_tui.datasets.form import PARTS
from cnn_tui.datasets.listing import Picture
from cnn_tui.text import count, printable

_FEW = 10
_NAMED = 3


def rare_classes(
    pictures: Sequence[Picture], class_names: Sequence[str]
) -> Iterator[str]:
    """Yields a sentence for each class with few pictures in a part."""
    counts = Counter((picture.part, picture.label) for picture in pictures)
    used = {picture.part for picture in pictures}
    for label, name in enumerate(class_names):
        for part in PARTS:
            number = counts[part, label]
            if part not in used:
                continue
            if number == 0:
                yield f"{printable(name)} has no picture in {part}"
            elif part == "train" and number < _FEW:
                plural = "" if number == 1 else "s"
                yield f"{printable(name)} has only {number} picture{plural} in train"


def leaked_pictures(images: "np.ndarray", pictures: Sequence[Picture]) -> Iterator[str]:
    """Names pictures that are trained on and tested with: the test says too much.

    It looks at every byte of ``images``, uint8 N×C×H×W.
    """
    digests = [hashlib.sha256(image).digest() for image in images]
    pairs = list(zip(digests, pictures, strict=True))
    trained = {digest: p for digest, p in reversed(pairs) if p.part == "train"}
    found = [
        (trained[digest], p)
        for digest, p in pairs
        if p.part != "train" and digest in trained
    ]
    for first, second in found[:_NAMED]:
        yield (
            f"{printable(second.path)} in {second.part} is the same picture as "
            f"{printable(first.path)} in train"
        )
    if len(found) > _NAMED:
        yield f"{count(len(found) - _NAMED)} more pictures are in train and elsewhere"
