"""The log of a run: what happened in the machine room."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cnn_tui.runs.files import open_regular
from cnn_tui.runs.layout import LOG


@contextmanager
def logging_to(run: Path) -> Iterator[None]:
    """Appends everything that is logged meanwhile, and warnings, to ``train.log``."""
    descriptor = open_regular(run / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with open(descriptor, "a", encoding="utf-8", errors="backslashreplace") as stream:
        handler = logging.StreamHandler(stream)
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
