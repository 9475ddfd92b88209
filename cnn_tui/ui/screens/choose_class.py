"""Asks for the right class of a picture."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList

from cnn_tui.text import printable

LEAVE_OUT = -1
"""Instead of a class: no run is to use the picture."""


class ChooseClass(ModalScreen[int | None]):
    """A list of classes; returns the number of one, or LEAVE_OUT."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
    ]

    def __init__(self, title: str, class_names: Sequence[str], at: int) -> None:
        """``at`` is the class that the cursor is on at first."""
        super().__init__()
        self._title = title
        self._names = class_names
        self._at = at

    def compose(self) -> ComposeResult:
        """Makes a box with the list."""
        names = [*map(printable, self._names), "leave it out of new runs"]
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield OptionList(*names, markup=False, compact=True)
            yield Label("enter chooses, esc goes back", markup=False)

    def on_mount(self) -> None:
        """Puts the cursor on the class that is likely."""
        self.query_one(OptionList).highlighted = self._at

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        index = event.option_index
        self.dismiss(index if index < len(self._names) else LEAVE_OUT)
