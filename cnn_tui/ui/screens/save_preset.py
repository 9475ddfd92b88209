"""Asks under which name to save a preset of the user's own."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from cnn_tui.errors import ConfigError
from cnn_tui.presets.files import list_presets, user_folder
from cnn_tui.text import printable

if TYPE_CHECKING:
    from cnn_tui.ui.draft import Draft

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class SavePresetDialog(ModalScreen[Path | None]):
    """Saves a draft; its result is the file, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "back")]
    DEFAULT_CSS = """
    SavePresetDialog {
        align: center middle;
        & > Vertical {
            width: 64;
            max-width: 100%;
            height: auto;
            border: round $accent;
            padding: 0 1;
            background: $surface;
        }
        & .note { height: auto; color: $text-muted; }
        & .note.-wrong { color: $text-error; }
    }
    """

    def __init__(self, draft: "Draft") -> None:
        """Asks about this draft."""
        super().__init__()
        self._draft = draft
        self._name_to_replace = ""

    def compose(self) -> ComposeResult:
        """Yields one field and a note."""
        name = self._draft.preset.name
        suggestion = f"{name}-2" if self._draft.preset.file.builtin else name
        with Vertical() as box:
            box.border_title = "Save as a preset"
            yield Input(suggestion, compact=True)
            yield Static(f"in {printable(user_folder())}", classes="note", markup=False)
            yield Static("enter save   esc back", classes="note", markup=False)

    @on(Input.Submitted)
    def _save(self, event: Input.Submitted) -> None:
        event.stop()
        name = event.value.strip()
        refusal = self._refusal(name)
        if refusal:
            self._say(refusal)
            return
        try:
            overwrite = name == self._name_to_replace
            self.dismiss(self._draft.save(name, overwrite=overwrite))
        except ConfigError as error:
            self._say(str(error))

    def _refusal(self, name: str) -> str:
        """Returns why a name cannot be used, or not yet."""
        if not _NAME.fullmatch(name):
            return "a name has letters, digits, dots, - and _"
        if any(file.builtin and file.name == name for file in list_presets()):
            return f"{name} is built-in; choose another name"
        exists = (user_folder() / f"{name}.yaml").exists()
        if exists and name != self._name_to_replace:
            self._name_to_replace = name
            return f"{name} exists; enter again replaces it"
        return ""

    def _say(self, sentence: str) -> None:
        note = self.query(Static).first()
        note.update(sentence)
        note.add_class("-wrong")
