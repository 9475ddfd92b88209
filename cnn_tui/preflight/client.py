"""Asks the process that measures; it ends with whoever asks."""

from collections.abc import AsyncGenerator

from cnn_tui.errors import InputError, TrainingError
from cnn_tui.host.asked import end, start_asked
from cnn_tui.preflight.messages import (
    AnyLine,
    AnyRequest,
    Done,
    Failed,
    read_answer,
    to_line,
)

GONE = (
    "the process that measures is gone before its end; it may have been too large for "
    "this machine's memory: lower batch_size"
)


async def measure(request: AnyRequest) -> AsyncGenerator[AnyLine]:
    """Yields the lines of an answer, each as it comes; closing it ends the process.

    Raises:
        InputError: if nothing more can be measured; it says why.
        TrainingError: if the process is gone.
    """
    process = await start_asked("cnn_tui.engine.preflight")
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(to_line(request))
        async for line in process.stdout:
            answer = read_answer(line)
            if isinstance(answer, Failed):
                raise InputError(answer.reason)
            if isinstance(answer, Done):
                return
            yield answer
        raise TrainingError(GONE)
    finally:
        await end(process)
