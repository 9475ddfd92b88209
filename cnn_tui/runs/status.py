"""Reading ``status.json``, which anybody may have damaged."""

from pathlib import Path

import msgspec

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import read_bounded
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
    path = run / STATUS
    try:
        data = read_bounded(path, _MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunDirectoryError(
            f"{printable(path)} cannot be read: {reason}"
        ) from error
    return _decode(data, path)


def _decode(data: bytes, path: Path) -> Status:
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
