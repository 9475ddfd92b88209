"""``cnn-tui presets``: lists them."""

from typing import Any

import click

from cnn_tui.cli.options import echo, echo_json, json_option


@click.command(short_help="List the presets.")
@json_option
def presets(as_json: bool) -> None:
    """List the built-in presets, then your own."""
    from cnn_tui.presets.files import list_presets

    entries = [_entry(file) for file in list_presets()]
    if as_json:
        echo_json(entries)
        return
    width = max((len(entry["name"]) for entry in entries), default=0)
    for entry in entries:
        title = entry["title"] if entry["error"] is None else f"✗ {entry['error']}"
        own = "" if entry["builtin"] else f"  ({entry['path']})"
        echo(f"{entry['name']:{width}}  {title}{own}")


def _entry(file: Any) -> dict[str, Any]:
    from cnn_tui.errors import ConfigError
    from cnn_tui.presets.read import read_preset
    from cnn_tui.text import printable

    title, problem = None, None
    try:
        title = printable(read_preset(file).config.title)
    except ConfigError as error:
        problem = str(error)
    return {
        "name": printable(file.name),
        "builtin": file.builtin,
        "path": printable(file.path),
        "title": title,
        "error": problem,
    }
