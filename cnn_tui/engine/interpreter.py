"""Performs actions: the only place where a training is changed and written down."""

import time
from collections.abc import Callable, Iterable
from typing import Any, assert_never

import msgspec

from cnn_tui.engine import actions, edits, guard
from cnn_tui.engine.actions import Action, Edit, Save
from cnn_tui.engine.checkpoint import BEST, Checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.diagnose import ExplosionDetector, find_non_finite
from cnn_tui.engine.evaluate import evaluate_splits
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.journal import Journal, NoRoomError
from cnn_tui.engine.speed import Speedometer, update_metrics
from cnn_tui.engine.state import RunState
from cnn_tui.engine.stopwatch import Stopwatch
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import TrainingError
from cnn_tui.runs import events
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Best, EvaluationMetrics, Rewind, now

RETRY_SECONDS = 2.0
REMOVED = "the run directory was removed"


class Interpreter:
    """Does to a run what was decided. For the training thread alone.

    Attributes:
        speed: What measures it.
        saved_step: The step of the last checkpoint, good or not.
        saved_at: When that was, on the monotonic clock.
        restored_step: The step that training was taken to; all that was due there
            was done before.
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
        """Takes a trainer at step 0; ``restore`` takes it elsewhere.

        ``publish`` is called when the status is to tell something new.
        """
        self.state = state
        self.trainer = trainer
        self.journal = journal
        self.stopwatch = stopwatch
        self.publish = publish
        self.saved_step: int | None = None
        self.saved_at = 0.0
        self.restored_step: int | None = None
        self._splits = splits
        self._config_text = config_text
        self._interrupts = interrupts
        images_per_step = len(splits.train) / trainer.steps_per_epoch
        self.speed = Speedometer(images_per_step, trainer.step, stopwatch.seconds)
        self._explosions = ExplosionDetector(state.config.dataset.facts.classes)
        self._saves: list[Save] = []
        self._changes: list[events.HyperparameterChanged] = []

    @property
    def step(self) -> int:
        """Updates completed."""
        return self.trainer.step

    def report(self) -> None:
        """Reads the rows of the updates so far from the device and appends them.

        Nothing is decided before that. Where updates are not checked one by one, it
        may turn out that one was bad; the run stands before that one then.
        """
        rows, results = self.trainer.read_out(), self.state.results
        if bad_step := self.trainer.first_bad_step():
            rows = [row for row in rows if row.step < bad_step]
            self.perform([actions.RepeatUntil(step=bad_step - 1)])
        self.speed.measure(results, self.step, self.stopwatch.seconds)
        if rows:
            results.lr, results.train_loss = rows[-1].lr, rows[-1].loss
            per_epoch = self.trainer.steps_per_epoch
            speed = results.images_per_second
            self.journal.metrics(update_metrics(rows, per_epoch, speed))
        if exploded := self._explosions.first_exploded(rows):
            self.journal.event(
                events.LossExploded(at=now(), step=exploded.step, loss=exploded.loss)
            )

    def perform(self, wanted: Iterable[Action]) -> None:
        """Performs actions in order; saves that follow one another are one.

        Raises:
            TrainingError: if the run cannot go on.
        """
        for action in wanted:
            match action:
                case Edit():
                    self._edit(action)
                case Save():
                    self._saves.append(action)
                case _:
                    self._save_what_waits()
                    self._perform(action)
        self._save_what_waits()

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes to the state of a checkpoint."""
        state, step = self.state, checkpoint.step
        self.trainer.load_state_dict(checkpoint)
        state.load_state_dict(checkpoint)
        edits.restore(state, self.trainer, checkpoint.overrides, checkpoint.lr_factor)
        self.stopwatch.reset(checkpoint.training_seconds)
        self.speed.begin(step, checkpoint.training_seconds)
        self._explosions.forget()
        self.saved_step = self.restored_step = step
        self.saved_at = time.monotonic()
        if not guard.is_halted(state.guard, step):
            state.last_checkpoint_step = step
        state.results.tested = self.journal.tested(step)

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
        self.journal.event(events.Paused(reason=reason, **self._here()))
        self.publish()
        time.sleep(RETRY_SECONDS)
        while not self._is_written(write):
            if self.journal.is_removed():
                raise TrainingError(REMOVED)
            if self._interrupts.interrupted_by or time.monotonic() > deadline:
                raise TrainingError(reason)
            time.sleep(RETRY_SECONDS)
        state.phase, state.reason = before
        self.journal.event(events.Resumed(**self._here()))
        if state.phase is State.RUNNING:
            self.go_on()

    def _is_written(self, write: Callable[[], None]) -> bool:
        try:
            self.journal.check()
            write()
        except NoRoomError:
            return False
        return self.journal.reserve()

    def go_on(self) -> None:
        """Lets the clock run."""
        self.state.phase, self.state.reason = State.RUNNING, None
        self.stopwatch.start()
        self.speed.restart(self.step)
        self.publish()

    def _perform(self, action: Action) -> None:
        match action:
            case actions.Pause():
                self._pause(action)
            case actions.Unpause():
                self.go_on()
                self.journal.event(events.Resumed(**self._here(action.command_id)))
            case actions.RunTo(step=until):
                self.state.plan.pause_at_step = until
                self.go_on()
                here = self._here(action.command_id)
                self.journal.event(events.Resumed(until=until, **here))
            case actions.Evaluate():
                self._evaluate(action)
            case actions.RollBack():
                self._roll_back(action)
            case actions.RepeatUntil(step=step):
                self._repeat_until(step)
            case actions.Diagnose():
                self._diagnose()
            case actions.Skip():
                self.trainer.skip()
                self._remember(last_skipped=self.step)
            case actions.End(outcome=outcome):
                self.state.plan.ending = outcome
                if outcome.reason == guard.REASON:
                    self._remember(halted_before=self.step + 1)
                    self._save()
            case actions.Reject(reason=reason, command_id=command_id):
                here = {"at": now(), "step": self.step, "command_id": command_id}
                self.journal.event(
                    events.Rejected(reason=reason, outcome="rejected", **here)
                )
            case Edit() | Save():
                raise AssertionError("these wait for a checkpoint")
            case _:
                assert_never(action)

    def _pause(self, action: actions.Pause) -> None:
        if action.reason == guard.REASON:
            self._remember(halted_before=self.step + 1)
        if not self.state.is_paused:
            self.state.plan.pause_at_step = None
            self.stopwatch.stop()
            self.state.phase, self.state.reason = State.PAUSED, action.reason
            self._save()
        here = self._here(action.command_id)
        self.journal.event(events.Paused(reason=action.reason, **here))

    def _edit(self, action: Edit) -> None:
        change = edits.apply(self.state, self.trainer, action.name, action.value)
        self._changes.append(
            events.HyperparameterChanged(
                what=change.name,
                before=change.before,
                after=change.after,
                **self._here(action.command_id),
            )
        )

    def _save_what_waits(self) -> None:
        """Writes one checkpoint for all edits and saves since the last one."""
        saves, self._saves = self._saves, []
        changes, self._changes = self._changes, []
        if saves or changes:
            self._save(saves)
        for change in changes:
            self.journal.event(change)

    def _save(self, saves: Iterable[Save] = ()) -> None:
        if not self.trainer.weights_are_finite():
            raise TrainingError(f"a weight is not finite after update {self.step:,}")
        saves = list(saves) or [Save()]
        names = list(dict.fromkeys(name for save in saves for name in save.also_as))
        checkpoint = self._checkpoint()
        halted = guard.is_halted(self.state.guard, self.step)
        self.with_room(
            lambda: self.journal.checkpoint(checkpoint, names, halted=halted)
        )
        self.saved_step, self.saved_at = self.step, time.monotonic()
        if not halted:
            self.state.last_checkpoint_step = self.step
        for save in saves:
            also_as, here = list(save.also_as), self._here(save.command_id)
            self.journal.event(events.CheckpointSaved(also_as=also_as, **here))
        self.publish()

    def _checkpoint(self) -> Checkpoint:
        return Checkpoint(
            config=self._config_text,
            lr_factor=self.trainer.rates.factor,
            training_seconds=self.stopwatch.seconds,
            **self.trainer.state_dict(),
            **self.state.state_dict(),
        )

    def _evaluate(self, action: actions.Evaluate) -> None:
        results, is_best = self.state.results, None
        if results.tested_step != self.step:
            is_best = self._test()
        if is_best is not None or action.command_id:
            here = self._here(action.command_id)
            self.journal.event(_evaluated(results.tested, is_best, here))
        if is_best:
            self._save([Save(also_as=(BEST,))])

    def _test(self) -> bool:
        """Evaluates and appends a test row; returns whether it is the best so far."""
        results, step = self.state.results, self.step
        found = evaluate_splits(
            self.trainer.network,
            self.trainer.loss_function,
            self._splits,
            self.state.config.dataset.facts.classes,
        )
        row = EvaluationMetrics(
            step=step,
            epoch=step / self.trainer.steps_per_epoch,
            time=round(self.stopwatch.seconds, 6),
            **found.values,
        )
        results.tested = row
        is_best = results.best is None or found.judged > results.best.accuracy
        if is_best:
            results.best = Best(step=step, accuracy=found.judged)
        self.journal.metrics([row])
        best_step = results.best.step if results.best else None
        self.journal.evaluation(step, found.arrays, best_step)
        for name in found.non_finite:
            self.journal.event(events.NonFinite(what=name, **self._here()))
        self.speed.restart(step)
        return is_best

    def _roll_back(self, action: actions.RollBack) -> None:
        checkpoint, reached = self.journal.last_good(), self.step
        rollbacks = self.state.guard.rollbacks + action.by_guard
        self.restore(checkpoint)
        self._remember(halted_before=None, rollbacks=rollbacks)
        self.journal.metrics([Rewind(rewind_to=self.step)])
        self.journal.event(events.RolledBack(reached=reached, **self._here()))
        self.perform([Edit(name="lr", value=action.lr, command_id=action.command_id)])
        self.go_on()

    def _repeat_until(self, step: int) -> None:
        """Repeats updates whose rows are written already."""
        self.trainer.load_state_dict(self.journal.newest())
        self.trainer.check_until(step + 1)
        while self.trainer.step < step:
            if not self.trainer.update():  # skipped the first time, too
                self.trainer.skip()
        self.trainer.discard_rows()

    def _diagnose(self) -> None:
        found = find_non_finite(self.trainer, self.state.config)
        self.journal.event(
            events.NonFinite(
                at=now(), step=self.step + 1, what=found.what, layer=found.layer
            )
        )

    def _remember(self, **changed: int | None) -> None:
        self.state.guard = msgspec.structs.replace(self.state.guard, **changed)

    def _here(self, command_id: str | None = None) -> dict[str, Any]:
        """Returns when and where an event happens, and which command it answers."""
        here: dict[str, Any] = {"at": now(), "step": self.step}
        if command_id is not None:
            here |= {"command_id": command_id, "outcome": "done"}
        return here


def _evaluated(
    row: EvaluationMetrics | None, is_best: bool | None, here: dict[str, Any]
) -> events.Evaluated:
    if row is None:
        return events.Evaluated(best=is_best, **here)
    return events.Evaluated(
        test_loss=row.loss,
        test_accuracy=row.accuracy,
        validation_loss=row.validation_loss,
        validation_accuracy=row.validation_accuracy,
        best=is_best,
        **here,
    )
