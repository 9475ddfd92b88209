"""The guard against values that are not finite: what becomes of a bad update."""

from collections.abc import Iterator

from msgspec import Struct

from cnn_tui.engine.actions import Action, Diagnose, End, Pause, RollBack, Skip
from cnn_tui.engine.outcome import Outcome
from cnn_tui.runs.layout import State

REASON = "non_finite"
MAX_ROLLBACKS = 3
ROLLBACK_FACTOR = 0.1


class GuardMemory(Struct, frozen=True, kw_only=True):
    """What the guard remembers, also in another process."""

    halted_before: int | None = None
    """The update that it did not let happen; to go on from there is to skip it."""
    last_skipped: int | None = None
    rollbacks: int = 0
    """Made by itself."""
    explosion_limit: float | None = None
    """Where the loss has exploded: what it has to come down to."""


def is_good(memory: GuardMemory, step: int) -> bool:
    """Whether the weights after ``step`` are worth to be gone back to.

    Those that it stopped at, and those of an exploded loss, may be on their way to
    infinity: no checkpoint of them replaces a good one.
    """
    return memory.halted_before != step + 1 and memory.explosion_limit is None


def verdict(policy: str, memory: GuardMemory, bad_step: int, lr: float) -> list[Action]:
    """Decides on update ``bad_step``, which was refused; weights are as before it.

    ``policy`` is the config's ``on_non_finite``, ``lr`` the rate of that update.
    """
    if memory.halted_before == bad_step:  # and a person said: go on
        return [Skip()]
    in_streak = memory.last_skipped == bad_step - 1
    if policy == "ignore" and in_streak:
        return [Skip()]
    return [Diagnose(), *_consequence(policy, memory, lr)]


def _consequence(policy: str, memory: GuardMemory, lr: float) -> Iterator[Action]:
    match policy:
        case "ignore":
            yield Skip()
        case "pause":
            yield Pause(reason=REASON)
        case "rollback" if memory.rollbacks < MAX_ROLLBACKS:
            yield RollBack(lr=lr * ROLLBACK_FACTOR, by_guard=True)
        case _:
            yield End(outcome=Outcome(state=State.FAILED, reason=REASON))
