"""Decoded pictures of a folder, kept for the next start."""

import hashlib
import json
import logging
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from platformdirs import user_cache_path
from safetensors import SafetensorError, safe_open

from cnn_tui.datasets.form import Form
from cnn_tui.datasets.listing import Listing, Picture
from cnn_tui.io.files import replace_file, stamp

logger = logging.getLogger(__name__)

_NAME = "pictures-{}.safetensors"
_MOST = 8
"""Caches that are kept: each folder in each form that was looked at has one."""
_UNUSABLE = (
    OSError,
    SafetensorError,
    ValueError,
    TypeError,
    LookupError,
    RecursionError,
)
"""What reading a file raises that is no cache, or none of these pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """The pictures of a listing that could be decoded, in its order."""

    images: "np.ndarray"
    """uint8, N×C×H×W."""
    pictures: tuple[Picture, ...]
    bad: tuple[tuple[str, str], ...]
    """Path and reason of each file that is left out."""
    leaks: tuple[str, ...]
    """Sentences on pictures that are trained on and tested with."""


def path_of(listing: Listing, form: Form) -> Path:
    """Returns where the pictures of a folder, as this Pillow reads them, are kept."""
    folder = os.path.abspath(listing.folder)
    key = json.dumps([folder, version("pillow"), *astuple(form)])
    name = hashlib.sha256(key.encode(errors="surrogateescape")).hexdigest()[:16]
    return user_cache_path("cnn-tui") / _NAME.format(name)


def read_whole(cache: Path, listing: Listing, form: Form) -> Decoded | None:
    """Returns all that is known, if no picture has changed; nothing else is read."""
    if not os.path.isfile(cache):  # a pipe would be waited for
        return None
    try:
        with safe_open(cache, "numpy") as file:
            known = file.metadata()
            if known["mark"] != _mark(listing):
                return None
            bad = tuple((str(path), str(why)) for path, why in json.loads(known["bad"]))
            leaks = tuple(map(str, json.loads(known["leaks"])))
            images = file.get_tensor("images")
    except _UNUSABLE:
        return None
    with suppress(OSError):  # it can be somebody else's
        os.utime(cache)  # the last to be removed
    left_out = {path for path, _ in bad}
    pictures = tuple(p for p in listing.pictures if p.path not in left_out)
    if images.shape != (len(pictures), *form.shape) or images.dtype != np.uint8:
        return None
    return Decoded(images=images, pictures=pictures, bad=bad, leaks=leaks)


def take(
    cache: Path, pictures: Sequence[Picture], images: "np.ndarray"
) -> dict[int, str | None]:
    """Fills rows from the cache; returns what is known of each: None, or why it is bad.

    Pictures that are new or were changed are not in it.
    """
    if not os.path.isfile(cache):
        return {}
    try:
        with safe_open(cache, "numpy") as file:
            index = _index(file.get_tensor("index").tobytes())
            cached = file.get_slice("images")
            total, *shape = cached.get_shape()
            if (*shape,) != images.shape[1:] or cached.get_dtype() != "U8":
                return {}
            known: dict[int, str | None] = {}
            for row, picture in enumerate(pictures):
                place, why = index.get((picture.path, picture.stamp), (total, None))
                if why is not None:
                    known[row] = why
                elif place < total:  # one by one: twice all may be too much memory
                    images[row] = cached[place]
                    known[row] = None
            return known
    except _UNUSABLE:
        return {}


def write(cache: Path, listing: Listing, decoded: Decoded) -> None:
    """Writes the cache whole or not at all; without a cache all still works."""
    reasons = dict(decoded.bad)
    good = [(p.path, p.stamp, None) for p in decoded.pictures]
    bad = [
        (p.path, p.stamp, reasons[p.path])
        for p in listing.pictures
        if p.path in reasons
    ]
    metadata = {
        "mark": _mark(listing),
        "bad": json.dumps(decoded.bad),
        "leaks": json.dumps(decoded.leaks),
    }
    try:
        cache.parent.mkdir(parents=True, exist_ok=True)
        index = json.dumps([*good, *bad]).encode()
        replace_file(cache, *_pieces(decoded.images, index, metadata), shared=True)
        _remove_old(cache.parent)
    except OSError as error:
        logger.warning("the cache %s cannot be written: %s", cache, error)


def _remove_old(folder: Path) -> None:
    """Keeps the caches that were used last."""
    caches = sorted(folder.glob(_NAME.format("*")), key=lambda path: stamp(path)[2:])
    for cache in caches[:-_MOST]:
        cache.unlink(missing_ok=True)


def _pieces(
    images: "np.ndarray", index: bytes, metadata: dict[str, str]
) -> Iterator[bytes | memoryview]:
    """Yields a safetensors file; its own writer would copy the images, twice."""
    end = images.nbytes + len(index)
    header = json.dumps(
        {
            "__metadata__": metadata,
            "images": _described(images.shape, 0, images.nbytes),
            "index": _described((len(index),), images.nbytes, end),
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    yield struct.pack("<Q", len(header)) + header
    yield np.ascontiguousarray(images).reshape(-1).data
    yield index


def _described(shape: tuple[int, ...], begin: int, end: int) -> dict[str, object]:
    return {"dtype": "U8", "shape": shape, "data_offsets": [begin, end]}


def _mark(listing: Listing) -> str:
    """Returns what tells these files and their parts from all others."""
    # In one piece: it is done before every start, for up to millions of files.
    text = repr(listing.pictures).encode(errors="surrogateescape")
    return hashlib.sha256(text).hexdigest()


def _index(data: bytes) -> dict[tuple[str, Any], tuple[int, str | None]]:
    """Returns place and reason by path and stamp; the good ones come first, in order.

    Raises ValueError or TypeError for what is no index.
    """
    entries: dict[tuple[str, Any], tuple[int, str | None]] = {}
    for place, (path, mark, why) in enumerate(json.loads(data)):
        if not isinstance(why, str | None):
            raise TypeError("not an index")
        entries[path, tuple(mark)] = (place, why)
    return entries
