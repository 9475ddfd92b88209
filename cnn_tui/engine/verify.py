"""Proof that a run can be repeated: replays a part and compares it with the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_tui.config import RunConfig
from cnn_tui.config.values import MAX_STEPS
from cnn_tui.engine.actions import Action, Evaluate
from cnn_tui.engine.books import Books
from cnn_tui.engine.checkpoint import Checkpoint, load_checkpoint
from cnn_tui.engine.edits import as_actions
from cnn_tui.engine.interpreter import Interpreter
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.journal import Journal
from cnn_tui.engine.recorded import (
    last_row_step,
    read_all,
    recorded_edits,
)
from cnn_tui.engine.session import Session
from cnn_tui.engine.setup import set_up
from cnn_tui.engine.state import new_state
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.runs.config import read_config
from cnn_tui.runs.history import abandoned_checkpoints
from cnn_tui.runs.layout import CHECKPOINTS
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import EvaluationMetrics, Metrics, UpdateMetrics
from cnn_tui.runs.table import Table
from cnn_tui.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a replay found, over the updates after ``first_step`` to ``last_step``."""

    first_step: int
    last_step: int
    difference: str | None
    """The first difference; None if every value is the same, bit for bit."""


class _Comparison(Journal):
    """A journal that writes nothing and compares rows with those of a run.

    Attributes:
        difference: The first one, in words.
    """

    def __init__(self, reader: RunReader) -> None:
        """Takes a reader that has read the whole run."""
        self.difference: str | None = None
        self._reader = reader

    def metrics(self, rows: Sequence[Metrics]) -> None:
        """Compares rows, up to the first difference."""
        for row in rows:
            self.difference = self.difference or self._difference(row)

    def _difference(self, row: Metrics) -> str | None:
        match row:
            case UpdateMetrics(step=step, loss=loss, accuracy=accuracy, lr=lr):
                values = {"loss": loss, "accuracy": accuracy, "lr": lr}
                found = _difference(self._reader.train, step, values)
                return f"train {found}" if found else None
            case EvaluationMetrics(step=step, loss=loss, accuracy=accuracy):
                values = {"loss": loss, "accuracy": accuracy}
                if row.validation_loss is not None:
                    values["validation_loss"] = row.validation_loss
                if row.validation_accuracy is not None:
                    values["validation_accuracy"] = row.validation_accuracy
                found = _difference(self._reader.tests, step, values)
                return f"test {found}" if found else None
        return None


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
    comparison = _Comparison(reader)
    do = _begin(run, reader, comparison, checkpoint, data_dir)
    session = Session(do, Interrupts())
    while comparison.difference is None and do.step < end:
        session.boundary()
        session.update()
    session.boundary()
    do.report()
    return Verdict(first_step=first, last_step=end, difference=comparison.difference)


def _checkpoint_before(run: Path, step: int) -> Checkpoint | None:
    found: Checkpoint | None = None
    void = abandoned_checkpoints(run)
    for path in sorted((run / CHECKPOINTS).glob("*.pt")):
        if path.name in void:
            continue
        try:
            checkpoint = load_checkpoint(path)
        except RunDirectoryError:
            continue
        if checkpoint.step <= step and (not found or checkpoint.step > found.step):
            found = checkpoint
    return found


def _begin(
    run: Path,
    reader: RunReader,
    journal: Journal,
    checkpoint: Checkpoint | None,
    data_dir: Path | None,
) -> Interpreter:
    """Returns a training that stands at the checkpoint, or at the seed."""
    config = read_config(run)
    setup = set_up(config, data_dir)
    setup.trainer.check_until(MAX_STEPS)
    books = Books(
        new_state(setup.config),
        setup.trainer,
        setup.splits,
        journal,
        config_text="",
        stopwatch=setup.stopwatch,
        interrupts=Interrupts(),
    )
    do = Interpreter(books)
    do.state.config = do.state.planned = _skipping(setup.config)
    if checkpoint:
        do.restore(checkpoint)
    do.state.plan.pause_at_step = None
    do.state.plan.repeats = _repeats(run, reader, do.step)
    books.go_on()
    return do


def _skipping(config: RunConfig) -> RunConfig:
    """Returns a config that passes over bad updates: the run has, or had no rows."""
    training = config.training.model_copy(update={"on_non_finite": "ignore"})
    return config.model_copy(update={"training": training})


def _repeats(run: Path, reader: RunReader, step: int) -> dict[int, list[Action]]:
    """Returns what people did after ``step``: edits, and evaluations by hand."""
    repeats: dict[int, list[Action]] = {
        at: list(as_actions(made)) for at, made in recorded_edits(run, step).items()
    }
    for tested in reader.tests["step"]:
        if tested > step:
            repeats.setdefault(int(tested), []).insert(0, Evaluate())
    return repeats


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
