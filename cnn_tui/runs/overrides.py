"""Values edited while a run trained, by name: they go over those of its config."""

from collections.abc import Mapping

from cnn_tui.config import RunConfig, variants
from cnn_tui.runs.events import Value

SCHEDULE = "schedule."
"""What the names of a schedule's values begin with."""
SCHEDULE_NAME = f"{SCHEDULE}name"
CONSTANT_LR = "constant_lr"
"""There where the learning rate stays as it is and the schedule no longer counts."""


def schedule_over_before(
    total_steps: int, config: RunConfig, overrides: Mapping[str, object]
) -> str | None:
    """Returns the name of a schedule that has come to its end before ``total_steps``.

    ``config`` is as it was planned. None: the run has a learning rate all along.
    """
    name = overrides.get(SCHEDULE_NAME, config.training.schedule.name)
    schedule = variants("training.schedule").get(str(name))
    has_end = bool(getattr(schedule, "has_end", False))
    is_past = total_steps > config.total_steps
    return str(name) if has_end and is_past and CONSTANT_LR not in overrides else None


def with_schedule(
    overrides: Mapping[str, Value | None], values: Mapping[str, Value]
) -> dict[str, Value | None]:
    """Returns overrides after an edit of the schedule, which counts again then.

    Another schedule keeps the edited values that it knows.
    """
    if not values:
        return dict(overrides)
    kept = {name: value for name, value in overrides.items() if name != CONSTANT_LR}
    if SCHEDULE_NAME in values:
        variant = variants("training.schedule").get(str(values[SCHEDULE_NAME]))
        fields = variant.model_fields if variant else {}
        known = {f"{SCHEDULE}{field}" for field in fields}
        kept = {
            k: v for k, v in kept.items() if not k.startswith(SCHEDULE) or k in known
        }
    return {**kept, **values}
