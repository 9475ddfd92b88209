"""Proof that a run can be repeated: replays a part and compares it with the rows."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cnn_tui.config import RunConfig
from cnn_tui.config.models import MAX_STEPS
from cnn_tui.engine import steering
from cnn_tui.engine.checkpoint import Checkpoint, load_checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.evaluate import evaluate
from cnn_tui.engine.history import Edits, last_row_step, read_all, recorded_edits
from cnn_tui.engine.loop import Trainer, TrainRow
from cnn_tui.engine.progress import Plan, Progress
from cnn_tui.engine.start import open_workshop
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.runs.config import read_config
from cnn_tui.runs.layout import CHECKPOINTS
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.table import Table
from cnn_tui.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a replay found, over the updates after ``first_step`` to ``last_step``."""

    first_step: int
    last_step: int
    difference: str | None
    """The first difference; None if every value is the same, bit for bit."""


@dataclass(slots=True, kw_only=True)
class _Replay:
    """A training that nobody writes down."""

    config: RunConfig
    trainer: Trainer
    splits: Splits
    plan: Plan
    edits: Edits
    progress: Progress = field(default_factory=Progress)

    def update(self) -> list[TrainRow]:
        """Makes an update as the run did; returns its row, if the run wrote one."""
        for name, value in self.edits.get(self.trainer.step, ()):
            steering.change(self, name, value)
        if not self.trainer.update():
            self.trainer.skip()
        return self.trainer.read_out()


def verify_run(
    run: Path, *, from_step: int | None, steps: int, data_dir: Path | None
) -> Verdict:
    """Replays ``steps`` updates and compares losses, accuracies and rates.

    It starts at the newest checkpoint up to ``from_step`` (by default the last step
    less ``steps``), or from the seed. Writes nothing and takes no lock.

    Raises:
        InputError: if there is nothing to compare.
    """
    reader = read_all(run)
    last = last_row_step(reader)
    wanted = max(0, last - steps) if from_step is None else from_step
    checkpoint = _checkpoint_before(run, wanted)
    first = checkpoint.step if checkpoint else 0
    end = min(last, max(wanted, first) + steps)
    if end <= first:
        raise InputError(
            f"{printable(run.name)} has no rows after step {wanted:,} to compare with"
        )
    replay = _begin(run, checkpoint, data_dir)
    difference = None
    while difference is None and replay.trainer.step < end:
        difference = _compare(replay, reader)
    return Verdict(first_step=first, last_step=end, difference=difference)


def _checkpoint_before(run: Path, step: int) -> Checkpoint | None:
    found: Checkpoint | None = None
    for path in sorted((run / CHECKPOINTS).glob("*.pt")):
        try:
            checkpoint = load_checkpoint(path)
        except RunDirectoryError:
            continue
        if checkpoint.step <= step and (not found or checkpoint.step > found.step):
            found = checkpoint
    return found


def _begin(run: Path, checkpoint: Checkpoint | None, data_dir: Path | None) -> _Replay:
    config = read_config(run)
    workshop = open_workshop(config, data_dir)
    first = checkpoint.step if checkpoint else 0
    replay = _Replay(
        config=workshop.config,
        trainer=workshop.trainer,
        splits=workshop.splits,
        plan=Plan(total_steps=config.total_steps, horizon=config.total_steps),
        edits=recorded_edits(run, first),
    )
    replay.trainer.check_until(MAX_STEPS)
    if checkpoint:
        replay.trainer.restore(
            checkpoint.step, checkpoint.model, checkpoint.optimizer, checkpoint.rng
        )
        steering.restore_edits(replay, checkpoint.overrides, checkpoint.lr_factor)
    return replay


def _compare(replay: _Replay, reader: RunReader) -> str | None:
    """Makes one update; returns what differs from the rows of its step."""
    for row in replay.update():
        values = {"loss": row.loss, "accuracy": row.accuracy, "lr": row.lr}
        if found := _difference(reader.train, row.step, values):
            return f"train {found}"
    step = replay.trainer.step
    if step not in reader.tests["step"]:
        return None
    classes = replay.config.dataset.facts.classes
    test = evaluate(replay.trainer, replay.splits.test, classes)
    values = {"loss": test.loss, "accuracy": test.accuracy}
    found = _difference(reader.tests, step, values)
    return f"test {found}" if found else None


def _difference(table: Table, step: int, values: dict[str, float | None]) -> str | None:
    """Compares values with the row of ``step``, if the table has it."""
    place = int(table["step"].searchsorted(step))
    if step not in table["step"][place : place + 1]:
        return None
    for name, value in values.items():
        # Rows are read as float32, which holds a float32 loss exactly.
        recorded, now = (
            table[name][place],
            np.float32(np.nan if value is None else value),
        )
        if not np.array_equal(recorded, now, equal_nan=True):
            return f"{name} was {recorded}, is {now} at step {step:,}"
    return None
