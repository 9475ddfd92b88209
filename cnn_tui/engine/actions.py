"""Decisions as values: what is to be done at a batch boundary.

Commands, the guard and the plan decide; the interpreter alone performs.
"""

from dataclasses import dataclass

from cnn_tui.engine.outcome import Outcome
from cnn_tui.runs.events import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Action:
    command_id: str | None = None
    """The command that asked for it and is to be answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(_Action):
    """Stand still, with a checkpoint."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpause(_Action):
    """Go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTo(_Action):
    """Go on to ``step``, then pause."""

    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluate(_Action):
    """Evaluate here, unless that was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Save(_Action):
    """Write a checkpoint, under further names as well."""

    also_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(_Action):
    """Change a live value from the next update on."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class EditSchedule(_Action):
    """Change values of the schedule from the next update on, all at once."""

    values: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBack(_Action):
    """Go back to the last good checkpoint with another learning rate."""

    lr: float
    by_guard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnose(_Action):
    """Find out where the next update is not finite, and note it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Skip(_Action):
    """Pass over the next update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End(_Action):
    """End the training here."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(_Action):
    """Refuse a command."""

    reason: str


Action = (
    Pause
    | Unpause
    | RunTo
    | Evaluate
    | Save
    | Edit
    | EditSchedule
    | RollBack
    | Diagnose
    | Skip
    | End
    | Reject
)
