"""What a person can do on a screen."""

from dataclasses import dataclass

from textual.binding import Binding
from textual.keys import format_key


def printed(key: str) -> str:
    """Returns a key as it is printed on a keyboard: "?", "^p"."""
    *modifiers, name = key.split("+")
    return "^" * ("ctrl" in modifiers) + format_key(name)


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
        """The keys one by one."""
        return self.keys.split(",")

    def binding(self) -> Binding:
        """Returns the key binding of this action."""
        return Binding(
            self.keys,
            self.name,
            self.label,
            show=self.footer,
            tooltip=self.help,
            id=self.name,
            priority=self.priority,
        )
