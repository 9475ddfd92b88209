"""Runs that another program trained: there are curves, and no network."""

from pathlib import Path
from typing import Any

from textual.app import App

from cnn_tui.errors import ConfigError, RunDirectoryError
from cnn_tui.runs.config import read_foreign


def is_foreign(app: App[Any], run: Path) -> bool:
    """Whether another program trained a run; says so then."""
    try:
        foreign = read_foreign(run)
    except (ConfigError, RunDirectoryError):
        return False  # whoever needs the config says what is wrong with it
    if foreign is not None:
        sentence = foreign.has_no_network(run)
        app.notify(sentence, severity="warning", markup=False)
    return foreign is not None
