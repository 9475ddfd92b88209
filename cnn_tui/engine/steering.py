"""What each command does to a run."""

from typing import TYPE_CHECKING, Any, assert_never

import torch

from cnn_tui.config import (
    RunConfig,
    apply_settings,
    full_key,
    parse_mapping,
    to_mapping,
)
from cnn_tui.config.models import MAX_STEPS, Cosine, OneCycle
from cnn_tui.engine.checkpoint import Overrides, step_file
from cnn_tui.engine.progress import Outcome, done
from cnn_tui.errors import InputError
from cnn_tui.runs import orders
from cnn_tui.runs.layout import State
from cnn_tui.runs.mailbox import Command, Rejected

if TYPE_CHECKING:
    from cnn_tui.engine.session import Session

LIVE_OPTIMIZER_VALUES = ("momentum", "weight_decay")
CONSTANT_FROM_HERE = "constant_lr"
"""The override that says that the schedule no longer counts."""


def answer(session: "Session", item: Command | Rejected) -> None:
    """Does what a command says and appends the answering event."""
    try:
        if isinstance(item, Rejected):
            raise InputError(item.reason)
        _perform(session, item)
    except InputError as error:
        refusal = {"outcome": "rejected", "reason": str(error)}
        session.writer.event("rejected", session.step, command_id=item.id, **refusal)


def restore_edits(session: "Session", overrides: Overrides, lr_factor: float) -> None:
    """Makes the values edited before a checkpoint hold again."""
    for name, value in overrides.items():
        if name not in ("lr", CONSTANT_FROM_HERE):
            _apply(session, name, value)
    constant = overrides.get(CONSTANT_FROM_HERE)
    session.trainer.rates = session.trainer.rates.with_edit(
        factor=lr_factor, constant=None if constant is None else float(constant)
    )
    session.trainer.plan_to(session.plan.total_steps)
    session.plan.overrides = dict(overrides)


def edit(session: "Session", name: str, value: float | int | str) -> dict[str, Any]:
    """Changes a hyperparameter from the next update on; it is on disk then.

    Returns the name, and the values before and after.

    Raises:
        InputError: if there is no such value here, or it is out of range.
    """
    before = _value(session, name)
    if name == "lr":
        _validated(session, name, value)
        _edit_rate(session, float(value))
    else:
        _apply(session, name, value)
        session.plan.overrides[name] = value
    session.save()
    return {"name": name, "from": before, "to": value}


def _perform(session: "Session", command: Command) -> None:
    """Raises InputError for what cannot be done now."""
    match command.order:
        case orders.Pause():
            session.pause(answers=command.id)
        case orders.Resume():
            session.resume()
            _reply(session, command, "resumed")
        case orders.StepBatches(count=count):
            _reply(
                session,
                command,
                "resumed",
                until=_run_to(session, session.step + count),
            )
        case orders.FinishEpoch():
            per_epoch = session.trainer.steps_per_epoch
            end = (session.step // per_epoch + 1) * per_epoch
            _reply(session, command, "resumed", until=_run_to(session, end))
        case orders.Evaluate():
            session.evaluate(answers=command.id)
        case orders.SaveCheckpoint():
            session.save(also_as=[step_file(session.step)], answers=command.id)
        case orders.Stop():
            session.plan.ending = Outcome(state=State.STOPPED, command_id=command.id)
        case orders.Detach():
            raise InputError("this run has no terminal to be detached from")
        case orders.SetValue(name=name, value=value):
            changed = edit(session, name, value)
            _reply(session, command, "hyperparameter_changed", **changed)
        case orders.Extend(steps=steps):
            changed = _extend(session, steps)
            _reply(session, command, "hyperparameter_changed", **changed)
        case orders.RollBack(lr=lr):
            session.guard.roll_back(session, lr, answers=command.id)
        case _:
            assert_never(command.order)


def _reply(session: "Session", command: Command, event: str, **details: object) -> None:
    session.writer.event(event, session.step, **details, **done(command.id))


def _run_to(session: "Session", step: int) -> int:
    """Goes on until ``step``, or the end of the run if that is nearer."""
    session.plan.pause_at_step = min(step, session.plan.total_steps)
    session.resume()
    return session.plan.pause_at_step


def _extend(session: "Session", steps: int) -> dict[str, Any]:
    schedule, before = session.config.training.schedule, session.plan.total_steps
    after = before + steps
    ends = isinstance(schedule, Cosine | OneCycle) and after > session.plan.horizon
    if ends and session.trainer.rates.constant is None:
        raise InputError(
            f"the {schedule.name} schedule ends at iteration "
            f"{session.plan.horizon:,}; resume the finished run with a new lr instead"
        )
    if after > MAX_STEPS:
        raise InputError(f"a run has at most {MAX_STEPS:,} iterations")
    session.plan.total_steps = after
    session.trainer.plan_to(after)
    session.save()
    return {"name": "total_steps", "from": before, "to": after}


def _edit_rate(session: "Session", value: float) -> None:
    session.trainer.rates = session.trainer.rates.edited(value, session.step)
    session.progress.lr = value
    overrides = session.plan.overrides
    overrides["lr"] = value
    overrides.pop(CONSTANT_FROM_HERE, None)
    if session.trainer.rates.constant is not None:
        overrides[CONSTANT_FROM_HERE] = value


def _value(session: "Session", name: str) -> float | int | str:
    if name == "lr":
        return session.trainer.rates.at(session.step + 1)
    training = session.config.training
    owner = training.optimizer if name in LIVE_OPTIMIZER_VALUES else training
    value: float | int | str = getattr(owner, name, 0.0)
    return value


def _validated(session: "Session", name: str, value: Any) -> RunConfig:
    mapping = apply_settings(to_mapping(session.config), [(full_key(name), value)])
    return parse_mapping(mapping, "set")


def _apply(session: "Session", name: str, value: Any) -> None:
    session.config = _validated(session, name, value)
    if name in LIVE_OPTIMIZER_VALUES:
        optimizer = session.trainer.optimizer
        for group in optimizer.param_groups:
            group[name] = value
        if name == "momentum" and isinstance(optimizer, torch.optim.RMSprop):
            # RMSprop makes its momentum buffers at the first update or never.
            for state in optimizer.state.values():
                state.setdefault(
                    "momentum_buffer", torch.zeros_like(state["square_avg"])
                )
