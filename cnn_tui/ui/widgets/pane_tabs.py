"""One line that names the panes of which only one is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import RenderResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class PaneTabs(Widget):
    """The names of panes; a click chooses one."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "PaneTabs { height: 1; }"

    current: reactive[int] = reactive(0)
    """The pane that is shown."""

    note: reactive[str] = reactive("")
    """Something about it, at the right, where there is room."""

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        index: int

    def __init__(self, names: Sequence[str]) -> None:
        """Takes the names from left to right."""
        super().__init__()
        self._names = tuple(names)

    def render(self) -> RenderResult:
        """Returns the names, the current one in brackets, and the note."""
        names = Content.assemble(
            *(
                (f"[{name}]", "bold $accent")
                if index == self.current
                else (f" {name} ", "$foreground 60%")
                for index, name in enumerate(self._names)
            )
        )
        room = self.size.width - names.cell_length - 1
        if len(self.note) + 1 > room:
            return names
        return names + Content.styled(f"{self.note:>{room}}", "$foreground 60%")

    def on_click(self, event: events.Click) -> None:
        """Tells which name was clicked."""
        start = 0
        for index, name in enumerate(self._names):
            if start <= event.x < start + len(name) + 2:
                self.post_message(self.Chosen(index))
            start += len(name) + 2
