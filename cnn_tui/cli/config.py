"""``cnn-tui config``: what the program itself is set to, where, and why."""

import os
from collections.abc import Iterator
from typing import Any, get_args

import click

from cnn_tui.cli.options import echo, echo_json, json_option
from cnn_tui.errors import InputError
from cnn_tui.preferences import (
    ENVIRONMENT,
    Preferences,
    Read,
    preferences_path,
    read_preferences,
)


@click.command(short_help="Show or edit the preferences of the program.")
@click.option("--edit", is_flag=True, help="Open the file in $EDITOR.")
@click.option("--keys", is_flag=True, help="List what keys can be given to.")
@json_option
def config(edit: bool, keys: bool, as_json: bool) -> None:
    """Show where the preferences are, each value, where it comes from, what it may be.

    Options count before the environment, that before the file, that before what is
    built in.
    """
    from cnn_tui.text import printable

    path = preferences_path()
    if edit:
        _edit()
        return
    if keys:
        _list_keys()
        return
    found = read_preferences(path)
    rows = list(_rows(found))
    if as_json:
        values = {key: {"value": v, "from": origin} for key, v, origin, _ in rows}
        echo_json({"path": str(path), "values": values, "problems": found.problems})
        return
    echo(f"{printable(path)}{'' if path.exists() else ' (not there)'}\n")
    for key, value, origin, allowed in rows:
        shown = f"{key:<16} {printable(_shown(value)):<12}  {origin:<16}  {allowed}"
        echo(shown.rstrip())


def _rows(found: Read) -> Iterator[tuple[str, Any, str, str]]:
    """Yields key, value, where it comes from, and what it may be."""
    import msgspec

    for field in msgspec.structs.fields(Preferences):
        value, origin = getattr(found.preferences, field.name), "built in"
        if field.name in found.written:
            origin = "file"
        variable = ENVIRONMENT.get(field.name, "")
        if variable in os.environ:
            value, origin = os.environ[variable], f"${variable}"
        if isinstance(value, msgspec.Struct):
            for part in msgspec.structs.fields(value):
                inner = getattr(value, part.name)
                yield f"{field.name}.{part.name}", inner, origin, _allowed(part.type)
        else:
            yield field.name, value, origin, _allowed(field.type)


def _allowed(kind: Any) -> str:
    """Returns the words that a value may be, if it is one of a few."""
    words = get_args(kind)
    return ", ".join(words) if words and all(isinstance(w, str) for w in words) else ""


def _shown(value: Any) -> str:
    if value is None or value == {}:
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {keys}" for name, keys in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list_keys() -> None:
    from cnn_tui.ui.actions import SECTIONS, printed

    for title, actions in SECTIONS.items():
        echo(title)
        for action in actions:
            keys = " ".join(map(printed, action.key_names))
            echo(f"  {action.name:<28} {keys:<16} {action.help}")


def _edit() -> None:
    path = preferences_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    click.edit(filename=str(path))
    read_preferences.cache_clear()
    for problem in read_preferences(path).problems:
        click.echo(f"cnn-tui: {problem}", err=True)
