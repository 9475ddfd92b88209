"""One of a few values, all in sight."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """A row of values, one of them ‹chosen›; arrow keys and the mouse choose."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "previous", show=False),
        Binding("right,space", "step(1)", "choose", key_display="←→"),
        Binding("enter", "app.focus_next", "next", show=False),
    ]
    DEFAULT_CSS = """
    Choice {
        width: auto;
        height: 1;
        &:focus { background: $surface-lighten-1; }
    }
    """

    value: reactive[str] = reactive("", layout=True)
    """The chosen value."""

    @dataclass
    class Chosen(Message):
        """Somebody chose a value."""

        value: str

    def __init__(self, values: Sequence[str]) -> None:
        """Offers the values, in this order."""
        super().__init__()
        self._values = tuple(values)

    def validate_value(self, value: str) -> str:
        """Offers what is not among the values too: another machine's device."""
        if value and value not in self._values:
            self._values += (value,)
        return value

    def render(self) -> Content:
        """Returns the row of values."""
        return Content.assemble(*map(self._part, self._values))

    def action_step(self, distance: int) -> None:
        """Chooses the value so many places further, around the end."""
        place = self._values.index(self.value) + distance
        self._choose(self._values[place % len(self._values)])

    def on_click(self, event: events.Click) -> None:
        """Chooses the value under the mouse."""
        value = event.style.meta.get("value")
        if value is not None:
            self._choose(value)

    def _choose(self, value: str) -> None:
        self.value = value
        self.post_message(self.Chosen(value))

    def _part(self, value: str) -> Content:
        meta = Style.from_meta({"value": value})
        if value == self.value:
            return Content.assemble((f"‹{value}›", "$text-accent bold")).stylize(meta)
        return Content.assemble((f" {value} ", "$text-muted")).stylize(meta)
