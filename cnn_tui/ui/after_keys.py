"""What has to wait until the keys before it have had their effect.

A key reaches the application by way of all widgets above the one with the focus, and
so does what it asks for, such as the start of a run: each has a queue of its own. What
is sent the same way stays behind them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any

from textual.app import App
from textual.message import Message


@dataclass
class AfterKeys(Message):
    """Comes to the application; it is to call ``do`` then."""

    do: Callable[[], object]


def after_keys(app: App[Any], do: Callable[[], object]) -> None:
    """Lets something be done after what the keys before this one ask for."""
    if not (app.focused or app.screen).post_message(AfterKeys(do)):
        do()


def await_keys(app: App[Any], seconds: float) -> None:
    """Waits, in another thread, until all keys so far have had their effect."""
    done = Event()
    # Twice: a key may still be on its way, and what it asks for comes after it.
    if app.call_later(after_keys, app, partial(after_keys, app, done.set)):
        done.wait(seconds)
