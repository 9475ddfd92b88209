"""What each command does to a run."""

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol, assert_never

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
from cnn_tui.engine.loop import Trainer
from cnn_tui.engine.progress import Outcome, Plan, Progress, done
from cnn_tui.errors import InputError
from cnn_tui.runs import orders
from cnn_tui.runs.layout import State
from cnn_tui.runs.mailbox import Command, Rejected

if TYPE_CHECKING:
    from cnn_tui.engine.session import Session

LIVE_NAMES = ("lr", "momentum", "weight_decay", "evaluate_every", "checkpoint_every")
LIVE_OPTIMIZER_VALUES = ("momentum", "weight_decay")
TOTAL_STEPS = "total_steps"
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


class Editable(Protocol):
    """What the live values of a training are part of."""

    config: RunConfig
    trainer: Trainer
    plan: Plan
    progress: Progress


def restore_edits(target: Editable, overrides: Overrides, lr_factor: float) -> None:
    """Makes the values edited before a checkpoint hold again."""
    for name, value in overrides.items():
        if name not in ("lr", CONSTANT_FROM_HERE):
            _apply(target, name, value)
    constant = overrides.get(CONSTANT_FROM_HERE)
    target.trainer.rates = dataclasses.replace(
        target.trainer.rates,
        factor=lr_factor,
        constant=None if constant is None else float(constant),
    )
    target.trainer.plan_to(target.plan.total_steps)
    target.plan.overrides = dict(overrides)


def live_name(key: str) -> str | None:
    """Returns the name of a live value by its full key; None if it is not live."""
    if key.startswith("training.schedule."):
        return key.removeprefix("training.")
    name = key.rpartition(".")[2]
    return name if name in LIVE_NAMES and key == full_key(name) else None


def repeat_edits(session: "Session") -> None:
    """Makes edits again that the checkpoint behind this session did not hold."""
    for name, value in session.plan.edits_at.pop(session.step, ()):
        changed = edit(session, name, value)
        session.writer.event("hyperparameter_changed", session.step, **changed)


def edit(session: "Session", name: str, value: float | int | str) -> dict[str, Any]:
    """Changes a live value from the next update on; it is on disk then.

    Returns its name, and the values before and after.

    Raises:
        InputError: if there is no such value here, or it is out of range.
    """
    session.report()
    before = _value(session, name)
    change(session, name, value)
    session.save()
    return {"name": name, "from": before, "to": value}


def change(target: Editable, name: str, value: float | int | str) -> None:
    """Changes a live value from the next update on.

    Raises:
        InputError: if there is no such value here, or it is out of range.
    """
    if name == "lr":
        _validated(target, name, value)
        _change_rate(target, float(value))
    elif name == TOTAL_STEPS:
        target.plan.total_steps = int(value)
        target.trainer.plan_to(target.plan.total_steps)
    else:
        _apply(target, name, value)
        target.plan.overrides[name] = value


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
            if not session.control.can_hand_over:
                raise InputError("this run already goes on in the background")
            session.plan.ending = Outcome(
                state=session.progress.state, handed_over=True, command_id=command.id
            )
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
    return edit(session, TOTAL_STEPS, after)


def _change_rate(target: Editable, value: float) -> None:
    target.trainer.rates = target.trainer.rates.edited(value, target.trainer.step)
    target.progress.lr = value
    overrides = target.plan.overrides
    overrides["lr"] = value
    overrides.pop(CONSTANT_FROM_HERE, None)
    if target.trainer.rates.constant is not None:
        overrides[CONSTANT_FROM_HERE] = value


def _value(target: Editable, name: str) -> float | int | str:
    if name == "lr":
        return target.trainer.rates.at(target.trainer.step + 1)
    if name == TOTAL_STEPS:
        return target.plan.total_steps
    owner: Any = target.config.training
    if name in LIVE_OPTIMIZER_VALUES:
        owner = owner.optimizer
    elif name.startswith("schedule."):
        owner, name = owner.schedule, name.removeprefix("schedule.")
    value: float | int | str = getattr(owner, name, 0.0)
    return value


def _validated(target: Editable, name: str, value: Any) -> RunConfig:
    mapping = apply_settings(to_mapping(target.config), [(full_key(name), value)])
    return parse_mapping(mapping, "set")


def _apply(target: Editable, name: str, value: Any) -> None:
    target.config = _validated(target, name, value)
    if name.startswith("schedule."):
        target.trainer.rates = dataclasses.replace(
            target.trainer.rates, schedule=target.config.training.schedule
        )
    if name in LIVE_OPTIMIZER_VALUES:
        optimizer = target.trainer.optimizer
        for group in optimizer.param_groups:
            group[name] = value
        if name == "momentum" and isinstance(optimizer, torch.optim.RMSprop):
            # RMSprop makes its momentum buffers at the first update or never.
            for state in optimizer.state.values():
                state.setdefault(
                    "momentum_buffer", torch.zeros_like(state["square_avg"])
                )
