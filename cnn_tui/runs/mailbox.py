"""The mailbox ``control/``: how anyone who may write there steers a run.

A command is a small file. Whoever removes it decides: the trainer, by taking it, or
the sender, by taking it back.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.io.files import (
    open_regular,
    opened_directory,
    read_own,
    remove_if_exists,
    write_new,
)
from cnn_tui.runs import orders
from cnn_tui.runs.events import Event, decode_event
from cnn_tui.runs.layout import CONTROL, EVENTS
from cnn_tui.runs.lines import LineFollower
from cnn_tui.runs.orders import TOUCHABLE, AnyOrder
from cnn_tui.runs.records import UNREADABLE
from cnn_tui.text import printable

_MAX_COMMAND_BYTES = 4096
_ANSWER_POLL_SECONDS = 0.05

_numbers = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command that was taken; ``id`` is its file name and goes into the answer."""

    id: str
    order: AnyOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Something in the mailbox that is no command, and why; answer it, too."""

    id: str
    reason: str


class Inbox:
    """The trainer's end of the mailbox of one run."""

    def __init__(self, run: Path) -> None:
        """Looks at nothing yet."""
        self._control = run / CONTROL
        self._irremovable: set[str] = set()

    def take(self, most: int | None = None) -> Iterator[Command | Rejected]:
        """Yields waiting commands in name order; the file of one is gone by then.

        What is not a command file of this user is removed and rejected, too. A
        directory, or what cannot be removed, stays and is rejected once. At most
        ``most`` are taken; the others, and those not asked for, stay where they are.

        Raises:
            OSError: ``control/`` is missing or not a directory.
        """
        with opened_directory(self._control) as directory:
            names = [name for name in os.listdir(directory) if name[0] != "."]
            self._irremovable.intersection_update(names)
            taken = (self._take(name, directory) for name in sorted(names))
            yield from itertools.islice(filter(None, taken), most)

    def _take(self, name: str, directory: int) -> Command | Rejected | None:
        if name in self._irremovable:
            return None
        try:
            item = _read(name, directory)
            return item if remove_if_exists(name, directory) else None
        except OSError as error:
            self._irremovable.add(name)
            return _rejected(name, f"cannot be removed: {error.strerror}")


def send(run: Path, command: str, **arguments: object) -> str:
    """Puts a command into the mailbox of a run and returns its id.

    Raises:
        InputError: There is no such command, or an argument is wrong.
        RunDirectoryError: The mailbox is missing or belongs to somebody else.
    """
    data = orders.encode(command, arguments)
    name = f"{time.time_ns()}-{os.getpid()}-{next(_numbers)}.json"
    temporary = f".tmp-{name}"
    try:
        with opened_directory(run / CONTROL) as directory:
            write_new(temporary, [data], directory)
            os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(run.name)} cannot be told anything: "
            f"{printable(run / CONTROL)}: {error.strerror}"
        ) from error
    return name


def withdraw(run: Path, command_id: str) -> bool:
    """Takes a command back; returns False if the trainer has taken it already."""
    try:
        with opened_directory(run / CONTROL) as directory:
            return remove_if_exists(command_id, directory)
    except OSError:
        return False


def await_answer(
    run: Path,
    command_id: str,
    timeout_seconds: float,
    is_hopeless: Callable[[], bool] = lambda: False,
) -> Event | None:
    """Returns the event that answers a command; None if there is none in time.

    ``is_hopeless`` is asked again and again whether to wait no longer.
    """
    follower = LineFollower(run / EVENTS)
    deadline = time.monotonic() + timeout_seconds
    while True:
        hopeless = is_hopeless()  # before: the answer may be the last word of the run
        for lines in follower.chunks(deadline):
            if answer := _find_answer(lines, command_id):
                return answer
        if hopeless or time.monotonic() >= deadline:
            return None
        time.sleep(_ANSWER_POLL_SECONDS)


def _find_answer(lines: bytes, command_id: str) -> Event | None:
    for line in lines.splitlines():
        if command_id.encode() in line:
            try:
                event = decode_event(line)
            except UNREADABLE:
                continue
            if event.command_id == command_id:
                return event
    return None


def _read(name: str, directory: int) -> Command | Rejected:
    try:
        data = _content(name, directory)
        order = orders.decode(data or _touched(name))
    except OSError as error:
        return _rejected(name, str(error.strerror))
    except InputError as error:
        return _rejected(name, str(error))
    return Command(id=name, order=order)


def _rejected(name: str, reason: str) -> Rejected:
    return Rejected(id=printable(name), reason=reason)


def _content(name: str, directory: int) -> bytes:
    descriptor = open_regular(name, directory=directory)
    try:
        return read_own(descriptor, _MAX_COMMAND_BYTES)
    finally:
        os.close(descriptor)


def _touched(name: str) -> bytes:
    if name not in TOUCHABLE:
        raise InputError(f"an empty file means one of {', '.join(sorted(TOUCHABLE))}")
    return orders.encode(name, {})
