"""Every key and what it does, made from the registry of actions."""

from collections.abc import Iterator, Sequence, Set
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
    hanging_indent = _KEY_WIDTH + 2


class HelpScreen(ModalScreen[None]):
    """Shows all keys, by where they work; first those that work now."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q", "dismiss", "back"),
    ]

    def __init__(self, working: Set[tuple[str, str]]) -> None:
        """``working`` are the names and sentences of the actions that work now."""
        super().__init__()
        self._working = working

    def compose(self) -> ComposeResult:
        """Makes one list that scrolls."""
        yield HelpLines()

    def on_mount(self) -> None:
        """Fills the list."""
        self.query_one(HelpLines).show(list(_help_lines(self._working)))


def keys_text(action: Action) -> str:
    """Returns the keys of an action as they are printed on a keyboard."""
    return " ".join(format_key(key) for key in action.key_names)


def _help_lines(working: Set[tuple[str, str]]) -> Iterator[Content]:
    def is_elsewhere(section: tuple[str, Sequence[Action]]) -> bool:
        return working.isdisjoint((action.name, action.help) for action in section[1])

    for title, actions in sorted(SECTIONS.items(), key=is_elsewhere):
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
