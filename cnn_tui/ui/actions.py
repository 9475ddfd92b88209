"""Every action of the program: the one source of keys, footer, palette and help."""

from dataclasses import dataclass

from textual.binding import Binding


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
    priority: bool = False

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
