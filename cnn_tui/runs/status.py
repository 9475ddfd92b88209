"""Reading ``status.json``, which anybody may have damaged."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import Stamp, read_stamped, stamp
from cnn_tui.runs.layout import FORMAT, STATUS
from cnn_tui.runs.records import UNREADABLE, Status
from cnn_tui.text import printable

_MAX_BYTES = 64 * 2**10


class _Format(msgspec.Struct):
    format: object = None


_status = msgspec.json.Decoder(Status)
_format = msgspec.json.Decoder(_Format)


def read_status(run: Path) -> Status | None:
    """Returns the status of a run, or None where it has no ``status.json``.

    Raises:
        RunDirectoryError: The file is damaged, too large, or of an unknown format.
    """
    return read_stamped_status(run)[0]


def read_stamped_status(run: Path) -> tuple[Status | None, Stamp]:
    """Returns the status as ``read_status``, and the stamp of what was read."""
    path = _path(run)
    try:
        data, found = read_stamped(path, _MAX_BYTES)
    except FileNotFoundError:
        return None, ()
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunDirectoryError(
            f"{printable(path)} cannot be read: {reason}"
        ) from error
    return _decode(data, path), found


def status_stamp(run: Path, *, fresh: bool = False) -> Stamp:
    """Returns the stamp of a run's status, () where it has none.

    A file system of the network may answer out of its cache for a minute, but not where
    a file is opened (close-to-open, nfs(5)): then it is ``fresh``, and takes longer.
    """
    if not fresh:
        return stamp(_path(run))
    with suppress(OSError):
        return read_stamped(_path(run), _MAX_BYTES)[1]
    return ()


def model_name(status: Status) -> str:
    """Returns what a run trains, as it is shown: its preset, or else its own name.

    A preset has a bare name; a path is none, wherever it leads.
    """
    preset = status.preset or ""
    return printable(status.name if not preset or os.sep in preset else preset)


def _path(run: Path) -> str:
    """Returns where a run's status is: to make a Path takes longer than to open it."""
    return os.path.join(run, STATUS)


def _decode(data: bytes, path: str) -> Status:
    try:
        if (found := _format.decode(data).format) != FORMAT:
            raise RunDirectoryError(
                f"{printable(path)} has format {printable(found)}, this version of "
                f"cnn-tui reads format {FORMAT}: use a newer cnn-tui"
            )
        return _status.decode(data)
    except UNREADABLE as error:
        raise RunDirectoryError(
            f"{printable(path)} is damaged: {printable(error)}"
        ) from error
