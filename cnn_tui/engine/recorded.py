"""What a run's files tell of its past: where to go on, and what was done when."""

import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from msgspec import UNSET

from cnn_tui.config import RunConfig
from cnn_tui.engine.checkpoint import (
    HALTED,
    LAST,
    PREVIOUS,
    Checkpoint,
    load_checkpoint,
)
from cnn_tui.errors import NewerFormatError, RunDirectoryError, UnreadableError
from cnn_tui.io.files import read_bounded
from cnn_tui.runs.config import read_config
from cnn_tui.runs.events import (
    HyperparameterChanged,
    Resumed,
    RolledBack,
    Value,
)
from cnn_tui.runs.history import all_events, step_file
from cnn_tui.runs.layout import CHECKPOINTS, CONFIG, ENVIRONMENT, EVENTS, METRICS
from cnn_tui.runs.reader import RunReader, read_rows
from cnn_tui.runs.records import EvaluationMetrics, Status
from cnn_tui.runs.rows import metrics_rows
from cnn_tui.text import mebibytes, printable

_MAX_BYTES = 2**30
_MAX_ENVIRONMENT_BYTES = 2**20

GOOD = (LAST, PREVIOUS)
"""The checkpoints that training can be taken back to, the better one first."""
NEWEST_FIRST = (HALTED, *GOOD)
"""Those that training can go on from."""

Edits = dict[int, list[tuple[str, Value]]]
"""Names and new values, by the step of the last update with the old values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCheckpoint:
    """The checkpoint to go on from, and what was wrong with better ones."""

    checkpoint: Checkpoint | None
    """None: there is none, begin from the seed."""
    problems: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    """The names of those that are there and cannot be used."""

    @property
    def step(self) -> int:
        """The updates that it holds."""
        return self.checkpoint.step if self.checkpoint else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """A run as its last process left it."""

    path: Path
    config: RunConfig
    config_text: str
    status: Status
    start: FoundCheckpoint
    last_row_step: int
    """The highest step of all rows that count."""
    environment: dict[str, Any]

    @property
    def total_steps(self) -> int:
        """The updates planned."""
        checkpoint = self.start.checkpoint
        return checkpoint.total_steps if checkpoint else self.config.total_steps

    @property
    def horizon(self) -> int:
        """The updates planned when the run was created."""
        checkpoint = self.start.checkpoint
        return checkpoint.horizon if checkpoint else self.config.total_steps


def read_recorded(run: Path) -> RecordedRun:
    """Reads all that going on needs to know.

    Raises:
        InputError: if the run cannot go on from what is there.
    """
    reader = read_all(run)
    status = reader.status()
    if status is None:
        raise RunDirectoryError(
            f"{printable(run.name)} has no status.json: it cannot be resumed"
        )
    config_text, config = reader.config_text(), read_config(run)
    return RecordedRun(
        path=run,
        config=config,
        config_text=config_text,
        status=status,
        start=_start(run, config, config_text),
        last_row_step=last_row_step(reader),
        environment=read_environment(run),
    )


def _start(run: Path, config: RunConfig, config_text: str) -> FoundCheckpoint:
    """Returns what to go on from; a fork has no seed to begin at, but a checkpoint."""
    if config.lineage is None:
        return find_checkpoint(run, config_text, NEWEST_FIRST)
    names = (*NEWEST_FIRST, step_file(config.lineage.step))
    found = find_checkpoint(run, config_text, names)
    if found.checkpoint is None:
        raise RunDirectoryError(
            f"{printable(run.name)} has no checkpoint that can be read, and a fork "
            "cannot begin from its seed: fork "
            f"{printable(config.lineage.parent)}@{config.lineage.step} again"
        )
    return found


def read_checkpoint(run: Path, config_text: str, names: Sequence[str]) -> Checkpoint:
    """Returns the first checkpoint of these that can be read.

    Raises:
        RunDirectoryError: if there is none.
    """
    found = find_checkpoint(run, config_text, names)
    if found.checkpoint is None:
        raise RunDirectoryError(
            "; ".join(("there is no good checkpoint", *found.problems))
        )
    return found.checkpoint


def find_checkpoint(
    run: Path, config_text: str, names: Sequence[str]
) -> FoundCheckpoint:
    """Looks for the first checkpoint of these that can be read.

    Raises:
        NewerFormatError: if one was written by a version that knows more.
        UnreadableError: if one may be good, and cannot be read now.
        RunDirectoryError: if it is of a run with another config.
    """
    if os.path.islink(run / CHECKPOINTS):
        raise UnreadableError(
            f"{printable(run / CHECKPOINTS)} is a link: put the folder itself there"
        )
    problems: list[str] = []
    damaged: list[str] = []
    for path in (run / CHECKPOINTS / name for name in names):
        is_there = os.path.lexists(path)
        if path.name == HALTED and not is_there:
            continue  # seldom there
        try:
            checkpoint = load_checkpoint(path)
        except (NewerFormatError, UnreadableError):
            raise
        except RunDirectoryError as error:
            problems.append(str(error))
            damaged += [path.name] if is_there else []
            continue
        if checkpoint.config != config_text:
            raise RunDirectoryError(
                f"{printable(path)}: is of another run, or {CONFIG} was changed since; "
                "put the right file back, or remove this one to go on without it"
            )
        return FoundCheckpoint(
            checkpoint=checkpoint, problems=tuple(problems), damaged=tuple(damaged)
        )
    return FoundCheckpoint(
        checkpoint=None, problems=tuple(problems), damaged=tuple(damaged)
    )


def tested_up_to(run: Path, step: int) -> EvaluationMetrics | None:
    """Returns the last test row that counts, up to ``step``."""
    last = None
    for row in metrics_rows(run):
        if row.test_loss is not UNSET and row.step is not UNSET and row.step <= step:
            last = row
    if last is None:
        return None
    nothing = math.nan  # a value that was not finite
    return EvaluationMetrics(
        step=int(last.step or 0),
        epoch=last.epoch or 0.0,
        time=last.time or 0.0,
        loss=nothing if last.test_loss in (None, UNSET) else last.test_loss,
        accuracy=nothing if last.test_accuracy is None else last.test_accuracy,
        validation_loss=last.validation_loss,
        validation_accuracy=last.validation_accuracy,
    )


def read_all(run: Path) -> RunReader:
    """Returns a reader that has read the whole run.

    Raises:
        RunDirectoryError: if a file is larger than any run writes, or no file.
    """
    for path in (run / METRICS, run / EVENTS):
        if os.path.isfile(path) and os.path.getsize(path) > _MAX_BYTES:
            raise RunDirectoryError(
                f"{printable(path)}: is damaged: larger than {mebibytes(_MAX_BYTES)}"
            )
    return read_rows(run)


def last_row_step(reader: RunReader) -> int:
    """Returns the highest step of all rows; 0 if there is none."""
    steps = [table["step"] for table in (reader.train, reader.tests)]
    return max((int(column[-1]) for column in steps if len(column)), default=0)


def recorded_edits(run: Path, from_step: int) -> Edits:
    """Returns the edits from ``from_step`` on, less those that were gone back on."""
    edits: Edits = {}
    for event in all_events(run):
        match event:
            case RolledBack(step=step) | Resumed(step=step, repeats_edits=False):
                edits = {at: made for at, made in edits.items() if at <= step}
            case HyperparameterChanged(step=step, what=name, after=value):
                if step >= from_step and value is not None:
                    edits.setdefault(step, []).append((name, value))
            case _:
                pass
    return edits


def read_environment(run: Path) -> dict[str, Any]:
    """Returns what the run ran on; nothing where that cannot be read."""
    try:
        facts = json.loads(read_bounded(run / ENVIRONMENT, _MAX_ENVIRONMENT_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
