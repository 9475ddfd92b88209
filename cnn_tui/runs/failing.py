"""The last word about a run whose own process could not say it."""

from pathlib import Path

import msgspec

from cnn_tui.runs.events import Failed
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import now
from cnn_tui.runs.status import read_status
from cnn_tui.runs.writer import RunWriter


def say_failed(run: Path, reason: str) -> None:
    """Leaves the truth about a run that nobody can go on with.

    Raises:
        RunDirectoryError: if somebody trains it, or it cannot be written.
    """
    writer = RunWriter.open(run)
    status = read_status(run)
    if status is not None:
        status = msgspec.structs.replace(
            status, state=State.FAILED, reason=reason, ended_at=now()
        )
        writer.event(Failed(at=now(), step=status.step, reason=reason))
        writer.set_status(status, durable=True)
    writer.close()
