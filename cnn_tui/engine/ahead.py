"""What will hold in a run once the edits of its past are made again."""

from cnn_tui.engine import edits
from cnn_tui.engine.actions import EditSchedule
from cnn_tui.engine.checkpoint import Overrides
from cnn_tui.engine.rates import RatePlan
from cnn_tui.engine.recorded import Edits, RecordedRun, recorded_edits
from cnn_tui.errors import RunDirectoryError
from cnn_tui.runs.events import Value
from cnn_tui.runs.layout import EVENTS
from cnn_tui.runs.overrides import CONSTANT_LR, with_schedule
from cnn_tui.text import printable


def edits_ahead(recorded: RecordedRun) -> Edits:
    """Returns the edits that the checkpoint to go on from did not hold, by step."""
    start = recorded.start
    # A damaged checkpoint may have held the edits of its own step, a good one does.
    first = start.step if start.problems else start.step + 1
    return dict(sorted(recorded_edits(recorded.path, first).items()))


def total_ahead(recorded: RecordedRun, ahead: Edits) -> int:
    """Returns the updates planned once the edits ahead are made.

    Raises:
        RunDirectoryError: if one of them is no number.
    """
    total_steps = recorded.total_steps
    for made in ahead.values():
        for name, value in made:
            if name != edits.TOTAL_STEPS:
                continue
            if not isinstance(value, int):
                raise RunDirectoryError(
                    f"{printable(recorded.path / EVENTS)}: is damaged: total_steps "
                    f"became {printable(value)}, which is no number of updates"
                )
            total_steps = value
    return total_steps


def overrides_ahead(
    recorded: RecordedRun, ahead: Edits, wanted: list[tuple[str, Value]]
) -> Overrides:
    """Returns what holds after the edits ahead, with those ``wanted`` at the start.

    Raises:
        InputError: if one of them could not be made.
    """
    start, checkpoint = recorded.start.step, recorded.start.checkpoint
    overrides: Overrides = dict(checkpoint.overrides) if checkpoint else {}
    in_order = ahead | {start: [*ahead.get(start, ()), *wanted]}
    for step in sorted(in_order):
        for action in edits.as_actions(in_order[step]):
            if isinstance(action, EditSchedule):
                overrides = with_schedule(overrides, dict(action.values))
                edits.overridden(recorded.config, overrides)
            elif action.name != edits.TOTAL_STEPS:
                overrides = _edited(
                    recorded, overrides, step, action.name, action.value
                )
    return overrides


def _edited(
    recorded: RecordedRun, overrides: Overrides, step: int, name: str, value: Value
) -> Overrides:
    config = edits.overridden(recorded.config, overrides)
    edits.check(config, name, value)
    if name != "lr":
        return overrides | {name: value}
    rates = RatePlan(
        schedule=config.training.schedule,
        base_lr=config.training.optimizer.lr,
        horizon=recorded.horizon,
    )
    constant = rates.edited(float(value), step).constant
    kept = {key: held for key, held in overrides.items() if key != CONSTANT_LR}
    return kept | {"lr": value} | ({} if constant is None else {CONSTANT_LR: constant})
