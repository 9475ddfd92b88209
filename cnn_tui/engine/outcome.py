"""How a training came to its end."""

from dataclasses import dataclass

from cnn_tui.runs.layout import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended, and why if that is not plain."""

    state: State
    reason: str | None = None
    command_id: str | None = None
    """The command that asked for it."""
    handed_over: bool = False
    """The run has not ended: it waits in ``state`` for another process."""
