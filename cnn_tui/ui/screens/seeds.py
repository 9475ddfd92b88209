"""Asking with how many seeds to train."""

from collections.abc import Callable
from typing import Any

from textual.screen import Screen

from cnn_tui.text import count
from cnn_tui.ui.screens.dialogs import AskText

_MOST_SEEDS = 1000


def ask_seeds(screen: Screen[Any], then: Callable[[int], None]) -> None:
    """Asks for a number of seeds."""

    def answered(text: str | None) -> None:
        if text is not None:
            then(int(text))

    prompt = "How many runs, with the seed of the form and the next ones:"
    dialog = AskText("Several seeds", prompt=prompt, value="5", check=_problem)
    screen.app.push_screen(dialog, answered)


def _problem(text: str) -> str | None:
    is_number = text.strip().isdecimal() and len(text) < 10
    if is_number and 2 <= int(text) <= _MOST_SEEDS:
        return None
    return f"must be a whole number from 2 to {count(_MOST_SEEDS)}"
