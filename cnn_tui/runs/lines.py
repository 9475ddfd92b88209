"""Following an append-only file of lines that others write, or damage."""

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import NotRegularError, open_regular
from cnn_tui.runs.records import UNREADABLE
from cnn_tui.text import printable

_T = TypeVar("_T")

CHUNK_BYTES = 256 * 2**10
"""Small enough that decoding one chunk stalls no other thread noticeably."""


class LineFollower:
    """Reads a growing file, one chunk of complete lines at a time; keeps no file open.

    A file that is missing, unreadable or not a regular one has no lines.

    Attributes:
        complete: Everything that was there at the last look has been read.
        overlong: How many lines longer than a chunk were skipped.
        is_odd: Something else than a regular file is in its place.
        generation: Grows when the file was replaced or cut and is read from the start.
    """

    def __init__(self, path: Path, *, tail_bytes: int | None = None) -> None:
        """Starts at the beginning, or at most ``tail_bytes`` before the end."""
        self.complete = False
        self.overlong = 0
        self.is_odd = False
        self.generation = 0
        self._path = path
        self._tail_bytes = tail_bytes
        self._inode: int | None = None
        self._offset = 0
        self._inside_line = False

    def chunks(self, deadline: float) -> Iterator[bytes]:
        """Yields what was added, until ``deadline`` on the monotonic clock.

        At least one chunk is looked at, so that every call makes progress.
        """
        while True:
            if lines := self._next_lines():
                yield lines
            if self.complete or time.monotonic() >= deadline:
                return

    def _next_lines(self) -> bytes:
        try:
            descriptor = open_regular(self._path)
        except OSError as error:
            self.is_odd = isinstance(error, NotRegularError)
            self.complete = True
            return b""
        self.is_odd = False
        try:
            self._notice_replacement(os.fstat(descriptor))
            data = os.pread(descriptor, CHUNK_BYTES, self._offset)
        finally:
            os.close(descriptor)
        self.complete = len(data) < CHUNK_BYTES
        return self._whole_lines(data)

    def _notice_replacement(self, found: os.stat_result) -> None:
        if found.st_ino == self._inode and found.st_size >= self._offset:
            return
        self.generation += self._inode is not None
        self._inode = found.st_ino
        tail_bytes = found.st_size if self._tail_bytes is None else self._tail_bytes
        self._offset = max(0, found.st_size - tail_bytes)
        self._inside_line = self._offset > 0

    def _whole_lines(self, data: bytes) -> bytes:
        """Steps over the complete lines in ``data`` and returns them.

        The rest of a line whose beginning was stepped over is not one of them.
        """
        end = data.rfind(b"\n") + 1
        if not end and not self.complete:
            self.overlong += not self._inside_line
            self._inside_line = True
            self._offset += len(data)
            return b""
        self._offset += end
        if self._inside_line and end:
            self._inside_line = False
            return data[data.index(b"\n") + 1 : end]
        return data[:end]


def check_lines(path: Path) -> None:
    """Makes sure that a file of lines, if it is there, is one that is read.

    Raises:
        RunDirectoryError: it is a link, pipe or directory, or not allowed.
    """
    try:
        os.close(open_regular(path))
    except FileNotFoundError:
        return
    except NotRegularError as error:
        raise RunDirectoryError(
            f"{printable(path)} is no regular file, and is not read: "
            "put the file back in its place"
        ) from error
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(path)} cannot be read: {error.strerror}"
        ) from error


def decode_lines(
    decoder: msgspec.json.Decoder[_T], lines: bytes
) -> tuple[list[_T], int]:
    """Returns the rows that could be decoded, and how many lines could not."""
    try:
        return decoder.decode_lines(lines), 0
    except UNREADABLE:
        return _decode_one_by_one(decoder, lines.splitlines())


def _decode_one_by_one(
    decoder: msgspec.json.Decoder[_T], lines: list[bytes]
) -> tuple[list[_T], int]:
    rows = []
    for line in lines:
        with suppress(*UNREADABLE):
            rows.append(decoder.decode(line))
    return rows, len(lines) - len(rows)
