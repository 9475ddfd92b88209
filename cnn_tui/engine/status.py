"""The status of a run while this process trains it."""

from dataclasses import asdict

import msgspec

from cnn_tui.config import RunConfig
from cnn_tui.engine.state import RunState
from cnn_tui.host.process import this_process
from cnn_tui.runs import records
from cnn_tui.runs.layout import ENDED, State
from cnn_tui.runs.records import Status


def first_status(
    config: RunConfig, *, name: str, preset: str | None, processes: int = 1
) -> Status:
    """Returns the status of a run that is about to be made by this process."""
    now = records.now()
    return Status(
        name=name,
        preset=preset,
        title=config.title,
        dataset=config.dataset.title,
        state=State.STARTING,
        total_steps=config.total_steps,
        started_at=now,
        heartbeat=now,
        device=config.training.device,
        processes=processes,
        **asdict(this_process()),
    )


def current_status(
    identity: Status, state: RunState, step: int, training_seconds: float
) -> Status:
    """Returns the status now; the heartbeat's thread calls this, too.

    ``identity`` is a status with what does not change while this process trains.
    """
    results, plan, now = state.results, state.plan, records.now()
    rate, left = results.steps_per_second, plan.total_steps - step
    tested = results.tested
    return msgspec.structs.replace(
        identity,
        state=state.phase,
        reason=state.reason,
        step=step,
        total_steps=plan.total_steps,
        epoch=step / state.config.steps_per_epoch,
        ended_at=now if state.phase in ENDED else None,
        heartbeat=now,
        progress_at=results.progress_at,
        training_seconds=training_seconds,
        images_per_second=results.images_per_second,
        eta_seconds=left / rate if rate else None,
        lr=results.lr,
        overrides=dict(plan.overrides),
        train_loss=results.train_loss,
        test_loss=tested and tested.loss,
        test_accuracy=tested and tested.accuracy,
        validation_loss=tested and tested.validation_loss,
        validation_accuracy=tested and tested.validation_accuracy,
        best=results.best,
        last_checkpoint_step=state.last_checkpoint_step,
    )
