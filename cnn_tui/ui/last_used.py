"""What was typed into the form the last time each preset was started."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from platformdirs import user_state_path

from cnn_tui.io.files import read_bounded, replace_file

Edits = dict[str, str]
_MAX_BYTES = 1_000_000


def last_used_path() -> Path:
    """Returns the file that remembers."""
    return user_state_path("cnn-tui") / "last-used.json"


def read_last_used() -> dict[str, Edits]:
    """Returns the edits by preset; what is missing or damaged is forgotten."""
    try:
        stored = json.loads(read_bounded(last_used_path(), _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(stored, dict):
        return {}
    return {name: _texts(edits) for name, edits in stored.items()}


def write_last_used(name: str, edits: Mapping[str, str]) -> None:
    """Remembers the edits of one preset, beside those of the others."""
    stored = read_last_used() | {name: dict(edits)}
    path = last_used_path()
    kept = {key: value for key, value in stored.items() if value}
    # Nobody is helped by an error here: the run that was asked for starts anyway.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(kept).encode(), shared=True)


def _texts(edits: object) -> Edits:
    if not isinstance(edits, dict):
        return {}
    return {key: text for key, text in edits.items() if isinstance(text, str)}
