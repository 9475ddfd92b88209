"""Live values: what can be changed while a run trains, and how it is."""

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cnn_tui.config import (
    RunConfig,
    apply_settings,
    full_key,
    parse_mapping,
    to_mapping,
)
from cnn_tui.config.values import MAX_STEPS
from cnn_tui.engine.actions import Edit, EditSchedule
from cnn_tui.engine.checkpoint import Overrides
from cnn_tui.engine.state import RunState
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import InputError
from cnn_tui.runs.events import Value
from cnn_tui.runs.orders import LIVE_NAMES
from cnn_tui.runs.overrides import (
    CONSTANT_LR,
    SCHEDULE,
    SCHEDULE_NAME,
    schedule_over_before,
    with_schedule,
)

TOTAL_STEPS = "total_steps"
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


def as_actions(made: Iterable[tuple[str, Value]]) -> Iterator[Edit | EditSchedule]:
    """Yields edits in their order; those of the schedule hold together only.

    The name of a schedule is the first of its values: it begins another change.
    """
    together: list[tuple[str, Value]] = []
    for name, value in made:
        of_schedule = name.startswith(SCHEDULE)
        if together and (name == SCHEDULE_NAME or not of_schedule):
            yield EditSchedule(values=tuple(together))
            together = []
        if of_schedule:
            together.append((name, value))
        else:
            yield Edit(name=name, value=value)
    if together:
        yield EditSchedule(values=tuple(together))


def overridden(config: RunConfig, overrides: Overrides) -> RunConfig:
    """Returns a config, as it was planned, with values edited since.

    Raises:
        InputError: if they do not go together.
    """
    known = [
        (name, value)
        for name, value in overrides.items()
        if value is not None and name not in ("lr", CONSTANT_LR)
    ]
    return _edited(config, known)


def check(config: RunConfig, name: str, value: Value) -> None:
    """Raises InputError if there is no such value here, or it is out of range."""
    if name != TOTAL_STEPS:
        _edited(config, [(name, value)])


def extended(state: RunState, steps: int) -> int:
    """Returns the total of a run that is to do ``steps`` more.

    Raises:
        InputError: if its schedule ends before, or it is too much.
    """
    plan, total_steps = state.plan, state.plan.total_steps + steps
    over = schedule_over_before(total_steps, state.planned, plan.overrides)
    if over is not None:
        raise InputError(
            f"the {over} schedule ends at update {plan.horizon:,}; resume the finished "
            "run with a new lr instead"
        )
    if total_steps > MAX_STEPS:
        raise InputError(f"a run has at most {MAX_STEPS:,} iterations")
    return total_steps


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


def apply_schedule(
    state: RunState, trainer: Trainer, values: Iterable[tuple[str, Value]]
) -> list[Change]:
    """Changes the schedule from the next update on; it counts again, if it did not.

    Raises:
        InputError: if there is no such schedule.
    """
    values = list(values)
    overrides = with_schedule(state.plan.overrides, dict(values))
    # From the plan, as a restored checkpoint does it: both have to give the same.
    config = overridden(state.planned, overrides)
    changes = [
        Change(name=name, before=_value(state, trainer, name), after=value)
        for name, value in values
    ]
    schedule = config.training.schedule
    trainer.rates = dataclasses.replace(trainer.rates, schedule=schedule, constant=None)
    state.config, state.plan.overrides = config, overrides
    return changes


def restore(
    state: RunState, trainer: Trainer, overrides: Overrides, lr_factor: float
) -> None:
    """Makes the values edited before a checkpoint hold again, and no later ones."""
    state.config = overridden(state.planned, overrides)
    for name in _OF_THE_OPTIMIZER:
        if (value := overrides.get(name)) is not None:
            trainer.set_optimizer_value(name, value)
    constant = overrides.get(CONSTANT_LR)
    trainer.rates = dataclasses.replace(
        trainer.rates,
        schedule=state.config.training.schedule,
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
    overrides.pop(CONSTANT_LR, None)
    if trainer.rates.constant is not None:
        overrides[CONSTANT_LR] = value


def _value(state: RunState, trainer: Trainer, name: str) -> Value:
    if name == "lr":
        return trainer.rates.at(trainer.step + 1)
    if name == TOTAL_STEPS:
        return state.plan.total_steps
    owner: Any = state.config.training
    if name in _OF_THE_OPTIMIZER:
        owner = owner.optimizer
    elif name.startswith(SCHEDULE):
        owner, name = owner.schedule, name.removeprefix(SCHEDULE)
    value: Value = getattr(owner, name, 0.0)
    return value


def _edited(config: RunConfig, values: Iterable[tuple[str, Value]]) -> RunConfig:
    settings = [(full_key(name), value) for name, value in values]
    # The name first: it takes away what belonged to another schedule.
    settings.sort(key=lambda setting: not setting[0].endswith(".name"))
    return parse_mapping(apply_settings(to_mapping(config), settings), "set")


def _set(state: RunState, trainer: Trainer, name: str, value: Value) -> None:
    state.config = _edited(state.config, [(name, value)])
    if name in _OF_THE_OPTIMIZER:
        trainer.set_optimizer_value(name, value)
