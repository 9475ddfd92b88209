"""Asking before a run of this machine is slowed down."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from textual.app import App

from cnn_tui.preflight.busy import who_trains
from cnn_tui.text import printable
from cnn_tui.ui.screens.dialogs import Choose


async def may_disturb(
    app: App[Any], runs_folder: Path, explanation: str, choices: Mapping[str, str]
) -> bool:
    """Returns whether no run trains here, or somebody wants to go on all the same."""
    name = who_trains(runs_folder)
    if name is None:
        return True
    question = Choose(
        f"{printable(name)} trains on this machine",
        explanation=explanation,
        choices=dict(choices),
    )
    return await app.push_screen_wait(question) is not None
