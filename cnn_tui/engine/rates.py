"""The learning rate of every update: schedules, and the edits laid over them."""

import dataclasses
import math
from dataclasses import dataclass
from typing import assert_never

from cnn_tui.config.models import Constant, Cosine, OneCycle, Schedule, Step

_ONE_CYCLE_RISE = 0.3
_ONE_CYCLE_START = 25
_ONE_CYCLE_END = 250_000


def learning_rate(step: int, schedule: Schedule, base_lr: float, horizon: int) -> float:
    """Returns the learning rate that update ``step`` (from 1) uses.

    ``horizon`` is the number of updates planned when the run was created; after it the
    rate stays at its last value. The formulas are those of the run directory's format.
    """
    step = min(step, horizon)
    match schedule:
        case OneCycle():
            return _one_cycle(step, base_lr, horizon)
        case Constant() | Step() | Cosine():
            warmup = schedule.warmup_iterations
            if step <= warmup:
                return base_lr * step / warmup
    match schedule:
        case Constant():
            return base_lr
        case Step():
            return base_lr * schedule.gamma ** ((step - 1) // schedule.step_size)
        case Cosine():
            done = (step - warmup) / (horizon - warmup)
            return _between(schedule.final_lr, base_lr, 1 - done)
    assert_never(schedule)


def _one_cycle(step: int, base_lr: float, horizon: int) -> float:
    """Rises along half a cosine for 30 % of the run, then falls along another."""
    peak = _ONE_CYCLE_RISE * horizon
    if step <= peak:
        return _between(base_lr / _ONE_CYCLE_START, base_lr, step / peak)
    return _between(
        base_lr / _ONE_CYCLE_END, base_lr, (horizon - step) / (horizon - peak)
    )


def _between(low: float, high: float, share: float) -> float:
    """Goes from ``low`` at 0 to ``high`` at 1 along half a cosine."""
    return low + (high - low) * (1 - math.cos(math.pi * share)) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePlan:
    """The learning rate of every update, with the edits made while training.

    ``factor`` multiplies the schedule; ``constant``, once set, replaces it.
    """

    schedule: Schedule
    base_lr: float
    horizon: int
    factor: float = 1.0
    constant: float | None = None

    def at(self, step: int) -> float:
        """Returns the rate of update ``step`` (from 1).

        Rounded to 12 digits, so that a rate that was typed in shows as typed.
        """
        if self.constant is not None:
            return self.constant
        scheduled = learning_rate(step, self.schedule, self.base_lr, self.horizon)
        return float(f"{scheduled * self.factor:.12g}")

    def edited(self, value: float, step: int) -> "RatePlan":
        """Returns the plan that has the rate ``value`` from update ``step`` + 1 on."""
        scheduled = learning_rate(step + 1, self.schedule, self.base_lr, self.horizon)
        factor = value / scheduled if scheduled > 0 else math.inf
        if step >= self.horizon or not math.isfinite(factor):
            return dataclasses.replace(self, factor=1.0, constant=value)
        return dataclasses.replace(self, factor=factor, constant=None)
