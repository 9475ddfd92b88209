"""Following an append-only file of lines that others write, or damage."""

import os
from pathlib import Path

from cnn_tui.runs.files import open_regular

CHUNK_BYTES = 256 * 2**10
"""Small enough that decoding one chunk stalls no other thread noticeably."""


class LineFollower:
    """Reads a growing file, one chunk of complete lines at a time; keeps no file open.

    Attributes:
        complete: Everything that was there at the last look has been read.
        overlong: How many lines longer than a chunk were skipped.
        generation: Grows when the file was replaced or cut and is read from the start.
    """

    def __init__(self, path: Path, *, tail_bytes: int | None = None) -> None:
        """Starts at the beginning, or at most ``tail_bytes`` before the end."""
        self.complete = False
        self.overlong = 0
        self.generation = 0
        self._path = path
        self._tail_bytes = tail_bytes
        self._inode: int | None = None
        self._offset = 0
        self._inside_skipped_line = False

    def read_chunk(self) -> bytes:
        """Returns the next complete lines; b"" when there are none for now.

        A missing or unreadable file has none; so has one that is not a regular file.
        """
        try:
            descriptor = open_regular(self._path)
        except OSError:
            self.complete = True
            return b""
        try:
            self._notice_replacement(os.fstat(descriptor))
            return self._next_lines(descriptor)
        finally:
            os.close(descriptor)

    def _notice_replacement(self, found: os.stat_result) -> None:
        if found.st_ino == self._inode and found.st_size >= self._offset:
            return
        self.generation += self._inode is not None
        self._inode = found.st_ino
        start = found.st_size - (self._tail_bytes or found.st_size)
        self._offset = max(0, start)
        self._inside_skipped_line = self._offset > 0

    def _next_lines(self, descriptor: int) -> bytes:
        while True:
            data = os.pread(descriptor, CHUNK_BYTES, self._offset)
            end = data.rfind(b"\n") + 1
            self.complete = len(data) < CHUNK_BYTES
            if not end:
                if self.complete:
                    return b""
                self.overlong += not self._inside_skipped_line
                self._inside_skipped_line = True
                self._offset += len(data)
                continue
            self._offset += end
            start = data.index(b"\n") + 1 if self._inside_skipped_line else 0
            self._inside_skipped_line = False
            if start < end:
                return data[start:end]
