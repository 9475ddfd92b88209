"""The pictures of a folder, decoded: in parallel, and only what has changed since."""

import hashlib
import json
import logging
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from platformdirs import user_cache_path
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from cnn_tui.datasets.decode import NotAPictureError, decode
from cnn_tui.datasets.form import CHANNELS, Form
from cnn_tui.datasets.listing import Listing, Picture
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.errors import DataError
from cnn_tui.io.files import Stamp, replace_file
from cnn_tui.text import count, mebibytes, printable

logger = logging.getLogger(__name__)

_AT_ONCE = 64
_SHARE_OF_MEMORY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The pictures of a listing that could be decoded, in its order."""

    images: "np.ndarray"
    """uint8, N×C×H×W."""
    pictures: tuple[Picture, ...]
    bad: tuple[tuple[str, str], ...]
    """Path and reason of each file that is left out."""


def decode_all(listing: Listing, form: Form, tell: Tell = nobody) -> Decoded:
    """Decodes what is not in the cache, and writes the cache anew if that was some.

    Raises:
        DataError: if there is too little memory, or nothing can be decoded.
    """
    total = len(listing.pictures)
    _check_memory(listing, form)
    images = np.empty(
        (total, CHANNELS[form.mode], form.image_size, form.image_size), np.uint8
    )
    cache = _cache_path(listing, form)
    reasons = _take_cached(cache, listing.pictures, images)
    missing = [row for row in range(total) if row not in reasons]
    done = total - len(missing)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = iter(missing)
        while some := list(islice(rows, _AT_ONCE)):
            tell(f"decoding pictures: {count(done)} of {count(total)}")
            reasons |= pool.map(
                lambda row: (row, _decode_into(images, row, listing, form)), some
            )
            done += len(some)
    tell("")
    if missing:
        _write_cache(cache, listing.pictures, images, reasons)
    return _without_bad(listing, images, reasons)


def fingerprint(pictures: Iterable[Picture]) -> str:
    """Returns what tells these pictures, by path and size, from all others."""
    found = hashlib.sha256()
    for picture in pictures:
        size = picture.stamp[1] if picture.stamp else 0
        found.update(os.fsencode(picture.path) + f"\0{size}\0{picture.part}\n".encode())
    return found.hexdigest()[:16]


def _decode_into(
    images: "np.ndarray", row: int, listing: Listing, form: Form
) -> str | None:
    """Decodes a picture to its row; returns why it cannot be, if so."""
    try:
        path = os.path.join(listing.folder, listing.pictures[row].path)
        images[row] = decode(path, form)
    except NotAPictureError as error:
        return str(error)
    return None


def _without_bad(
    listing: Listing, images: "np.ndarray", reasons: dict[int, str | None]
) -> Decoded:
    pictures = listing.pictures
    bad = tuple(
        (picture.path, reason)
        for row, picture in enumerate(pictures)
        if (reason := reasons[row]) is not None
    )
    if len(bad) == len(pictures):
        path, reason = bad[0]
        raise DataError(
            f"{printable(listing.folder)} has no picture that can be decoded: "
            f"{printable(path)} {reason}"
        )
    if bad:
        good = [row for row in range(len(pictures)) if reasons[row] is None]
        images, pictures = images[good], tuple(pictures[row] for row in good)
    return Decoded(images=images, pictures=pictures, bad=bad)


def _check_memory(listing: Listing, form: Form) -> None:
    needed_bytes = len(listing.pictures) * CHANNELS[form.mode] * form.image_size**2
    free_bytes = int(psutil.virtual_memory().available * _SHARE_OF_MEMORY)
    if needed_bytes > free_bytes:
        fitting = int(form.image_size * (free_bytes / needed_bytes) ** 0.5)
        raise DataError(
            f"the {count(len(listing.pictures))} pictures of "
            f"{printable(listing.folder)} need {mebibytes(needed_bytes)} at image_size "
            f"{form.image_size}, and {mebibytes(free_bytes)} may be used: image_size "
            f"{fitting} would fit"
        )


# The cache


def _cache_path(listing: Listing, form: Form) -> Path:
    key = json.dumps([os.path.abspath(listing.folder), *astuple(form)])
    name = hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()[:16]
    return user_cache_path("cnn-tui") / f"pictures-{name}.safetensors"


def _take_cached(
    cache: Path, pictures: Sequence[Picture], images: "np.ndarray"
) -> dict[int, str | None]:
    """Fills rows from the cache; returns what is known of each: None, or why it is bad.

    Pictures that are new or were changed are not in it.
    """
    if not os.path.isfile(cache):  # a pipe would be waited for
        return {}
    try:
        with safe_open(cache, "numpy") as file:
            index = _index(file.metadata())
            cached = file.get_tensor("images")
    except (OSError, SafetensorError, ValueError, TypeError, LookupError):
        return {}
    if cached.shape[1:] != images.shape[1:] or cached.dtype != np.uint8:
        return {}
    known: dict[int, str | None] = {}
    targets, sources = [], []
    for row, picture in enumerate(pictures):
        found = index.get(picture.path)
        if found is None or found[0] != picture.stamp or found[1] >= len(cached):
            continue
        known[row] = found[2]
        if found[2] is None:
            targets.append(row)
            sources.append(found[1])
    if targets == sources == list(range(len(images))):
        images[:] = cached
    else:
        images[targets] = cached[sources]
    return known


_Entry = tuple[Stamp, int, str | None]
"""Stamp, row in the cache, and why it is bad, if it is."""


def _index(metadata: dict[str, str]) -> dict[str, _Entry]:
    """Raises ValueError, TypeError or LookupError for what is no index."""
    entries: dict[str, _Entry] = {}
    for path, stamp, row, reason in json.loads(metadata["index"]):
        if not isinstance(row, int) or row < 0 or not isinstance(reason, str | None):
            raise TypeError("not an index")
        entries[path] = (tuple(stamp), row, reason)
    return entries


def _write_cache(
    cache: Path,
    pictures: Sequence[Picture],
    images: "np.ndarray",
    reasons: dict[int, str | None],
) -> None:
    """Writes the cache whole or not at all; without a cache all still works."""
    index: list[Any] = [
        (picture.path, picture.stamp, row, reasons[row])
        for row, picture in enumerate(pictures)
    ]
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        data = save({"images": images}, {"index": json.dumps(index)})
        replace_file(cache, data, shared=True)
    except (OSError, SafetensorError) as error:
        logger.warning("the cache %s cannot be written: %s", cache, error)
