"""What a person can do on a screen."""

import unicodedata
from dataclasses import dataclass

from textual.binding import Binding
from textual.keys import format_key

from cnn_tui.preferences import preferences


def printed(key: str) -> str:
    """Returns a key as it is printed on a keyboard: "?", "^p"."""
    *modifiers, name = key.split("+")
    return "^" * ("ctrl" in modifiers) + format_key(name)


def key_named(key: str) -> str:
    """Returns a key as Textual names it: "?" is "question_mark"."""
    if len(key) != 1 or key.isalnum():
        return key
    return unicodedata.name(key).lower().replace("-", "_").replace(" ", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something that a person can do on a screen."""

    name: str
    """The ``action_…`` method that does it."""
    keys: str
    """Keys as Textual names them, separated by commas; the first is shown."""
    label: str
    """One or two words for the footer."""
    help: str
    """One sentence for the help screen and the command palette."""
    footer: bool = True
    rank: int = 3
    """How soon a short footer does without it; 0 goes last."""
    priority: bool = False

    @property
    def key_names(self) -> list[str]:
        """The keys one by one: those that the person prefers, else ``keys``."""
        keys = preferences().keys.get(self.name, self.keys)
        return [key_named(key.strip()) for key in keys.split(",")]

    def binding(self) -> Binding:
        """Returns the key binding of this action."""
        return Binding(
            ",".join(self.key_names),
            self.name,
            self.label,
            show=self.footer,
            tooltip=self.help,
            id=self.name,
            priority=self.priority,
        )
