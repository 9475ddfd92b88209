"""The commands that a run has not answered yet."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cnn_tui.runs import mailbox
from cnn_tui.runs.events import Event, Rejected
from cnn_tui.text import duration, printable

PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A command without an answer."""

    doing: str
    sent_at: float


class SentCommands:
    """What one screen told one run."""

    def __init__(self, run: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Has sent nothing yet."""
        self._run = run
        self._clock = clock
        self._waiting: dict[str, Waiting] = {}

    def send(self, doing: str, command: str, **arguments: object) -> None:
        """Sends a command; ``doing`` says what it is about, "pausing".

        Raises:
            InputError: The command is wrong, or the run cannot be told anything.
        """
        command_id = mailbox.send(self._run, command, **arguments)
        self._waiting[command_id] = Waiting(doing=doing, sent_at=self._clock())

    def settle(self, events: Iterable[Event]) -> list[str]:
        """Forgets what these events answer; returns why something was refused."""
        if not self._waiting:
            return []
        refusals = []
        for event in events:
            waiting = self._waiting.pop(event.command_id or "", None)
            if waiting and isinstance(event, Rejected):
                refusals.append(f"{waiting.doing}: refused: {printable(event.reason)}")
        return refusals

    def give_up(self) -> None:
        """Forgets everything: the run has ended."""
        self._waiting.clear()

    def in_words(self) -> list[str]:
        """Returns what the run was told: "pausing…", and how long that is overdue."""
        return [self._words(waiting) for waiting in self._waiting.values()]

    def _words(self, waiting: Waiting) -> str:
        waited = self._clock() - waiting.sent_at
        if waited < PATIENCE_SECONDS:
            return f"{waiting.doing}…"
        return f"{waiting.doing}… no answer for {duration(waited)}"
