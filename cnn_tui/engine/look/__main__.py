"""The process that answers: ``python -m cnn_tui.engine.look RUN [DATA_DIR]``.

It reads questions from standard input until that is closed, and answers on standard
output; nobody else writes there. It is polite: one thread, behind any training.
"""

import os
import signal
import sys
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import BinaryIO, Never

import torch

from cnn_tui.engine.look.answers import Answers
from cnn_tui.errors import CnnTuiError
from cnn_tui.host.asked import own_output
from cnn_tui.host.viewing import look_only, looks_only
from cnn_tui.look.messages import AnyAnswer, Failed, Progress
from cnn_tui.look.wire import HEADER, pack, unpack_question

_NICENESS = 10


class Cancelled(Exception):
    """Nobody waits for the answer any more."""


def serve(run: Path, data_dir: Path | None, asked: BinaryIO, told: BinaryIO) -> Never:
    """Answers one question after the other; ends the process after the last."""
    questions: Queue[tuple[int, bytes]] = Queue()
    cancelled: set[int] = set()
    Thread(target=_listen, args=(asked, questions, cancelled), daemon=True).start()
    try:
        answers = Answers(run, data_dir)
    except CnnTuiError as error:
        problem = Failed(reason=str(error))
        while True:
            _tell(told, questions.get()[0], problem)
    while True:
        _reply(answers, questions.get(), told, cancelled)


def _reply(
    answers: Answers, item: tuple[int, bytes], told: BinaryIO, cancelled: set[int]
) -> None:
    number, body = item
    if number in cancelled:  # before its turn came
        return

    def tell(done: int, total: int) -> None:
        if number in cancelled:
            raise Cancelled
        _tell(told, number, Progress(done=done, total=total))

    try:
        answer: AnyAnswer = answers.answer(unpack_question(body), tell)
    except Cancelled:
        answer = Failed(reason="cancelled")
    _tell(told, number, answer)


def _listen(
    asked: BinaryIO, questions: "Queue[tuple[int, bytes]]", cancelled: set[int]
) -> None:
    while len(header := asked.read(HEADER.size)) == HEADER.size:
        size, number = HEADER.unpack(header)
        if size:
            questions.put((number, asked.read(size)))
        else:
            cancelled.add(number)
    os._exit(0)  # whoever asked is gone


def _tell(told: BinaryIO, number: int, answer: AnyAnswer) -> None:
    told.write(pack(number, answer))
    told.flush()


def main() -> None:
    """Serves the run that the command line names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with whoever asks
    if looks_only():
        look_only()
    os.nice(_NICENESS)
    torch.set_num_threads(1)
    run, *data_dir = map(Path, sys.argv[1:])
    try:
        serve(run, data_dir[0] if data_dir else None, sys.stdin.buffer, own_output())
    except BrokenPipeError:
        os._exit(0)


if __name__ == "__main__":
    main()
