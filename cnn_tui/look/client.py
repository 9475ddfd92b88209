"""Asks the process that looks into a run; it ends with whoever asks."""

import asyncio
import itertools
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from cnn_tui.datasets.facts import data_folder
from cnn_tui.errors import InputError, TrainingError
from cnn_tui.host.asked import end, start_asked
from cnn_tui.host.process import absolute
from cnn_tui.look.messages import Answer, AnyAnswer, AnyQuestion, Failed, Progress
from cnn_tui.look.wire import HEADER, pack, unpack_answer

GONE = "the process that looks into the network is gone; leave, and look again"
_MAX_ANSWER_BYTES = 2**30

Kind = TypeVar("Kind", bound=Answer)
Tell = Callable[[int, int], object]


class Look:
    """A process that answers questions about one run, from the first of them on."""

    def __init__(self, run: Path, data_dir: Path | None) -> None:
        """Starts nothing yet."""
        folders = (run, data_folder(data_dir))
        self._folders = [str(absolute(folder)) for folder in folders]
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[AnyAnswer]] = {}
        self._tells: dict[int, Tell] = {}
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def ask(
        self,
        question: AnyQuestion,
        kind: type[Kind],
        tell: Tell = lambda done, total: None,
    ) -> Kind:
        """Returns the answer, which is of a kind; ``tell`` hears how far a long one is.

        A question whose asker is cancelled is withdrawn.

        Raises:
            InputError: if there is no answer; it says why.
            TrainingError: if the process is gone.
        """
        process, reading = await self._started()
        assert process.stdin is not None
        if reading.done():
            raise TrainingError(GONE)
        number = next(self._numbers)
        future = asyncio.get_running_loop().create_future()
        self._waiting[number], self._tells[number] = future, tell
        try:
            process.stdin.write(pack(number, question))
            answer = await future
        except asyncio.CancelledError:
            process.stdin.write(HEADER.pack(0, number))
            raise
        finally:
            self._waiting.pop(number, None)
            self._tells.pop(number, None)
        if isinstance(answer, Failed):
            raise InputError(answer.reason)
        assert isinstance(answer, kind), f"{type(answer)} for {type(question)}"
        return answer

    async def close(self) -> None:
        """Ends the process, and waits until it is gone."""
        if self._process is None:
            return
        await end(self._process)
        if self._reading is not None:
            await self._reading

    async def _started(self) -> tuple[Process, asyncio.Task[None]]:
        async with self._starting:
            if self._process is None or self._reading is None:
                module = "cnn_tui.engine.look"
                self._process = await start_asked(module, *self._folders)
                self._reading = asyncio.create_task(self._read(self._process))
            return self._process, self._reading

    async def _read(self, process: Process) -> None:
        """Hands answers to those who wait for them, until there are no more."""
        assert process.stdout is not None
        try:
            while True:
                header = await process.stdout.readexactly(HEADER.size)
                size, number = HEADER.unpack(header)
                if size > _MAX_ANSWER_BYTES:
                    break
                answer = unpack_answer(await process.stdout.readexactly(size))
                self._hand(number, answer)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError):
            pass
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(TrainingError(GONE))

    def _hand(self, number: int, answer: AnyAnswer) -> None:
        if isinstance(answer, Progress):
            if tell := self._tells.get(number):
                tell(answer.done, answer.total)
        elif (future := self._waiting.get(number)) and not future.done():
            future.set_result(answer)
