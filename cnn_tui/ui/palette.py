"""The command palette, made from the registry: what can be done right now."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.types import IgnoreReturnCallbackType

from cnn_tui.ui.actions import SECTIONS

_NAMES = {action.name for actions in SECTIONS.values() for action in actions}


class _Command(NamedTuple):
    title: str
    run: IgnoreReturnCallbackType


class ActionProvider(Provider):
    """Offers every action of the registry whose key works at the moment."""

    async def discover(self) -> Hits:
        """Yields all, before anything is typed."""
        for command in self._commands():
            yield DiscoveryHit(command.title, command.run)

    async def search(self, query: str) -> Hits:
        """Yields those that match."""
        matcher = self.matcher(query)
        for command in self._commands():
            score = matcher.match(command.title)
            if score > 0:
                yield Hit(score, matcher.highlight(command.title), command.run)

    def _commands(self) -> Iterator[_Command]:
        seen = {"command_palette"}
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if active.enabled and binding.action in _NAMES - seen:
                seen.add(binding.action)
                yield _Command(
                    f"{binding.description}: {binding.tooltip.rstrip('.')}",
                    partial(self.app.run_action, binding.action, active.node),
                )
