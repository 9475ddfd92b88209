"""What is wrong with a live run, and which keys help."""

import math
from collections.abc import Reversible

from cnn_tui.runs.events import (
    Event,
    HyperparameterChanged,
    LossExploded,
    RolledBack,
)
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status
from cnn_tui.text import count, significant
from cnn_tui.ui.actions import STEERING, printed
from cnn_tui.ui.run_view import RunView
from cnn_tui.ui.sentences import NON_FINITE

_KEYS = {action.name: printed(action.key_names[0]) for action in STEERING}
_CLASSES = 10
"""Where the config does not say."""


def advice(run: RunView) -> str | None:
    """Returns what can be done about a loss that is not finite or has exploded."""
    status = run.status
    if status is None or not run.is_live:
        return None
    if status.state is State.PAUSED and status.reason == NON_FINITE:
        return _after_non_finite(status)
    exploded = _explosion(run.reader.events)
    if exploded is None or _is_sane(run, status):
        return None
    return _after_explosion(status, exploded)


def _after_non_finite(status: Status) -> str:
    return (
        f"{_KEYS['resume']} goes on without that update · {_go_back(status)} · "
        f"{_KEYS['stop']} stops"
    )


def _after_explosion(status: Status, exploded: LossExploded) -> str:
    lower = f"{_KEYS['change_values']} lowers the rate from here on"
    saved = status.last_checkpoint_step
    if saved is not None and saved < exploded.step:
        lower = f"{_go_back(status)} · {lower}"
    loss, step = significant(exploded.loss), count(exploded.step)
    return f"the loss has exploded at step {step}: {loss} · {lower}"


def _go_back(status: Status) -> str:
    saved = status.last_checkpoint_step
    place = "the last checkpoint" if saved is None else f"step {count(saved)}"
    return f"{_KEYS['roll_back']} goes back to {place} with a lower rate"


def _explosion(events: Reversible[Event]) -> LossExploded | None:
    """Returns the last explosion, unless something was done about it since."""
    for event in reversed(events):
        match event:
            case LossExploded():
                return event
            case RolledBack() | HyperparameterChanged(what="lr" | "momentum"):
                return None
    return None


def _is_sane(run: RunView, status: Status) -> bool:
    """Whether the loss is no longer far above that of guessing."""
    classes = run.config.dataset.facts.classes if run.config else _CLASSES
    return status.train_loss is not None and status.train_loss < 2 * math.log(classes)
