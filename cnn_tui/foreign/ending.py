"""How the training of another program ended."""

from cnn_tui.runs.events import Failed, Finished, Interrupted, KnownEvent
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import now
from cnn_tui.text import printable

_REASON_LENGTH = 300


def ending_of(
    error: BaseException | None, state: State, step: int
) -> tuple[KnownEvent | None, State, str | None]:
    """Returns the event of an end, if it has one to come, the state and the reason.

    ``state`` is that before, ``error`` is what was raised.
    """
    if error is None and state is State.STOPPING:
        return None, State.STOPPED, None
    if error is None:
        return Finished(at=now(), step=step), State.FINISHED, None
    reason = printable(f"{type(error).__name__}: {error}")[:_REASON_LENGTH]
    if isinstance(error, Exception):
        return Failed(at=now(), step=step, reason=reason), State.FAILED, reason
    return Interrupted(at=now(), step=step, reason=reason), State.INTERRUPTED, reason
