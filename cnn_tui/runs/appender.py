"""An append-only file of lines that loses nothing when the disk is full."""

import io
import os
from pathlib import Path

from cnn_tui.io.files import FILE_MODE, open_regular


class Appender:
    """Appends whole lines to a file; what cannot be written stays in memory.

    Every write starts on a fresh line, whatever a killed or failed writer left at the
    end of the file: a torn line is then one bad line and spoils no other.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file, or makes it. Raises OSError."""
        descriptor = open_regular(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
        os.fchmod(descriptor, FILE_MODE)
        self._file = io.FileIO(descriptor, "a+")
        self._pending = bytearray()

    def append(self, lines: bytes) -> None:
        """Adds lines that end in a newline. Raises OSError; they are kept then."""
        self._pending += lines
        self.flush()

    def flush(self) -> None:
        """Writes what is still in memory. Raises OSError and keeps the rest then."""
        while self._pending:
            fresh = b"" if self._at_line_start() else b"\n"
            written = self._file.write(fresh + self._pending) - len(fresh)
            complete = self._pending.rfind(b"\n", 0, max(0, written)) + 1
            del self._pending[:complete]

    def show(self) -> None:
        """Lets other hosts see all that was appended. Raises OSError.

        NFS sends what was written when a descriptor is closed, be it a copy; of a file
        that stays open, its readers elsewhere know nothing for half a minute.
        """
        os.close(os.dup(self._file.fileno()))

    def sync(self) -> None:
        """Makes everything appended so far survive a power loss. Raises OSError."""
        self.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Closes the file; lines that could not be written are lost now."""
        self._file.close()

    def _at_line_start(self) -> bool:
        size = os.fstat(self._file.fileno()).st_size
        return size == 0 or os.pread(self._file.fileno(), 1, size - 1) == b"\n"
