"""Asks for the type of a new layer."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from cnn_tui.ui.widgets.text_input import TextInput

_NAME_WIDTH = 21


class ChooseLayer(ModalScreen[str | None]):
    """The types of layers, and a filter; returns the name of one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back"),
        Binding("down", "move(1)", "next"),
        Binding("up", "move(-1)", "previous"),
    ]

    def compose(self) -> ComposeResult:
        """Makes a box with the filter and the list."""
        with Vertical(classes="dialog"):
            yield Label("Insert a layer", classes="title", markup=False)
            yield TextInput(placeholder="name or first letters: mp", compact=True)
            yield OptionList(markup=False, compact=True)
            yield Label("enter chooses, esc goes back", markup=False)

    def on_mount(self) -> None:
        """Lists all types."""
        self._list("")

    @on(Input.Changed)
    def _filter(self, event: Input.Changed) -> None:
        self._list(event.value)

    def _list(self, words: str) -> None:
        from cnn_tui.shaping.kinds import KINDS, matching

        options = self.query_one(OptionList)
        options.set_options(
            Option(
                Content.assemble(name.ljust(_NAME_WIDTH), (KINDS[name], "dim")), name
            )
            for name in matching(words)
        )
        options.highlighted = 0 if options.option_count else None

    def action_move(self, step: int) -> None:
        """Moves the cursor, which needs no focus on the list."""
        options = self.query_one(OptionList)
        if options.highlighted is not None:
            last = options.option_count - 1
            options.highlighted = min(max(options.highlighted + step, 0), last)

    @on(Input.Submitted)
    def _choose_highlighted(self) -> None:
        option = self.query_one(OptionList).highlighted_option
        if option is not None:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)
