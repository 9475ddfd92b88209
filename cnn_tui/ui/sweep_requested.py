"""Asking for the sweep of a run, or for any."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.message import Message
from textual.screen import Screen

from cnn_tui.runs.config_values import read_config_values


@dataclass
class SweepRequested(Message):
    """The person wants to see a sweep: by its name, else one to choose."""

    name: str | None = None


@dataclass
class PresetOffered(Message):
    """A file is to be a preset of the form, and to be chosen there."""

    path: Path


def ask_sweep(screen: Screen[Any], run: Path | None) -> None:
    """Asks for the sweep that a run belongs to, if it does."""
    name = read_config_values(run).value("study.name") if run else None
    screen.post_message(SweepRequested(name if isinstance(name, str) else None))
