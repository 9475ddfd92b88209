"""Values edited while a run trained, by name: they go over those of its config."""

from collections.abc import Mapping

from cnn_tui.config import RunConfig, variants

SCHEDULE = "schedule."
"""What the names of a schedule's values begin with."""
CONSTANT_LR = "constant_lr"
"""There where the learning rate stays as it is and the schedule no longer counts."""


def schedule_over_before(
    total_steps: int, config: RunConfig, overrides: Mapping[str, object]
) -> str | None:
    """Returns the name of a schedule that has come to its end before ``total_steps``.

    ``config`` is as it was planned. None: the run has a learning rate all along.
    """
    name = overrides.get(f"{SCHEDULE}name", config.training.schedule.name)
    schedule = variants("training.schedule").get(str(name))
    has_end = bool(getattr(schedule, "has_end", False))
    is_past = total_steps > config.total_steps
    return str(name) if has_end and is_past and CONSTANT_LR not in overrides else None
