"""Asking for a comparison of runs."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textual.message import Message
from textual.screen import Screen

from cnn_tui.runs.comparison import MAX_RUNS
from cnn_tui.runs.layout import is_run


@dataclass
class CompareRequested(Message):
    """The person wants to see runs in one chart."""

    runs: tuple[Path, ...]


def ask_comparison(screen: Screen[Any], marked: Iterable[Path]) -> None:
    """Asks for those of the runs that are still there, or says how many it takes."""
    runs = tuple(filter(is_run, marked))
    if 2 <= len(runs) <= MAX_RUNS:
        screen.post_message(CompareRequested(runs))
    else:
        screen.notify(f"mark 2 to {MAX_RUNS} runs with space, not {len(runs)}")
