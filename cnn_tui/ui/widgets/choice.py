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

from cnn_tui.ui.actions import CHOICE

_MORE = "…"


class Choice(Widget, can_focus=True):
    """A row of values, one of them ‹chosen›; arrow keys and the mouse choose."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        *(action.binding() for action in CHOICE),
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
        """Returns the row of values, from where the chosen one is in sight."""
        first = self._first_in_sight()
        parts = map(self._part, self._values[first:])
        return Content.assemble(*([_MORE] if first else []), *parts)

    def action_choose_next(self) -> None:
        """Chooses the next value; after the last the first."""
        self._step(1)

    def action_choose_previous(self) -> None:
        """Chooses the previous value; before the first the last."""
        self._step(-1)

    def on_click(self, event: events.Click) -> None:
        """Chooses the value under the mouse."""
        value = event.style.meta.get("value")
        if value is not None:
            self._choose(value)

    def _first_in_sight(self) -> int:
        """Returns which value comes first, so that the chosen one is not cut off."""
        if self.value not in self._values:
            return 0
        first, chosen = 0, self._values.index(self.value)
        while first < chosen and self._cells(first, chosen) > self._room():
            first += 1
        return first

    def _cells(self, first: int, last: int) -> int:
        more = len(_MORE) if first else 0
        return more + sum(len(value) + 2 for value in self._values[first : last + 1])

    def _room(self) -> int:
        row = self.parent
        if not isinstance(row, Widget) or not row.size.width:
            return sum(len(value) + 2 for value in self._values)
        return row.size.width - (self.region.x - row.region.x)

    def _step(self, distance: int) -> None:
        place = self._values.index(self.value) + distance
        self._choose(self._values[place % len(self._values)])

    def _choose(self, value: str) -> None:
        self.value = value
        self.post_message(self.Chosen(value))

    def _part(self, value: str) -> Content:
        meta = Style.from_meta({"value": value})
        if value == self.value:
            return Content.assemble((f"‹{value}›", "$text-accent bold")).stylize(meta)
        return Content.assemble((f" {value} ", "$foreground 60%")).stylize(meta)
