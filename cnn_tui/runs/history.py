"""The past of a run: which checkpoints of it are there, and how they are thinned."""

import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import opened_directory, remove_if_exists
from cnn_tui.runs.events import (
    CheckpointSaved,
    Event,
    Resumed,
    RolledBack,
    decode_event,
)
from cnn_tui.runs.layout import CHECKPOINTS, EVENTS, HISTORY
from cnn_tui.runs.lines import LineFollower
from cnn_tui.runs.records import UNREADABLE
from cnn_tui.runs.status import read_stamped_status

LAST = "last.pt"
BEST = "best.pt"
MAX_BYTES = 2**30
_FREE_SHARE = 10

_FILE_NAME = re.compile(r"step-(\d{8,10})\.pt", re.ASCII)
_UNFINISHED = re.compile(rf"\.{_FILE_NAME.pattern}\.tmp", re.ASCII)


def step_file(step: int) -> str:
    """Returns the name of a checkpoint that tells its step."""
    return f"step-{step:08}.pt"


def step_of(name: str) -> int | None:
    """Returns the step that the name of a checkpoint tells, if it does."""
    match = _FILE_NAME.fullmatch(name)
    return int(match[1]) if match else None


def steps_available(run: Path) -> list[int]:
    """Returns the steps that have a checkpoint, ascending, by the names of files alone.

    Those that were gone back on are left out.
    """
    void = abandoned_checkpoints(run)
    kept = {name for name in names(run / CHECKPOINTS) if name not in void}
    steps = {step_of(name) for name in (*kept, *names(run / HISTORY))}
    with suppress(RunDirectoryError):
        status = read_stamped_status(run)[0]
        if status and LAST in kept:
            steps.add(status.last_checkpoint_step)
        if status and status.best and BEST in kept:
            steps.add(status.best.step)
    return sorted(step for step in steps if step is not None)


def to_drop(sizes: Mapping[int, int], most: int, most_bytes: float) -> set[int]:
    """Returns which steps of a history are to go, given the size of each in bytes.

    What stays is as far apart as the first two are, at least. As long as it is more
    than ``most``, or larger than ``most_bytes``, that distance is doubled. The first
    and the newest always stay.
    """
    steps = sorted(sizes)
    distance = steps[1] - steps[0] if len(steps) > 1 else 0
    kept = _spaced(steps, distance)
    while len(kept) > 2 and (
        len(kept) > most or sum(sizes[step] for step in kept) > most_bytes
    ):
        distance *= 2
        kept = _spaced(steps, distance)
    return set(steps) - set(kept)


def room_bytes(folder: Path) -> int:
    """Returns how large a history in ``folder`` may be; raises OSError.

    At most 1 GiB, and a tenth of what is free.
    """
    found = os.statvfs(folder)
    return min(MAX_BYTES, found.f_bavail * found.f_frsize // _FREE_SHARE)


def prune(folder: Path, step: int, most: int, most_bytes: int) -> None:
    """Thins a history whose newest step is ``step``. Raises OSError."""
    forget_after(folder, step)
    with opened_directory(folder) as directory:
        sizes = {
            int(match[1]): os.lstat(folder / name).st_size
            for name in os.listdir(directory)
            if (match := _FILE_NAME.fullmatch(name))
        }
        for dropped in to_drop(sizes, most, most_bytes):
            remove_if_exists(step_file(dropped), directory)


def forget_after(folder: Path, step: int) -> None:
    """Removes what is later than ``step``: it never was. Raises OSError."""
    with opened_directory(folder) as directory:
        for name in os.listdir(directory):
            found = step_of(name)
            is_void = found is not None and found > step
            if is_void or _UNFINISHED.fullmatch(name):
                remove_if_exists(name, directory)


def abandoned_checkpoints(run: Path) -> set[str]:
    """Returns the names of checkpoints kept of a past that was gone back on."""
    kept: dict[str, int] = {}
    abandoned: set[str] = set()
    for event in all_events(run):
        match event:
            case CheckpointSaved(step=step, also_as=names):
                kept |= dict.fromkeys(names, step)
                abandoned -= set(names)
            case RolledBack(step=step) | Resumed(step=step):
                abandoned |= {name for name, at in kept.items() if at > step}
            case _:
                pass
    return abandoned


def all_events(run: Path) -> Iterator[Event]:
    """Yields all events of a run; a reader keeps the last ones only."""
    for lines in LineFollower(run / EVENTS).chunks(math.inf):
        for line in lines.splitlines():
            with suppress(*UNREADABLE):
                yield decode_event(line)


def names(folder: Path) -> list[str]:
    """Returns the names of the files in a folder that is there, and no link."""
    with suppress(OSError), opened_directory(folder) as directory:
        return os.listdir(directory)
    return []


def _spaced(steps: list[int], distance: int) -> list[int]:
    kept = steps[:1]
    for step in steps[1:-1]:
        if step - kept[-1] >= distance:
            kept.append(step)
    return [*kept, *steps[1:][-1:]]
