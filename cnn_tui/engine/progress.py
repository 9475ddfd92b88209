"""What is known of a run beside its weights: how far it is and what is to be done."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cnn_tui.engine.checkpoint import Overrides
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Best


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a run ended, and why if that is not plain."""

    state: State
    reason: str | None = None
    command_id: str | None = None
    """The command that asked for it."""
    handed_over: bool = False
    """The run has not ended: it waits in ``state`` for another process."""


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a run is; the heart's thread reads it, too."""

    state: State = State.STARTING
    reason: str | None = None
    lr: float | None = None
    train_loss: float | None = None
    images_per_second: float | None = None
    steps_per_second: float | None = None
    """Over all of this process's training, evaluations included."""
    tested: dict[str, float] = field(default_factory=dict)
    """The values of the last test row, by their names there."""
    best: Best | None = None
    last_checkpoint_step: int | None = None
    progress_at: datetime | None = None
    """When the last update was reported."""


@dataclass(slots=True, kw_only=True)
class Plan:
    """What is still to be done; commands change it."""

    total_steps: int
    horizon: int
    """``total_steps`` when the run was created."""
    overrides: Overrides = field(default_factory=dict)
    """Values edited while training, by name."""
    pause_at_step: int | None = None
    ending: Outcome | None = None
    edits_at: dict[int, list[tuple[str, Any]]] = field(default_factory=dict)
    """Edits to be made again, by the last step before they count."""


def done(command_id: str | None) -> dict[str, Any]:
    """Returns what makes an event the answer to a command that was carried out."""
    return {} if command_id is None else {"command_id": command_id, "outcome": "done"}
