"""What a training writes down, and when that may fail."""

import logging
import os
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from cnn_tui.config import RunConfig
from cnn_tui.engine.checkpoint import (
    Checkpoint,
    keep_checkpoint,
    remove_halted,
    save_checkpoint,
)
from cnn_tui.engine.network import Network, to_safetensors
from cnn_tui.engine.recorded import GOOD, read_checkpoint, tested_up_to
from cnn_tui.errors import RunDirectoryError
from cnn_tui.io.files import replace_file
from cnn_tui.runs import evaluations
from cnn_tui.runs.events import KnownEvent
from cnn_tui.runs.health import HealthRow
from cnn_tui.runs.history import forget_after
from cnn_tui.runs.layout import EVALUATIONS, HISTORY, MODEL
from cnn_tui.runs.profile import Profile
from cnn_tui.runs.records import EvaluationMetrics, Metrics, Rewind
from cnn_tui.runs.writer import RunWriter

logger = logging.getLogger(__name__)

Arrays = dict[str, "np.ndarray"]


class NoRoomError(Exception):
    """Something could not be written; what was appended is kept and tried again."""


class Journal:
    """A journal that writes nothing: what a session may ask of one."""

    def metrics(self, rows: Sequence[Metrics]) -> None:
        """Appends rows."""

    def event(self, event: KnownEvent) -> None:
        """Appends an event."""

    def health(self, row: HealthRow) -> None:
        """Appends a sample of the layers."""

    def profile(self, profile: Profile) -> None:
        """Writes where the time went so far."""

    def evaluation(self, step: int, arrays: Arrays, best_step: int | None) -> None:
        """Writes what an evaluation found beyond its row."""

    def checkpoint(
        self, checkpoint: Checkpoint, also_as: Sequence[str], *, good: bool
    ) -> None:
        """Writes a checkpoint once all before it is on disk. Raises NoRoomError."""

    def keep(self, checkpoint: Checkpoint, most: int) -> None:
        """Keeps a checkpoint among ``most`` of the past, if there is room."""

    def rewind(self, step: int) -> None:
        """Notes that training went back to ``step``: what came later is void."""

    def model(self, network: Network, config: RunConfig, step: int) -> None:
        """Writes the trained network. Raises NoRoomError."""

    def check(self) -> None:
        """Raises NoRoomError where something written before is not on disk."""

    def sync(self) -> None:
        """Makes all so far survive a power loss, as far as there is room."""

    def release_reserve(self) -> None:
        """Frees the room that was kept for the last words."""

    def reserve(self) -> bool:
        """Keeps room for the last words; returns whether there is enough."""
        return True

    def is_removed(self) -> bool:
        """Tells whether the place to write to is gone."""
        return False

    def forget_halted(self) -> None:
        """Makes the last good checkpoint the one that is gone on from."""

    def last_good(self) -> Checkpoint:
        """Returns the checkpoint to go back to. Raises RunDirectoryError."""
        raise RunDirectoryError("there is no checkpoint to go back to")

    def tested(self, step: int) -> EvaluationMetrics | None:
        """Returns the last test row up to ``step``."""


class RunJournal(Journal):
    """Writes into a run directory."""

    def __init__(self, writer: RunWriter, config_text: str) -> None:
        """Takes the writer of the run, and the text of its ``config.yaml``."""
        self._writer = writer
        self._config_text = config_text
        self._last_step: int | None = None

    def metrics(self, rows: Sequence[Metrics]) -> None:
        """Appends to ``metrics.jsonl``."""
        self._writer.metrics(rows)

    def event(self, event: KnownEvent) -> None:
        """Appends to ``events.jsonl``."""
        self._writer.event(event)

    def health(self, row: HealthRow) -> None:
        """Appends to ``health.jsonl``."""
        self._writer.health(row)

    def profile(self, profile: Profile) -> None:
        """Replaces ``profile.json``."""
        self._writer.profile(profile)

    def evaluation(self, step: int, arrays: Arrays, best_step: int | None) -> None:
        """Writes into ``evaluations/``."""
        self._writer.evaluation(step, arrays, best_step)

    def checkpoint(
        self, checkpoint: Checkpoint, also_as: Sequence[str], *, good: bool
    ) -> None:
        """Writes into ``checkpoints/``, after everything that it implies."""
        self._sync()
        try:
            save_checkpoint(self._writer.path, checkpoint, also_as, good=good)
        except OSError as error:
            raise NoRoomError(error.strerror) from error
        if good:
            self._last_step = checkpoint.step

    def keep(self, checkpoint: Checkpoint, most: int) -> None:
        """Writes into ``history/``; what that lacks is only logged."""
        is_last = checkpoint.step == self._last_step
        try:
            keep_checkpoint(self._writer.path, checkpoint, is_last=is_last, most=most)
        except OSError as error:
            logger.warning(
                "step %d is not kept in history: %s", checkpoint.step, error.strerror
            )

    def rewind(self, step: int) -> None:
        """Appends to the files of rows, and removes later weights and evaluations."""
        self._last_step = None
        self._writer.metrics([Rewind(rewind_to=step)])
        self._writer.health(Rewind(rewind_to=step))
        with suppress(OSError):  # there may be none
            forget_after(self._writer.path / HISTORY, step)
        with suppress(OSError):
            evaluations.forget_after(self._writer.path / EVALUATIONS, step)

    def model(self, network: Network, config: RunConfig, step: int) -> None:
        """Writes ``model.safetensors``."""
        data = to_safetensors(network, config, step)
        try:
            replace_file(self._writer.path / MODEL, data, durable=True)
        except OSError as error:
            raise NoRoomError(error.strerror) from error

    def check(self) -> None:
        """Asks the writer, without touching the disk while all is well."""
        if self._writer.failing is not None:
            self._sync()

    def sync(self) -> None:
        """Syncs metrics and events."""
        self._writer.sync()

    def release_reserve(self) -> None:
        """Deletes the reserve."""
        self._writer.release_reserve()

    def reserve(self) -> bool:
        """Writes the reserve."""
        return self._writer.reserve()

    def is_removed(self) -> bool:
        """Looks for the run directory."""
        try:
            os.lstat(self._writer.path)
        except FileNotFoundError:
            return True
        except OSError:  # a shared disk that does not answer now
            pass
        return False

    def forget_halted(self) -> None:
        """Removes ``halted.pt``."""
        remove_halted(self._writer.path)

    def last_good(self) -> Checkpoint:
        """Reads ``last.pt``, or the one before it."""
        return read_checkpoint(self._writer.path, self._config_text, GOOD)

    def tested(self, step: int) -> EvaluationMetrics | None:
        """Reads the rows that count."""
        return tested_up_to(self._writer.path, step)

    def _sync(self) -> None:
        self._writer.retry()
        self._writer.sync()
        if self._writer.failing is not None:
            raise NoRoomError(self._writer.failing.strerror)
