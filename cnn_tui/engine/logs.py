"""The log of a run: what happened in the machine room."""

import io
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import open_regular
from cnn_tui.runs.layout import LOG
from cnn_tui.text import printable


@contextmanager
def logging_to(run: Path) -> Iterator[None]:
    """Appends everything that is logged meanwhile, and warnings, to ``train.log``.

    Raises:
        RunDirectoryError: if that cannot be written at all.
    """
    with _opened(run / LOG) as stream:
        handler = _Handler(stream)
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
        )
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        logging.captureWarnings(True)
        try:
            yield
        finally:
            logging.captureWarnings(False)
            root.setLevel(level)
            root.removeHandler(handler)


class _Handler(logging.StreamHandler[io.TextIOWrapper]):
    """A handler that drops what the disk has no room for."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Says nothing: there is nowhere to say it."""


def _opened(path: Path) -> io.TextIOWrapper:
    try:
        descriptor = open_regular(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(path)} cannot be written: {error.strerror}"
        ) from error
    # Unbuffered: what could not be written is gone, and not tried again at the end.
    return io.TextIOWrapper(
        io.FileIO(descriptor, "a"),
        "utf-8",
        errors="backslashreplace",
        write_through=True,
    )
