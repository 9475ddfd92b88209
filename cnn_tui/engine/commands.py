"""What each command means for a run as it stands: a decision, not yet a deed."""

import math
from dataclasses import dataclass
from typing import assert_never

from cnn_tui.engine import edits
from cnn_tui.engine.actions import (
    Action,
    Edit,
    End,
    Evaluate,
    Pause,
    Reject,
    RollBack,
    RunTo,
    Save,
    Unpause,
)
from cnn_tui.engine.guard import ROLLBACK_FACTOR
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.state import RunState
from cnn_tui.errors import InputError
from cnn_tui.runs import orders
from cnn_tui.runs.history import step_file
from cnn_tui.runs.layout import State
from cnn_tui.runs.mailbox import Command, Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where the training stands, for those who decide."""

    step: int
    lr: float
    """Of the next update."""
    can_hand_over: bool = True


def decide(item: Command | Rejected, state: RunState, at: Standing) -> Action:
    """Returns what is to be done about something that lay in the mailbox."""
    if isinstance(item, Rejected):
        return Reject(reason=item.reason, command_id=item.id)
    try:
        return _decide(item, state, at)
    except InputError as error:
        return Reject(reason=str(error), command_id=item.id)


def _decide(command: Command, state: RunState, at: Standing) -> Action:
    """Raises InputError for what cannot be done now."""
    answers, total_steps = command.id, state.plan.total_steps
    match command.order:
        case orders.Pause():
            return Pause(command_id=answers)
        case orders.Resume():
            return Unpause(command_id=answers)
        case orders.StepBatches(count=count):
            return RunTo(step=min(at.step + count, total_steps), command_id=answers)
        case orders.FinishEpoch():
            per_epoch = state.config.steps_per_epoch
            end = (at.step // per_epoch + 1) * per_epoch
            return RunTo(step=min(end, total_steps), command_id=answers)
        case orders.Evaluate():
            return Evaluate(command_id=answers)
        case orders.SaveCheckpoint():
            return Save(also_as=(step_file(at.step),), command_id=answers)
        case orders.Stop():
            return End(outcome=Outcome(state=State.STOPPED, command_id=answers))
        case orders.Detach():
            if not at.can_hand_over:
                raise InputError("this run already goes on in the background")
            return End(outcome=handed_over(state, answers))
        case orders.SetValue(name=name, value=value):
            edits.check(state.config, name, value)
            return Edit(name=name, value=value, command_id=answers)
        case orders.Extend(steps=steps):
            total_steps = edits.extended(state, steps)
            return Edit(name=edits.TOTAL_STEPS, value=total_steps, command_id=answers)
        case orders.RollBack(lr=lr):
            return RollBack(lr=_lower_rate(lr, at.lr), command_id=answers)
        case _:
            assert_never(command.order)


def handed_over(state: RunState, command_id: str | None = None) -> Outcome:
    """Returns the outcome of a run that is left to another process as it stands."""
    return Outcome(state=state.phase, handed_over=True, command_id=command_id)


def _lower_rate(wanted: float | None, current: float) -> float:
    lr = wanted or current * ROLLBACK_FACTOR
    if not math.isfinite(lr) or lr <= 0:
        raise InputError("lr must be above 0")
    return lr
