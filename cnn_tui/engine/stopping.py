"""Early stopping: a run that gets no better is finished."""

from cnn_tui.engine.actions import End
from cnn_tui.engine.outcome import Outcome
from cnn_tui.runs.layout import State


def verdict(patience: int | None, evaluations_since_best: int) -> list[End]:
    """Decides after an evaluation; the best weights are in ``best.pt``."""
    if patience is None or evaluations_since_best < patience:
        return []
    plural = "" if patience == 1 else "s"
    reason = f"no better for {patience:,} evaluation{plural}"
    return [End(outcome=Outcome(state=State.FINISHED, reason=reason))]
