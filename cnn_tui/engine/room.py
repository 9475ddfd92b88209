"""Writing that waits for room: a run pauses while its disk is full."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from cnn_tui.errors import TrainingError
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import RunWriter

if TYPE_CHECKING:
    from cnn_tui.engine.session import Session

RETRY_SECONDS = 2.0
REMOVED = "the run directory was removed"

Write = Callable[[], object]
"""Writes a file anew each time it is called; raises OSError where it cannot."""


def write_patiently(session: "Session", write: Write = lambda: None) -> None:
    """Brings to disk what could not be written before, and then what ``write`` writes.

    Where that fails, the run is paused, with the reason, until it works.

    Raises:
        TrainingError: if the run directory is gone, if a person does not want to wait,
            or if nobody watches and it takes too long.
    """
    if not _try(session.writer, write):
        _wait(session, write)


def _try(writer: RunWriter, write: Write) -> bool:
    writer.retry()
    writer.sync()
    if writer.failing is None:
        try:
            write()
        except OSError as error:
            writer.failing = error
    return writer.failing is None


def _wait(session: "Session", write: Write) -> None:
    writer, progress, since = session.writer, session.progress, time.monotonic()
    reason = f"cannot write: {writer.failing and writer.failing.strerror}"
    before = progress.state, progress.reason
    session.stopwatch.stop()
    progress.state, progress.reason = State.PAUSED, reason
    # It holds the place of the last words; until there is room, of these.
    writer.release_reserve()
    writer.event("paused", session.step, reason=reason)
    session.publish()
    time.sleep(RETRY_SECONDS)
    while not (_try(writer, write) and writer.reserve()):
        if not writer.path.is_dir():
            raise TrainingError(REMOVED)
        if session.control.interrupted_by or _waited_too_long(session, since):
            raise TrainingError(reason)
        time.sleep(RETRY_SECONDS)
    progress.state, progress.reason = before
    writer.event("resumed", session.step)
    if progress.state is State.RUNNING:
        session.resume()


def _waited_too_long(session: "Session", since: float) -> bool:
    return time.monotonic() - since > session.control.patience_seconds
