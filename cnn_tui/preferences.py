"""What a person wants of the program itself: ``config.yaml`` in the user's folder.

An option of the command line counts before the environment, that before this file, and
the file before what is built in. A key that is wrong has its default, and is named:
nobody is kept from a run that trains by a slip in this file.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec
from platformdirs import user_config_path

from cnn_tui.errors import ConfigError
from cnn_tui.io.files import read_linked
from cnn_tui.text import printable

MAX_BYTES = 100_000
ENVIRONMENT = {"runs_dir": "CNN_TUI_RUNS", "data_dir": "CNN_TUI_DATA"}
"""What says the same, and counts before the file."""


class NoticePreferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a person hears that a run has ended, failed, or paused by itself."""

    bell: bool = True
    """Rings the bell of the terminal that shows the run."""
    desktop: Literal["off", "osc9", "osc777"] = "off"
    """Asks the terminal for a notification: iTerm2's and ConEmu's, or urxvt's way."""
    on_end: str | list[str] | None = None
    """A command, without a shell; the run is in CNN_TUI_RUN, CNN_TUI_STATE, …"""


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them, with what is built in."""

    theme: str | None = None
    """One of Textual's; ctrl+t shows them."""
    marker: Literal["auto", "braille", "dot", "ascii"] = "auto"
    pictures: Literal["auto", "true", "256", "16", "grey", "ascii"] = "auto"
    runs_dir: str | None = None
    data_dir: str | None = None
    notices: NoticePreferences = NoticePreferences()
    keys: dict[str, str] = {}
    """Other keys for actions, by their names: ``pause: p``."""


BUILT_IN = Preferences()


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What could be read, and what was wrong with the rest."""

    preferences: Preferences = BUILT_IN
    written: frozenset[str] = frozenset()
    """The keys that the file has, and that are right."""
    problems: tuple[str, ...] = ()


def preferences_path() -> Path:
    """Returns the file, which need not be there."""
    return user_config_path("cnn-tui") / "config.yaml"


def preferences() -> Preferences:
    """Returns what is in the file."""
    return read_preferences(preferences_path()).preferences


@cache
def read_preferences(path: Path) -> Read:
    """Reads the file, once in a process; what is wrong is left at its default."""
    if not os.path.lexists(path):
        return Read()
    from cnn_tui.io.safe_yaml import Document, load

    try:
        document: Document = load(read_linked(path, MAX_BYTES), printable(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is no file of this kind"
        return Read(problems=(f"{printable(path)} cannot be read: {reason}",))
    except ConfigError as error:
        return Read(problems=(str(error),))
    values, problems = dict[str, Any](), []
    for key, value in document.value.items():
        where = f"{printable(path)}, line {document.line([key])}"
        try:
            values[key] = _converted(key, value)
        except msgspec.ValidationError as error:
            problems.append(f"{where}: {printable(key)}: {error}")
    return Read(
        preferences=Preferences(**values),
        written=frozenset(values),
        problems=tuple(problems),
    )


def _converted(key: str, value: object) -> Any:
    """Returns the value of a key. Raises msgspec.ValidationError if it is wrong."""
    found = [f for f in msgspec.structs.fields(Preferences) if f.name == key]
    if not found:
        known = ", ".join(Preferences.__struct_fields__)
        raise msgspec.ValidationError(f"unknown key; known are {known}")
    words = get_args(found[0].type)
    if get_origin(found[0].type) is Literal and value not in words:
        raise msgspec.ValidationError(f"must be one of {', '.join(words)}")
    return msgspec.convert(value, found[0].type)
