"""Keys typed ahead wait until what they are meant for can take them."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from textual import events
from textual.app import App
from textual.screen import Screen
from textual.worker import Worker

READING = "reading"
"""How groups of a screen's workers begin that keys need not wait for."""
LOOK_SECONDS = 0.002
PATIENCE_SECONDS = 10.0
"""After that a key is passed on, whatever it would have to wait for."""


class TypeAhead:
    """Passes keys on one by one, each when the one before it has had its effect.

    Textual sends each key at once to the widget that has the focus when it comes in.
    A dialog that an earlier key opens, and a focus that it moves, come later: keys of
    one burst would all go to where the first belongs.
    A screen whose ``is_ready`` is False has not read yet what keys are meant for.
    """

    def __init__(
        self, app: App[Any], pass_on: Callable[[events.Event], Awaitable[None]]
    ) -> None:
        """``pass_on`` sends an event to the widget that has the focus."""
        self._app = app
        self._pass_on = pass_on
        self._waiting: deque[Callable[[], object]] = deque()
        self._task: asyncio.Task[None] | None = None

    def take(self, event: events.Key | events.Paste) -> None:
        """Takes in what was typed; it is passed on when its time has come."""
        self._then(partial(self._pass_on, event))

    def wait(self, seconds: float) -> None:
        """Waits, in another thread, until all typed so far has had its effect."""
        done = threading.Event()
        if self._app.call_later(self._then, done.set):
            done.wait(seconds)

    def _then(self, do: Callable[[], object]) -> None:
        self._waiting.append(do)
        if len(self._waiting) == 1:
            self._task = asyncio.create_task(self._do_all())

    async def _do_all(self) -> None:
        while self._waiting:
            await self._settle()
            self._app.call_later(self._waiting.popleft())

    async def _settle(self) -> None:
        """Waits until nothing is on its way any more, but not for ever."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        await self._turn_of_application()
        while not self._has_settled() and time.monotonic() < give_up_at:
            await asyncio.sleep(LOOK_SECONDS)
            await self._turn_of_application()

    async def _turn_of_application(self) -> None:
        """Waits until the application has done all that it was told so far."""
        done = asyncio.Event()
        if self._app.call_later(done.set):
            await done.wait()

    def _has_settled(self) -> bool:
        """Whether nothing is at work that could open a screen or move the focus."""
        if not self._app.screen_stack:  # the program ends
            return True
        screen = self._app.screen
        nodes = (self._app, *screen.walk_children(with_self=True))
        return (
            screen.is_mounted
            and getattr(screen, "is_ready", True)
            and not any(node.message_queue_size for node in nodes)
            and not any(_delays_keys(worker, screen) for worker in self._app.workers)
        )


def _delays_keys(worker: Worker[Any], screen: Screen[Any]) -> bool:
    is_reading = worker.group.startswith(READING)
    return worker.node is screen and worker.is_running and not is_reading
