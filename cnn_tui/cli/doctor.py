"""``cnn-tui doctor``: what cnn-tui finds on this machine."""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from cnn_tui.cli.options import (
    data_dir_option,
    echo,
    echo_json,
    json_option,
    runs_dir_option,
)

_PACKAGES = ("torch", "torchvision", "textual", "plotext", "pydantic", "numpy")


@click.command(short_help="Show versions, devices, terminal and folders.")
@runs_dir_option
@data_dir_option
@json_option
def doctor(runs_dir: Path, data_dir: Path | None, as_json: bool) -> None:
    """Show versions, devices, the terminal, and the folders that are used."""
    from cnn_tui.host.logout import logout_warning
    from cnn_tui.text import printable

    facts = {
        "versions": _versions(),
        "devices": _devices(),
        "terminal": _terminal(),
        "folders": _folders(runs_dir, data_dir),
        "background": {"logout": logout_warning() or "background runs go on"},
        "defaults": {"on_non_finite": "stop; in the dashboard pause"},
    }
    if as_json:
        echo_json(facts)
        return
    for title, values in facts.items():
        echo(title)
        for key, value in values.items():
            for line in value if isinstance(value, list) else [value]:
                echo(f"  {key:<13} {printable(line)}")


def _versions() -> dict[str, Any]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    from cnn_tui import __version__

    versions = {"cnn-tui": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def _devices() -> dict[str, Any]:
    import psutil

    from cnn_tui import text
    from cnn_tui.host import hardware, nvml

    memory = psutil.virtual_memory()
    free = text.mebibytes(memory.available)
    gpus = [
        f"{gpu.index}: {gpu.name or 'unknown'}, "
        f"{text.mebibytes(gpu.memory_used_bytes)} of "
        f"{text.mebibytes(gpu.memory_total_bytes)} used"
        for gpu in nvml.gpus()
    ]
    return {
        "cpu": f"{hardware.cpu_name()}, {hardware.cpu_count()} cores",
        "memory": f"{text.mebibytes(memory.total)}, {free} available",
        "gpu": gpus or "none",
        "gpu driver": nvml.driver_version() or "none (NVML not found)",
        "torch uses": _torch_view(),
        "cpu amx": _amx(),
    }


def _torch_view() -> list[str]:
    """Returns the devices that torch can train on, and why a GPU is not among them."""
    from cnn_tui.engine.warm_up import warm_up

    warm_up()
    from cnn_tui.engine.device import usable_devices, why_unused

    why = why_unused()
    return [*usable_devices(), *([why] if why else [])]


def _amx() -> str:
    """Says whether the CPU has matrix units for bfloat16."""
    from cnn_tui.engine.device import has_amx

    found = has_amx()
    if found is None:
        return "unknown: this version of torch cannot tell"
    return "yes, for precision: bfloat16" if found else "no"


def _terminal() -> dict[str, Any]:
    if not sys.stdout.isatty():
        return {"terminal": "none: the output is not a terminal"}
    size = shutil.get_terminal_size()
    return {
        "size": f"{size.columns}×{size.lines}",
        "TERM": os.environ.get("TERM", "not set"),
        "COLORTERM": os.environ.get("COLORTERM", "not set"),
        "NO_COLOR": "set" if os.environ.get("NO_COLOR") else "not set",
        "encoding": sys.stdout.encoding,
        "inside": _surroundings(),
    }


def _surroundings() -> str:
    found = [
        name
        for name, variable in (
            ("ssh", "SSH_CONNECTION"),
            ("tmux", "TMUX"),
            ("screen", "STY"),
        )
        if os.environ.get(variable)
    ]
    return ", ".join(found) or "no ssh, tmux or screen"


def _folders(runs_dir: Path, data_dir: Path | None) -> dict[str, Any]:
    from platformdirs import user_cache_path

    from cnn_tui.datasets.facts import data_folder
    from cnn_tui.host.process import absolute
    from cnn_tui.presets.files import LOCAL_FOLDER, builtin_folder, user_folder

    cache = user_cache_path("cnn-tui")
    presets = (builtin_folder(), absolute(LOCAL_FOLDER), user_folder())
    return {
        "runs": _folder(runs_dir),
        "data": _folder(data_folder(data_dir)),
        "cache": _folder(cache),
        "presets": [_folder(folder) for folder in dict.fromkeys(presets)],
    }


def _folder(path: Path) -> str:
    existing = next(
        folder for folder in (path, *path.parents) if os.path.exists(folder)
    )
    note = "" if existing == path else ", not made yet"
    writable = "" if os.access(existing, os.W_OK) else ", not writable"
    return f"{path}{note}{writable}"
