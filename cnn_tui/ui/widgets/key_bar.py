"""The footer: as many of the keys that work now as there is room for."""

from typing import NamedTuple

from textual import events
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from cnn_tui.ui.actions import SECTIONS, Action, printed

_ACTIONS = {
    (action.name, action.help): action
    for actions in SECTIONS.values()
    for action in actions
}
_ORDER = list(_ACTIONS.values())


class _Entry(NamedTuple):
    action: Action
    active: ActiveBinding
    """The first of its keys that works now: in a text field, "q" does not."""

    @property
    def key(self) -> str:
        return printed(self.active.binding.key)

    @property
    def width(self) -> int:
        return len(self.key) + len(self.action.label) + 3


class KeyBar(Widget):
    """Keys and what they do; a click does it, too."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $panel;
        color: $foreground;
    }
    """

    _entries: tuple[_Entry, ...] = ()

    def on_mount(self) -> None:
        """Follows what works."""
        self.screen.bindings_updated_signal.subscribe(self, self._update)
        self._update(self.screen)

    def render(self) -> RenderResult:
        """Returns the entries that fit."""
        parts = []
        for entry in self._fitting():
            muted = "" if entry.active.enabled else "$foreground 35%"
            parts += [
                (f" {entry.key} ", muted or "$accent bold"),
                (f"{entry.action.label} ", muted or "$foreground 60%"),
            ]
        return Content.assemble(*parts)

    async def on_click(self, event: events.Click) -> None:
        """Does what was clicked on."""
        start = 0
        for entry in self._fitting():
            if start <= event.x < start + entry.width:
                active = entry.active
                await self.app.run_action(active.binding.action, active.node)
            start += entry.width

    def _update(self, screen: Screen[object]) -> None:
        entries = _entries(screen)
        if entries != self._entries:
            self._entries = entries
            self.refresh()

    def _fitting(self) -> list[_Entry]:
        """Returns what there is room for, in the order of the registry."""
        room, fitting = self.size.width, set()
        for entry in sorted(self._entries, key=lambda entry: entry.action.rank):
            if entry.width <= room:
                room -= entry.width
                fitting.add(entry.action)
        return [entry for entry in self._entries if entry.action in fitting]


def _entries(screen: Screen[object]) -> tuple[_Entry, ...]:
    """Returns what is to be shown, each action once, in the order of the registry."""
    found: dict[Action, dict[str, ActiveBinding]] = {}
    for key, active in screen.active_bindings.items():
        action = _ACTIONS.get((active.binding.action, active.binding.tooltip))
        if action and action.footer:
            found.setdefault(action, {})[key] = active
    return tuple(
        _Entry(action, next(filter(None, map(found[action].get, action.key_names))))
        for action in sorted(found, key=_ORDER.index)
    )
