"""The status of a run while this process trains it."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import msgspec

from cnn_tui.config import RunConfig
from cnn_tui.host.process import this_process
from cnn_tui.runs import records
from cnn_tui.runs.layout import ENDED, State
from cnn_tui.runs.records import Status

if TYPE_CHECKING:
    from cnn_tui.engine.session import Session


def first_status(config: RunConfig, *, name: str, preset: str | None) -> Status:
    """Returns the status of a run that is about to be made by this process."""
    now = records.now()
    return Status(
        name=name,
        preset=preset,
        title=config.title,
        dataset=config.dataset.name,
        state=State.STARTING,
        total_steps=config.total_steps,
        started_at=now,
        heartbeat=now,
        device=config.training.device,
        **asdict(this_process()),
    )


def current_status(session: "Session") -> Status:
    """Returns the status now; the heart's thread calls this, too."""
    progress, plan, now = session.progress, session.plan, records.now()
    rate, left = progress.steps_per_second, plan.total_steps - session.step
    return msgspec.structs.replace(
        session.identity,
        state=progress.state,
        reason=progress.reason,
        step=session.step,
        total_steps=plan.total_steps,
        epoch=session.step / session.trainer.steps_per_epoch,
        ended_at=now if progress.state in ENDED else None,
        heartbeat=now,
        progress_at=progress.progress_at,
        training_seconds=session.stopwatch.seconds,
        images_per_second=progress.images_per_second,
        eta_seconds=left / rate if rate else None,
        lr=progress.lr,
        overrides=plan.overrides,
        train_loss=progress.train_loss,
        test_loss=progress.tested.get("test/loss"),
        test_accuracy=progress.tested.get("test/accuracy"),
        validation_loss=progress.tested.get("validation/loss"),
        validation_accuracy=progress.tested.get("validation/accuracy"),
        best=progress.best,
        last_checkpoint_step=progress.last_checkpoint_step,
    )
