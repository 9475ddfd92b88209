"""How much room files take on the disk, and how much removing them would give back."""

import os
import stat
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cnn_tui.io.files import Stamp, stamp
from cnn_tui.runs.layout import CHECKPOINTS, HISTORY

_BLOCK_BYTES = 512


def disk_bytes(folder: Path) -> int:
    """Returns the bytes of the disk that a folder takes, each file once."""
    return sum({(f.st_dev, f.st_ino): _bytes(f) for f in _found(folder)}.values())


def freed_bytes(paths: list[Path]) -> int:
    """Returns the bytes that removing these files and folders gives back.

    A file that has another name elsewhere gives nothing back.
    """
    names: dict[tuple[int, int], list[os.stat_result]] = defaultdict(list)
    for path in paths:
        for found in _found(path):
            names[found.st_dev, found.st_ino].append(found)
    return sum(
        _bytes(found[0])
        for found in names.values()
        if len(found) >= found[0].st_nlink or stat.S_ISDIR(found[0].st_mode)
    )


def disk_stamp(run: Path) -> Stamp:
    """Returns what changes when files of a run that has ended come or go."""
    places = ("", CHECKPOINTS, HISTORY)
    return tuple(n for place in places for n in stamp(os.path.join(run, place)))


def _found(path: Path) -> Iterator[os.stat_result]:
    """Yields what is at a path and below it; what vanishes meanwhile is not there."""
    with suppress(OSError):
        found = os.lstat(path)
        yield found
        if stat.S_ISDIR(found.st_mode):
            with os.scandir(path) as entries:
                names = [entry.name for entry in entries]
            for name in names:
                yield from _found(Path(os.path.join(path, name)))


def _bytes(found: os.stat_result) -> int:
    return found.st_blocks * _BLOCK_BYTES
