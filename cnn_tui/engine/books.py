"""The books of a training: everything that it writes down, in the right order."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from cnn_tui.engine import guard
from cnn_tui.engine.actions import Save
from cnn_tui.engine.checkpoint import Checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.diagnose import ExplosionDetector
from cnn_tui.engine.evaluate import evaluate_splits
from cnn_tui.engine.health import Checkups
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.journal import Journal, NoRoomError
from cnn_tui.engine.profiler import Profiler
from cnn_tui.engine.speed import Speedometer, update_metrics
from cnn_tui.engine.state import RunState
from cnn_tui.engine.stopwatch import Stopwatch
from cnn_tui.engine.team import Evaluate
from cnn_tui.engine.train_rows import TrainRow
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import TrainingError
from cnn_tui.runs import events
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Best, EvaluationMetrics, now

RETRY_SECONDS = 2.0
REMOVED = "the run directory was removed"


class Books:
    """Rows, evaluations and checkpoints of one run. For the training thread alone.

    Attributes:
        saved_step: The step of the last checkpoint, good or not.
        saved_at: When that was, on the monotonic clock.
    """

    def __init__(
        self,
        state: RunState,
        trainer: Trainer,
        splits: Splits,
        journal: Journal,
        *,
        config_text: str,
        stopwatch: Stopwatch,
        interrupts: Interrupts,
        publish: Callable[[], None] = lambda: None,
    ) -> None:
        """``publish`` is called when the status is to tell something new."""
        self.state = state
        self.trainer = trainer
        self.journal = journal
        self.stopwatch = stopwatch
        self.publish = publish
        self.saved_step: int | None = None
        self.saved_at = 0.0
        self._splits = splits
        self._config_text = config_text
        self._interrupts = interrupts
        images = trainer.images_per_update
        self.speed = Speedometer(images, trainer.step, stopwatch.seconds)
        self._checkups = Checkups(trainer, splits.train, state.config, stopwatch)
        self.profiler = Profiler(trainer, state.config, stopwatch)
        self._explosions = ExplosionDetector(state.config.dataset.facts.classes)

    @property
    def step(self) -> int:
        """Updates completed."""
        return self.trainer.step

    def here(self, command_id: str | None = None) -> dict[str, Any]:
        """Returns when and where an event happens, and which command it answers."""
        here: dict[str, Any] = {"at": now(), "step": self.step}
        if command_id is not None:
            here |= {"command_id": command_id, "outcome": "done"}
        return here

    def report(self) -> None:
        """Reads the rows of the updates so far from the device and appends them.

        Where updates are not checked one by one, training may stand before a bad one
        after it.
        """
        with self.profiler.counting("read_out"):
            self._report()
        if self.state.config.training.profile:
            self.profiler.arm()
            if self.profiler.is_to_write:
                self.write_profile()

    def write_profile(self) -> None:
        """Writes where the time went, if an update was taken apart."""
        with self.profiler.counting("profile"):
            if profile := self.profiler.take():
                self.journal.profile(profile)

    def _report(self) -> None:
        rows, results = self.trainer.read_out(), self.state.results
        self.speed.measure(results, self.step, self.stopwatch.seconds)
        if rows:
            results.lr, results.train_loss = rows[-1].lr, rows[-1].loss
            per_epoch = self.trainer.steps_per_epoch
            speed = results.images_per_second
            self.journal.metrics(update_metrics(rows, per_epoch, speed))
        self._watch(rows)

    def _watch(self, rows: Sequence[TrainRow]) -> None:
        """Notes an explosion of the loss, and whether it lasts."""
        exploded = self._explosions.first_exploded(rows)
        limit = self._explosions.limit
        if limit != self.state.guard.explosion_limit:
            self.state.guard = replace(self.state.guard, explosion_limit=limit)
        if exploded:
            self.journal.event(
                events.LossExploded(at=now(), step=exploded.step, loss=exploded.loss)
            )

    def test(self) -> bool:
        """Evaluates and appends a test row; returns whether it is the best so far."""
        with self.profiler.counting("evaluation"):
            return self._test()

    def _test(self) -> bool:
        results, step = self.state.results, self.step
        team = self.trainer.team
        team.tell(Evaluate())
        found = evaluate_splits(
            self.trainer.evaluated,
            self.trainer.evaluation_loss,
            self._splits,
            self.state.config.dataset.facts.classes,
            team,
        )
        results.tested = EvaluationMetrics(
            step=step,
            epoch=step / self.trainer.steps_per_epoch,
            time=round(self.stopwatch.seconds, 6),
            **found.values,
        )
        is_best = results.best is None or found.judged > results.best.accuracy
        results.evaluations_since_best += 1
        if is_best:
            results.best = Best(step=step, accuracy=found.judged)
            results.evaluations_since_best = 0
        self.journal.metrics([results.tested])
        best_step = results.best.step if results.best else None
        self.journal.evaluation(step, found.arrays, best_step)
        for name in found.non_finite:
            self.journal.event(events.NonFinite(what=name, **self.here()))
        self.speed.restart(step)
        return is_best

    def prepare_checkup(self) -> None:
        """Is called before an update that an evaluation follows."""
        if self.state.config.training.health:
            self._checkups.prepare()

    def check_up(self) -> None:
        """Appends a sample of the layers, if it is due."""
        with self.profiler.counting("health"):
            row = self._checkups.look(self.state.config)
        if row is not None:
            self.journal.health(row)
            self.speed.restart(self.step)

    def save(self, saves: Iterable[Save] = ()) -> None:
        """Writes one checkpoint, under all names that are asked for.

        Raises:
            TrainingError: if a weight is not finite, or it cannot be written in time.
        """
        with self.profiler.counting("checkpoint"):
            self._save(saves)

    def _save(self, saves: Iterable[Save]) -> None:
        if not self.trainer.weights_are_finite():
            raise TrainingError(f"a weight is not finite after update {self.step:,}")
        saves = list(saves) or [Save()]
        names = list(dict.fromkeys(name for save in saves for name in save.also_as))
        checkpoint = self.checkpoint()
        good = guard.is_good(self.state.guard, self.step)
        self.with_room(lambda: self.journal.checkpoint(checkpoint, names, good=good))
        self.note_saved()
        for save in saves:
            also_as, here = list(save.also_as), self.here(save.command_id)
            self.journal.event(events.CheckpointSaved(also_as=also_as, **here))
        self.publish()

    def keep(self) -> None:
        """Keeps this state in the history of the run, if it has one."""
        if most := self.state.config.training.history:
            with self.profiler.counting("checkpoint"):
                self.journal.keep(self.checkpoint(), most)

    def note_saved(self) -> None:
        """Takes note that the state at this step is on disk."""
        self.saved_step, self.saved_at = self.step, time.monotonic()
        if guard.is_good(self.state.guard, self.step):
            self.state.last_checkpoint_step = self.step

    def go_back(self, training_seconds: float) -> None:
        """Counts and measures from here on, where training was taken to."""
        self.stopwatch.reset(training_seconds)
        self.speed.begin(self.step, training_seconds)
        self._checkups.begin()
        self.profiler.begin()
        self._explosions.forget(self.state.guard.explosion_limit)
        self.note_saved()
        self.state.results.tested = self.journal.tested(self.step)

    def go_on(self) -> None:
        """Lets the clock run."""
        self.state.phase, self.state.reason = State.RUNNING, None
        self.stopwatch.start()
        self.speed.restart(self.step)
        self.publish()

    def with_room(self, write: Callable[[], None]) -> None:
        """Writes; where that fails, the run is paused, with the reason, until it works.

        Raises:
            TrainingError: if the run directory is gone, if a person does not want to
                wait, or if nobody watches and it takes too long.
        """
        try:
            write()
        except NoRoomError as error:
            self._wait_for_room(write, f"cannot write: {error}")

    def _wait_for_room(self, write: Callable[[], None], reason: str) -> None:
        state, before = self.state, (self.state.phase, self.state.reason)
        deadline = time.monotonic() + self._interrupts.patience_seconds
        self.stopwatch.stop()
        state.phase, state.reason = State.PAUSED, reason
        self.journal.release_reserve()  # until there is room, it holds these words'
        self.journal.event(events.Paused(reason=reason, **self.here()))
        self.publish()
        time.sleep(RETRY_SECONDS)
        while not self._is_written(write):
            if self.journal.is_removed():
                raise TrainingError(REMOVED)
            if self._interrupts.interrupted_by or time.monotonic() > deadline:
                raise TrainingError(reason)
            time.sleep(RETRY_SECONDS)
        state.phase, state.reason = before
        self.journal.event(events.Resumed(**self.here()))
        if state.phase is State.RUNNING:
            self.go_on()

    def _is_written(self, write: Callable[[], None]) -> bool:
        try:
            self.journal.check()
            write()
        except NoRoomError:
            return False
        return self.journal.reserve()

    def checkpoint(self) -> Checkpoint:
        """Returns the state now; its tensors are those that are trained."""
        return Checkpoint(
            config=self._config_text,
            lr_factor=self.trainer.rates.factor,
            training_seconds=self.stopwatch.seconds,
            **self.trainer.state_dict(),
            **self.state.state_dict(),
        )
