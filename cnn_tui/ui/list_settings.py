"""How a person likes the list of runs: its columns, order and groups, remembered."""

from contextlib import suppress
from pathlib import Path

import msgspec
from platformdirs import user_state_path

from cnn_tui.io.files import read_bounded, replace_file
from cnn_tui.runs.columns import DEFAULT

_MAX_BYTES = 100_000


class ListSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered."""

    columns: tuple[str, ...] = DEFAULT
    sort: str = "started"
    is_reversed: bool = False
    grouping: str | None = None


def list_settings_path() -> Path:
    """Returns the file that remembers."""
    return user_state_path("cnn-tui") / "list.json"


def read_list_settings() -> ListSettings:
    """Returns what is remembered; what is damaged is forgotten."""
    try:
        data = read_bounded(list_settings_path(), _MAX_BYTES)
        return msgspec.json.decode(data, type=ListSettings)
    except (OSError, ValueError, RecursionError):
        return ListSettings()


def write_list_settings(settings: ListSettings) -> None:
    """Remembers how the list is now; where that cannot be written, it does not."""
    path = list_settings_path()
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, msgspec.json.encode(settings), shared=True)
