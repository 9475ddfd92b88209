"""A run once more: its updates from a checkpoint on, with a journal that only compares.

Writes nothing into the run, takes no lock, and obeys nobody.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from cnn_tui.config import RunConfig
from cnn_tui.config.values import MAX_STEPS
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.engine.actions import Action, Evaluate
from cnn_tui.engine.books import Books
from cnn_tui.engine.checkpoint import Checkpoint, load_checkpoint
from cnn_tui.engine.edits import as_actions
from cnn_tui.engine.interpreter import Interpreter
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.journal import Journal
from cnn_tui.engine.recorded import recorded_edits
from cnn_tui.engine.setup import set_up
from cnn_tui.engine.state import new_state
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.runs.config import read_config
from cnn_tui.runs.history import abandoned_checkpoints, names, step_of
from cnn_tui.runs.layout import CHECKPOINTS, HISTORY
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import EvaluationMetrics, Metrics, UpdateMetrics
from cnn_tui.runs.table import Table
from cnn_tui.text import printable


class Comparison(Journal):
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


def checkpoint_before(run: Path, config_text: str, step: int) -> Checkpoint | None:
    """Returns the newest checkpoint of a run up to ``step``; None: its seed is all.

    Those that cannot be read, or are of another run or of a past that was gone back on,
    are passed over.
    """
    void = abandoned_checkpoints(run)
    checkpoints = [
        run / CHECKPOINTS / name
        for name in names(run / CHECKPOINTS)
        if name.endswith(".pt") and name not in void
    ]
    paths = [*checkpoints, *(run / HISTORY / name for name in names(run / HISTORY))]
    told = [(at, path) for path in paths if (at := step_of(path.name)) is not None]
    newest_first = [path for at, path in sorted(told, reverse=True) if at <= step]
    untold = [path for path in checkpoints if step_of(path.name) is None]
    found = [
        next(_usable(newest_first, config_text, step), None),
        *_usable(untold, config_text, step),
    ]
    return max(filter(None, found), key=lambda it: it.step, default=None)


def begin(
    run: Path,
    reader: RunReader,
    checkpoint: Checkpoint | None,
    data_dir: Path | None,
    tell: Tell = nobody,
) -> tuple[Interpreter, Comparison]:
    """Returns a training that stands at a checkpoint, or at the seed, and its journal.

    It is going to do again what people did after that. ``tell`` hears of data that are
    fetched or decoded, and may raise to end that.

    Raises:
        InputError: if the device or the data are not there, or no state to begin at.
    """
    config = read_config(run)
    if checkpoint is None and config.lineage is not None:
        raise InputError(
            f"{printable(run.name)} begins at update {config.lineage.step:,}, and has "
            f"no checkpoint from there: what was before is in "
            f"{printable(config.lineage.parent)}"
        )
    setup = set_up(config, data_dir, tell)
    setup.trainer.check_until(MAX_STEPS)
    comparison = Comparison(reader)
    books = Books(
        new_state(setup.config),
        setup.trainer,
        setup.splits,
        comparison,
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
    return do, comparison


def _usable(paths: Iterable[Path], config_text: str, step: int) -> Iterator[Checkpoint]:
    for path in paths:
        with suppress(RunDirectoryError):
            checkpoint = load_checkpoint(path)
            if checkpoint.config == config_text and checkpoint.step <= step:
                yield checkpoint


def _skipping(config: RunConfig) -> RunConfig:
    """Returns a config that passes over bad updates: the run has, or had no rows.

    It keeps no history, looks at no layers, and takes no update apart.
    """
    changed: dict[str, Any] = {"on_non_finite": "ignore", "history": 0}
    changed |= {"health": False, "profile": False}
    training = config.training.model_copy(update=changed)
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
