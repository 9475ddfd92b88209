"""Whether a run's trainer is still there: gone for certain, or only silent."""

import time
from collections.abc import Callable
from datetime import datetime

from cnn_tui.host.process import ProcessIdentity, is_gone, is_here
from cnn_tui.runs.layout import ENDED, LIVE, LOST, SILENT, State
from cnn_tui.runs.records import Status

SILENT_AFTER_SECONDS = 10.0


def is_lost(status: Status) -> bool:
    """Whether a run that calls itself live has certainly lost its trainer.

    Nothing is certain about another host, boot or pid namespace.
    """
    trainer = trainer_of(status)
    return status.state in LIVE and trainer is not None and is_gone(trainer)


def may_live_elsewhere(status: Status) -> bool:
    """Whether a live run says that its trainer is where nobody here can look."""
    trainer = trainer_of(status)
    return status.state in LIVE and trainer is not None and not is_here(trainer)


def unable_to_obey(status: Status, now: datetime) -> str | None:
    """Returns the word for a run that nobody will obey: ended, lost or silent.

    None where somebody may. Silence is judged by ``now`` where the trainer is on this
    host and has its clock; a trainer that starts has much to do before it gives a sign.
    """
    if status.state in ENDED:
        return status.state
    if is_lost(status):
        return LOST
    trainer = trainer_of(status)
    if status.state in LIVE - {State.STARTING} and trainer and is_here(trainer):
        sign = status.heartbeat or status.started_at
        if (now - sign).total_seconds() >= SILENT_AFTER_SECONDS:
            return SILENT
    return None


def shown_state(status: Status, silent_seconds: float = 0.0) -> str:
    """Returns the word for a run's state, a key of GLYPHS: "lost" and "silent" too."""
    if status.state not in LIVE:
        return status.state
    if is_lost(status):
        return LOST
    return SILENT if silent_seconds >= SILENT_AFTER_SECONDS else status.state


def trainer_of(status: Status) -> ProcessIdentity | None:
    """Returns the process that trains a run, or did; None where that is not told."""
    if status.pid is None:
        return None
    return ProcessIdentity(
        pid=status.pid,
        pid_started=status.pid_started,
        pid_namespace=status.pid_namespace,
        boot_id=status.boot_id,
        host=status.host,
    )


class HeartbeatWatch:
    """Notices that a heartbeat stands still, by the clock of this process alone."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Has seen no heartbeat yet."""
        self._clock = clock
        self._heartbeat: datetime | None = None
        self._seen_at = clock()

    def silent_seconds(self, status: Status) -> float:
        """Returns for how long this watch has seen the same heartbeat."""
        if status.heartbeat != self._heartbeat:
            self._heartbeat = status.heartbeat
            self._seen_at = self._clock()
        return self._clock() - self._seen_at
