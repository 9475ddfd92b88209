"""Live values: what can be changed while a run trains, and how it is."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from cnn_tui.config import (
    RunConfig,
    apply_settings,
    full_key,
    parse_mapping,
    to_mapping,
)
from cnn_tui.config.models import MAX_STEPS, Cosine, OneCycle
from cnn_tui.engine.checkpoint import Overrides
from cnn_tui.engine.state import RunState
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import InputError
from cnn_tui.runs.events import Value
from cnn_tui.runs.orders import LIVE_NAMES

TOTAL_STEPS = "total_steps"
CONSTANT_FROM_HERE = "constant_lr"
"""The override that says that the schedule no longer counts."""
_OF_THE_OPTIMIZER = ("momentum", "weight_decay")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An edit that was made."""

    name: str
    before: Value
    after: Value


def live_name(key: str) -> str | None:
    """Returns the name of a live value by its full key; None if it is not live."""
    if key.startswith("training.schedule."):
        return key.removeprefix("training.")
    name = key.rpartition(".")[2]
    return name if name in LIVE_NAMES and key == full_key(name) else None


def check(config: RunConfig, name: str, value: Value) -> None:
    """Raises InputError if there is no such value here, or it is out of range."""
    if name != TOTAL_STEPS:
        _edited(config, name, value)


def extended(state: RunState, steps: int) -> int:
    """Returns the total of a run that is to do ``steps`` more.

    Raises:
        InputError: if its schedule ends before, or it is too much.
    """
    schedule, total_steps = state.config.training.schedule, state.plan.total_steps
    is_past = total_steps + steps > state.plan.horizon
    has_end = isinstance(schedule, Cosine | OneCycle)
    if has_end and is_past and CONSTANT_FROM_HERE not in state.plan.overrides:
        raise InputError(
            f"the {schedule.name} schedule ends at update "
            f"{state.plan.horizon:,}; resume the finished run with a new lr instead"
        )
    if total_steps + steps > MAX_STEPS:
        raise InputError(f"a run has at most {MAX_STEPS:,} iterations")
    return total_steps + steps


def apply(state: RunState, trainer: Trainer, name: str, value: Value) -> Change:
    """Changes a live value from the next update on.

    Raises:
        InputError: if there is no such value here, or it is out of range.
    """
    check(state.config, name, value)
    before = _value(state, trainer, name)
    if name == "lr":
        _set_rate(state, trainer, float(value))
    elif name == TOTAL_STEPS:
        state.plan.total_steps = int(value)
        trainer.plan_to(state.plan.total_steps)
    else:
        _set(state, trainer, name, value)
        state.plan.overrides[name] = value
    return Change(name=name, before=before, after=value)


def restore(
    state: RunState, trainer: Trainer, overrides: Overrides, lr_factor: float
) -> None:
    """Makes the values edited before a checkpoint hold again, and no later ones."""
    state.config = state.planned
    schedule = state.planned.training.schedule
    trainer.rates = dataclasses.replace(trainer.rates, schedule=schedule)
    for name, value in overrides.items():
        if name not in ("lr", CONSTANT_FROM_HERE) and value is not None:
            _set(state, trainer, name, value)
    constant = overrides.get(CONSTANT_FROM_HERE)
    trainer.rates = dataclasses.replace(
        trainer.rates,
        factor=lr_factor,
        constant=None if constant is None else float(constant),
    )
    trainer.plan_to(state.plan.total_steps)
    state.plan.overrides = dict(overrides)


def _set_rate(state: RunState, trainer: Trainer, value: float) -> None:
    trainer.rates = trainer.rates.edited(value, trainer.step)
    state.results.lr = value
    overrides = state.plan.overrides
    overrides["lr"] = value
    overrides.pop(CONSTANT_FROM_HERE, None)
    if trainer.rates.constant is not None:
        overrides[CONSTANT_FROM_HERE] = value


def _value(state: RunState, trainer: Trainer, name: str) -> Value:
    if name == "lr":
        return trainer.rates.at(trainer.step + 1)
    if name == TOTAL_STEPS:
        return state.plan.total_steps
    owner: Any = state.config.training
    if name in _OF_THE_OPTIMIZER:
        owner = owner.optimizer
    elif name.startswith("schedule."):
        owner, name = owner.schedule, name.removeprefix("schedule.")
    value: Value = getattr(owner, name, 0.0)
    return value


def _edited(config: RunConfig, name: str, value: Value) -> RunConfig:
    mapping = apply_settings(to_mapping(config), [(full_key(name), value)])
    return parse_mapping(mapping, "set")


def _set(state: RunState, trainer: Trainer, name: str, value: Value) -> None:
    state.config = _edited(state.config, name, value)
    if name.startswith("schedule."):
        trainer.rates = dataclasses.replace(
            trainer.rates, schedule=state.config.training.schedule
        )
    if name in _OF_THE_OPTIMIZER:
        trainer.set_optimizer_value(name, value)
