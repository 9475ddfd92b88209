"""What a shell may complete: runs, presets, data sets, keys and values of ``--set``."""

import os
from collections.abc import Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem

Items = list[CompletionItem]


def runs(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Returns ids of runs, newest first; a path is the shell's business."""
    from cnn_tui.runs.layout import run_names, runs_folder

    if os.sep in incomplete:
        return [CompletionItem(incomplete, type="dir")]
    given = ctx.params.get("runs_dir")
    names = run_names(runs_folder(Path(given) if given else None))
    return _beginning(reversed(names), incomplete)


def presets(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Returns names of presets, and whatever files there are."""
    from cnn_tui.presets.files import list_presets

    names = dict.fromkeys(preset.name for preset in list_presets())
    return [*_beginning(names, incomplete), CompletionItem(incomplete, type="file")]


def presets_and_runs(
    ctx: click.Context, parameter: click.Parameter, incomplete: str
) -> Items:
    """Returns names of presets, ids of runs, and files."""
    return presets(ctx, parameter, incomplete) + runs(ctx, parameter, incomplete)


def datasets(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Returns names of data sets, and whatever files there are."""
    from cnn_tui.datasets.facts import DATASETS

    return [*_beginning(DATASETS, incomplete), CompletionItem(incomplete, type="file")]


def settings(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Returns keys, each with its "=", then the values of one that has few."""
    from cnn_tui.config.settings import full_key, known_keys
    from cnn_tui.errors import ConfigError
    from cnn_tui.ui.field_values import choices

    key, equals, _ = incomplete.partition("=")
    if not equals:
        return _beginning((f"{key}=" for key in _short_keys(known_keys())), incomplete)
    try:
        values = choices(full_key(key))
    except (ConfigError, KeyError):
        return []
    return _beginning((f"{key}={value}" for value in values), incomplete)


def columns(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Returns names of columns and keys of configs, after a comma, too."""
    from cnn_tui.config.settings import known_keys
    from cnn_tui.runs.columns import COLUMNS

    before, comma, _ = incomplete.rpartition(",")
    names = dict.fromkeys([*COLUMNS, *_short_keys(known_keys())])
    return _beginning((f"{before}{comma}{name}" for name in names), incomplete)


def orders(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Returns what a run can be told."""
    from cnn_tui.runs.orders import COMMANDS

    return _beginning(COMMANDS, incomplete)


def _short_keys(keys: Iterable[str]) -> Iterable[str]:
    """Yields the end of each key that means no other, then all of them in full."""
    from collections import Counter

    keys = list(keys)
    ends = Counter(key.rpartition(".")[2] for key in keys)
    yield from (end for end, count in ends.items() if count == 1)
    yield from (key for key in keys if "." in key)


def _beginning(words: Iterable[str], incomplete: str) -> Items:
    return [CompletionItem(word) for word in words if word.startswith(incomplete)]
