"""Processes that answer questions, and end with whoever asks."""

import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import BinaryIO

from cnn_tui.errors import InputError
from cnn_tui.host.process import environment_elsewhere


async def start_asked(module: str, *arguments: str, stderr: int = DEVNULL) -> Process:
    """Starts ``python -m MODULE`` in a session of its own, with pipes to and from it.

    It works in ``/``: paths are to be absolute.

    Raises:
        InputError: if it cannot be started.
    """
    try:
        return await create_subprocess_exec(
            *(sys.executable, "-m", module, *arguments),
            stdin=PIPE,
            stdout=PIPE,
            stderr=stderr,
            start_new_session=True,
            cwd="/",
            env=environment_elsewhere(),
        )
    except OSError as error:
        raise InputError(f"no process can be started: {error.strerror}") from error


async def end(process: Process) -> None:
    """Ends it, and waits until it is gone."""
    if process.returncode is None:
        process.kill()
    await process.wait()


def own_output() -> BinaryIO:
    """Returns standard output, for answers alone.

    A library that prints must not be taken for an answer.
    """
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return told
