"""What a person wants of the program itself: ``config.yaml`` in the user's folder.

An option of the command line counts before the environment, that before this file, and
the file before what is built in. A key that is wrong has its default, and is named:
nobody is kept from a run that trains by a slip in this file.
"""

import os
import shlex
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
_MEANT: dict[Any, str] = {
    bool: "true or false",
    str | None: "text",
    str | list[str] | None: "a command with whole quotations, or a list of its words",
    dict[str, str]: "keys by the names of actions, such as {pause: p}",
    NoticePreferences: "a mapping, such as {bell: true}",
}
_SHOWN = 40
"""Characters of a wrong value."""


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
        data = read_linked(path, MAX_BYTES)
        if _is_blank(data):
            return Read()
        document: Document = load(data, printable(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is no file of this kind"
        return _nothing(f"{printable(path)} cannot be read: {reason}")
    except ConfigError as error:
        return _nothing(str(error))
    values, problems = dict[str, Any](), []
    for key, value in document.value.items():
        where = f"{printable(path)}, line {document.line([key])}"
        try:
            values[key] = _converted(key, value, Preferences)
        except msgspec.ValidationError as error:
            problems.append(f"{where}: {error}")
    return Read(
        preferences=Preferences(**values),
        written=frozenset(values),
        problems=tuple(problems),
    )


def _nothing(problem: str) -> Read:
    return Read(problems=(f"{problem}; all is as it is built in",))


def _converted(key: str, value: object, model: type[msgspec.Struct]) -> Any:
    """Returns the value of a key. Raises msgspec.ValidationError if it is wrong."""
    kinds = {field.name: field.type for field in msgspec.structs.fields(model)}
    if key not in kinds:
        known = ", ".join(kinds)
        raise msgspec.ValidationError(
            f"{printable(key)}: unknown key; known are {known}"
        )
    kind = kinds[key]
    if kind is NoticePreferences and isinstance(value, dict):
        return kind(**{name: _converted(name, it, kind) for name, it in value.items()})
    try:
        if key == "on_end" and isinstance(value, str):
            shlex.split(value)
        return msgspec.convert(value, kind)
    except ValueError as error:
        raise msgspec.ValidationError(
            f"{key}: must be {_meant(kind)}, not {printable(value)[:_SHOWN]}; "
            "its default is taken"
        ) from error


def _meant(kind: Any) -> str:
    """Returns what a value may be."""
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    return _MEANT[kind]


def _is_blank(data: bytes) -> bool:
    """Whether there is nothing but comments: so is a file that an editor began."""
    lines = (line.strip() for line in data.splitlines())
    return all(not line or line.startswith(b"#") for line in lines)
