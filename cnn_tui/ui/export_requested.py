"""Asking for a run to be written for other programs and people."""

from dataclasses import dataclass
from pathlib import Path

from textual.message import Message


@dataclass
class ExportRequested(Message):
    """The person wants to export a run."""

    run: Path
