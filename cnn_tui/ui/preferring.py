"""What a person prefers, taken in when the program opens."""

from typing import Any

from textual.app import App

from cnn_tui.preferences import preferences
from cnn_tui.text import printable
from cnn_tui.ui.actions import SECTIONS
from cnn_tui.ui.actions.own_keys import problems_of_keys


def take_preferences(app: App[Any]) -> None:
    """Takes the colours that are preferred; says what of them and the keys is wrong."""
    wanted = preferences()
    problems = list(problems_of_keys(wanted.keys, SECTIONS))
    if wanted.theme in app.available_themes:
        app.theme = wanted.theme
    elif wanted.theme is not None:
        problems.append(f"theme: {printable(wanted.theme)} is none; ctrl+t lists them")
    for problem in problems:
        app.notify(problem, severity="warning", markup=False)
