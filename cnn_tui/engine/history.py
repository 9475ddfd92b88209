"""What a run's files tell of its past: where to go on, and what was edited when."""

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cnn_tui.config import RunConfig
from cnn_tui.engine.checkpoint import LAST, PREVIOUS, Checkpoint, load_checkpoint
from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import read_bounded
from cnn_tui.runs.config import read_config
from cnn_tui.runs.layout import CHECKPOINTS, CONFIG, ENVIRONMENT, EVENTS, METRICS
from cnn_tui.runs.lines import LineFollower
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import UNREADABLE, Event, Status, decode_event
from cnn_tui.text import mebibytes, printable

_MAX_BYTES = 2**30
_MAX_ENVIRONMENT_BYTES = 2**20

REPEATS_EDITS = "repeats_edits"
"""Whether a process that resumed a run will make the edits after its step again."""

Edits = dict[int, list[tuple[str, float | int | str]]]
"""Names and new values, by the step of the last update with the old values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodCheckpoint:
    """The checkpoint to go on from, and what was wrong with newer ones."""

    checkpoint: Checkpoint | None
    """None: there is none, begin from the seed."""
    problems: tuple[str, ...]

    @property
    def step(self) -> int:
        """The updates that it holds."""
        return self.checkpoint.step if self.checkpoint else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A run as its last process left it."""

    run: Path
    config: RunConfig
    status: Status
    start: GoodCheckpoint
    reader: RunReader
    environment: dict[str, Any]

    @property
    def total_steps(self) -> int:
        """The updates planned."""
        checkpoint = self.start.checkpoint
        return checkpoint.total_steps if checkpoint else self.config.total_steps


def read_past(run: Path) -> Past:
    """Reads all that a resume needs to know.

    Raises:
        InputError: if the run cannot go on from what is there.
    """
    reader = read_all(run)
    status = reader.status()
    if status is None:
        raise RunDirectoryError(
            f"{printable(run.name)} has no status.json: it cannot be resumed"
        )
    return Past(
        run=run,
        config=read_config(run),
        status=status,
        start=newest_checkpoint(run, reader.config_text()),
        reader=reader,
        environment=_environment(run),
    )


def newest_checkpoint(run: Path, config_text: str) -> GoodCheckpoint:
    """Returns ``last.pt``, or ``previous.pt`` where that is damaged or missing.

    Raises:
        RunDirectoryError: if it is of a run with another config.
    """
    problems: list[str] = []
    for path in (run / CHECKPOINTS / LAST, run / CHECKPOINTS / PREVIOUS):
        try:
            checkpoint = load_checkpoint(path)
        except RunDirectoryError as error:
            problems.append(str(error))
            continue
        if checkpoint.config != config_text:
            raise RunDirectoryError(
                f"{printable(path)}: is of another run, or {CONFIG} was changed since; "
                "put the right file back, or remove this one to go on without it"
            )
        return GoodCheckpoint(checkpoint=checkpoint, problems=tuple(problems))
    return GoodCheckpoint(checkpoint=None, problems=tuple(problems))


def read_all(run: Path) -> RunReader:
    """Returns a reader that has read the whole run.

    Raises:
        RunDirectoryError: if a file is larger than any run writes.
    """
    for path in (run / METRICS, run / EVENTS):
        if path.exists() and path.stat().st_size > _MAX_BYTES:
            raise RunDirectoryError(
                f"{printable(path)}: is damaged: larger than {mebibytes(_MAX_BYTES)}"
            )
    reader = RunReader(run)
    while reader.poll() or not reader.complete:
        pass
    return reader


def last_row_step(reader: RunReader) -> int:
    """Returns the highest step of all rows; 0 if there is none."""
    steps = [table["step"] for table in (reader.train, reader.tests)]
    return max((int(column[-1]) for column in steps if len(column)), default=0)


def recorded_edits(run: Path, from_step: int) -> Edits:
    """Returns the edits from ``from_step`` on, less those that were gone back on."""
    edits: Edits = {}
    for event in _events(run):
        if event.event == "rolled_back" or event.details.get(REPEATS_EDITS) is False:
            edits = {step: made for step, made in edits.items() if step <= event.step}
        elif event.event == "hyperparameter_changed" and event.step >= from_step:
            name, value = event.details.get("name"), event.details.get("to")
            if isinstance(name, str) and isinstance(value, float | int | str):
                edits.setdefault(event.step, []).append((name, value))
    return edits


def _environment(run: Path) -> dict[str, Any]:
    """Returns what the run ran on; nothing where that cannot be read."""
    try:
        facts = json.loads(read_bounded(run / ENVIRONMENT, _MAX_ENVIRONMENT_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _events(run: Path) -> Iterator[Event]:
    """Yields all events; a reader keeps the last ones only."""
    for lines in LineFollower(run / EVENTS).chunks(math.inf):
        for line in lines.splitlines():
            with suppress(*UNREADABLE):
                yield decode_event(line)
