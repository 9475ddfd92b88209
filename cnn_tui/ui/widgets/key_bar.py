"""The footer: as many of the keys that work now as there is room for."""

from typing import NamedTuple

from textual import events
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from cnn_tui.ui.actions import SECTIONS

_ACTIONS = {
    (action.name, action.help): action
    for actions in SECTIONS.values()
    for action in actions
}
_ORDER = list(_ACTIONS.values())
_LAST = "show_help"
"""The way to all other keys; it is there whatever has to be left out."""


class _Entry(NamedTuple):
    key: str
    label: str
    active: ActiveBinding

    @property
    def width(self) -> int:
        return len(self.key) + len(self.label) + 3


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
                (f"{entry.label} ", muted or "$foreground 60%"),
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
        room = self.size.width
        last = [entry for entry in self._entries if entry.active.binding.id == _LAST]
        room -= sum(entry.width for entry in last)
        fitting = []
        for entry in self._entries:
            room -= entry.width if entry not in last else 0
            if room < 0:
                break
            if entry not in last:
                fitting.append(entry)
        return fitting + last


def _entries(screen: Screen[object]) -> tuple[_Entry, ...]:
    """Returns what is to be shown, each action once, in the order of the registry."""
    found = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        action = _ACTIONS.get((binding.action, binding.tooltip))
        if action and action.footer:
            found[action] = _Entry(action.key, action.label, active)
    return tuple(found[action] for action in sorted(found, key=_ORDER.index))
