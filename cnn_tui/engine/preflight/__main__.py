"""The process that measures: ``python -m cnn_tui.engine.preflight``.

It reads one request from standard input and writes lines to standard output until it
is done; when standard input is closed, whoever asked is gone, and it ends.
"""

import os
import signal
import sys
from contextlib import suppress
from threading import Thread
from typing import BinaryIO

from cnn_tui.errors import CnnTuiError
from cnn_tui.host.asked import own_output
from cnn_tui.host.memory import keep_freed
from cnn_tui.preflight.messages import Done, Failed, Message, read_request, to_line


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    """Answers the one request.

    Raises:
        BrokenPipeError: if whoever asked is gone.
    """
    request = read_request(asked.readline())
    Thread(target=_end_with, args=(asked,), daemon=True).start()
    from cnn_tui.engine.preflight.answers import answer, why_none

    try:
        for line in answer(request):
            _tell(told, line)
        _tell(told, Done())
    except (CnnTuiError, RuntimeError, MemoryError) as error:
        _tell(told, Failed(reason=why_none(request, error)))


def _end_with(asked: BinaryIO) -> None:
    asked.read()
    os._exit(0)


def _tell(told: BinaryIO, line: Message) -> None:
    told.write(to_line(line))
    told.flush()


def main() -> None:
    """Serves whoever started this."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with whoever asks
    keep_freed()  # as the process of a training does, before any thread
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, own_output())
    os._exit(0)  # the thread that listens still reads


if __name__ == "__main__":
    main()
