"""Saving what the form shows as a preset of the user's own."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.app import App

from cnn_tui.presets.files import list_presets, preset_path, user_folder
from cnn_tui.text import printable
from cnn_tui.ui.screens.dialogs import AskText, Choose

if TYPE_CHECKING:
    from cnn_tui.ui.draft import Draft


async def save_as_preset(app: App[Any], draft: "Draft") -> Path | None:
    """Asks for a name, and before a file is replaced; call it in a worker.

    Returns the file that was written, None if the user thought better of it.

    Raises:
        ConfigError: if the draft is not valid or the file cannot be written.
    """
    file = draft.preset.file
    question = AskText(
        "Save as a preset",
        prompt=f"Its name, in {printable(user_folder())}",
        value=printable(f"{file.name}-2" if file.builtin else file.name),
        check=_name_problem,
    )
    name = await app.push_screen_wait(question)
    if name is None:
        return None
    overwrite = os.path.exists(preset_path(name))
    if overwrite and not await app.push_screen_wait(_ask_to_replace(name)):
        return None
    return draft.save(name, overwrite=overwrite)


def _ask_to_replace(name: str) -> Choose:
    return Choose(
        f"{name} exists",
        explanation=printable(preset_path(name)),
        choices={"r": "replace it"},
    )


def _name_problem(name: str) -> str | None:
    """Says why a name cannot be that of a preset of the user's own."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        return "must be letters, digits, dots, - and _"
    if any(file.builtin and file.name == name for file in list_presets()):
        return "must not be the name of a built-in preset"
    return None
