"""The pictures of a folder, decoded: in parallel, and only what has changed since."""

import hashlib
import math
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from cnn_tui.datasets import picture_cache
from cnn_tui.datasets.decode import NotAPictureError, decode
from cnn_tui.datasets.form import MIN_IMAGE_SIZE, Form
from cnn_tui.datasets.listing import Listing, Picture
from cnn_tui.datasets.oddities import leaked_pictures
from cnn_tui.datasets.picture_cache import Decoded
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.errors import DataError
from cnn_tui.host.memory import bytes_for_images
from cnn_tui.text import count, mebibytes, printable

_AT_ONCE = 64


def decode_all(listing: Listing, form: Form, tell: Tell = nobody) -> Decoded:
    """Decodes what is not in the cache, and writes the cache anew if it has changed.

    Raises:
        DataError: if there is too little memory, or nothing can be decoded.
    """
    _check_memory(listing, form)
    cache = picture_cache.path_of(listing, form)
    decoded = picture_cache.read_whole(cache, listing, form)
    if decoded is None:
        decoded = _decode_anew(cache, listing, form, tell)
    if not decoded.pictures:
        path, reason = decoded.bad[0]
        raise DataError(
            f"{printable(listing.folder)} has no picture that can be decoded: "
            f"{printable(path)} {reason}"
        )
    return decoded


def fingerprint(pictures: Iterable[Picture]) -> str:
    """Returns what tells these pictures, by path and size, from all others."""
    found = hashlib.sha256()
    for picture in sorted(pictures):
        size = picture.stamp[1] if picture.stamp else 0
        found.update(os.fsencode(picture.path) + f"\0{size}\0{picture.part}\n".encode())
    return found.hexdigest()[:16]


def _decode_anew(cache: Path, listing: Listing, form: Form, tell: Tell) -> Decoded:
    """Decodes what the cache does not know; whoever ends it can go on from there."""
    images = np.empty((len(listing.pictures), *form.shape), np.uint8)
    reasons = picture_cache.take(cache, listing.pictures, images)
    try:
        _decode_missing(listing, form, images, reasons, tell)
    finally:
        known = tuple(listing.pictures[row] for row in sorted(reasons))
        decoded = _without_bad(listing, images, reasons)
        picture_cache.write(cache, replace(listing, pictures=known), decoded)
    return decoded


def _decode_missing(
    listing: Listing,
    form: Form,
    images: "np.ndarray",
    reasons: dict[int, str | None],
    tell: Tell,
) -> None:
    """Fills the rows of which nothing is known: a reason, or None where it is good."""
    total = len(listing.pictures)
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
    """Returns the good ones of those pictures of which something is known."""
    known = sorted(reasons.items())
    bad = tuple(
        (listing.pictures[row].path, why) for row, why in known if why is not None
    )
    good = [row for row, why in known if why is None]
    for place, row in enumerate(good):
        if place < row:  # in place: there may be no memory for all of them twice
            images[place] = images[row]
    images = images[: len(good)]
    pictures = tuple(listing.pictures[row] for row in good)
    leaks = tuple(leaked_pictures(images, pictures))
    return Decoded(images=images, pictures=pictures, bad=bad, leaks=leaks)


def _check_memory(listing: Listing, form: Form) -> None:
    needed_bytes = len(listing.pictures) * math.prod(form.shape)
    free_bytes = bytes_for_images()
    if needed_bytes > free_bytes:
        fitting = int(form.image_size * (free_bytes / needed_bytes) ** 0.5)
        remedy = f"image_size {fitting} would fit"
        if fitting < MIN_IMAGE_SIZE:
            remedy = "none would fit, only fewer pictures"
        raise DataError(
            f"the {count(len(listing.pictures))} pictures of "
            f"{printable(listing.folder)} need {mebibytes(needed_bytes)} at image_size "
            f"{form.image_size}, and {mebibytes(free_bytes)} may be used: {remedy}"
        )
