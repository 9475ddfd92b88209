"""Asking for a comparison of runs."""

from dataclasses import dataclass
from pathlib import Path

from textual.message import Message


@dataclass
class CompareRequested(Message):
    """The person wants to see runs in one chart."""

    runs: tuple[Path, ...]
