"""Every key and what it does, made from the registry of actions."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.keys import format_key
from textual.screen import ModalScreen

from cnn_tui.ui.actions import CHART, SECTIONS, Action
from cnn_tui.ui.glyphs import MARK_NAMES
from cnn_tui.ui.widgets.lines import Lines

_KEY_WIDTH = 16


class HelpLines(Lines, can_focus=True):
    """The list of keys."""

    BORDER_TITLE = "Keys"


class HelpScreen(ModalScreen[None]):
    """Shows all keys, by where they work."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "back"),
    ]

    def compose(self) -> ComposeResult:
        """Makes one list that scrolls."""
        yield HelpLines()

    def on_mount(self) -> None:
        """Fills the list."""
        self.query_one(HelpLines).show(list(_help_lines()))


def keys_text(action: Action) -> str:
    """Returns the keys of an action as they are printed on a keyboard."""
    return " ".join(format_key(key) for key in action.keys.split(","))


def _help_lines() -> Iterator[Content]:
    for title, actions in SECTIONS.items():
        yield Content.styled(title, "bold $accent")
        for action in actions:
            keys = f"  {keys_text(action):<{_KEY_WIDTH}}"
            yield Content.assemble((keys, "bold"), action.help)
        if actions is CHART:
            yield from _mark_lines()
        yield Content()


def _mark_lines() -> Iterator[Content]:
    """Yields what the marks mean that lie on the x axis."""
    for glyph, name in MARK_NAMES.items():
        mark = f"  {glyph:<{_KEY_WIDTH}}"
        yield Content.assemble((mark, "bold"), f"On the x axis: {name}.")
