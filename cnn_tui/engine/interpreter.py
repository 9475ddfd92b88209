"""Performs actions: the only place where a training is changed."""

from collections.abc import Iterable
from typing import Any, assert_never

import msgspec

from cnn_tui.engine import actions, edits, guard
from cnn_tui.engine.actions import Action, Edit, Save
from cnn_tui.engine.books import Books
from cnn_tui.engine.checkpoint import BEST, Checkpoint
from cnn_tui.engine.diagnose import find_non_finite
from cnn_tui.engine.edits import Change
from cnn_tui.engine.state import RunState
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import RunDirectoryError, TrainingError
from cnn_tui.runs import events
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import EvaluationMetrics, now


class Interpreter:
    """Does to a run what was decided. For the training thread alone.

    Attributes:
        restored_step: The step that training was taken to; all that was due there
            was done before.
    """

    def __init__(self, books: Books) -> None:
        """Takes the books of a training at step 0; ``restore`` takes it elsewhere."""
        self.books = books
        self.journal = books.journal
        self.restored_step: int | None = None
        self._saves: list[Save] = []
        self._changes: list[events.HyperparameterChanged] = []

    @property
    def state(self) -> RunState:
        """Where the run is."""
        return self.books.state

    @property
    def trainer(self) -> Trainer:
        """What computes."""
        return self.books.trainer

    @property
    def step(self) -> int:
        """Updates completed."""
        return self.books.trainer.step

    def report(self) -> None:
        """Appends the rows of the updates so far: nothing is decided before that.

        Where updates are not checked one by one, it may turn out that one was bad; the
        run stands before that one then.
        """
        self.books.report()

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
        state = self.state
        self.trainer.load_state_dict(checkpoint)
        state.load_state_dict(checkpoint)
        edits.restore(state, self.trainer, checkpoint.overrides, checkpoint.lr_factor)
        self.restored_step = checkpoint.step
        self.books.go_back(checkpoint.training_seconds)

    def _perform(self, action: Action) -> None:
        match action:
            case actions.Pause():
                self._pause(action)
            case actions.Unpause():
                self.books.go_on()
                self.journal.event(events.Resumed(**self.books.here(action.command_id)))
            case actions.RunTo(step=until):
                self.state.plan.pause_at_step = until
                self.books.go_on()
                here = self.books.here(action.command_id)
                self.journal.event(events.Resumed(until=until, **here))
            case actions.Evaluate():
                self._evaluate(action)
            case actions.EditSchedule(values=values):
                self._note(edits.apply_schedule(self.state, self.trainer, values))
            case actions.RollBack():
                self._roll_back(action)
            case actions.Diagnose():
                self._diagnose()
            case actions.Skip():
                self.trainer.skip()
                self._remember(last_skipped=self.step)
            case actions.End(outcome=outcome):
                self.state.plan.ending = outcome
                if outcome.reason == guard.REASON:
                    self._remember(halted_before=self.step + 1)
                    self.books.save()
            case actions.Reject(reason=reason, command_id=command_id):
                self._reject(reason, command_id)
            case Edit() | Save():
                raise AssertionError("these wait for a checkpoint")
            case _:
                assert_never(action)

    def _pause(self, action: actions.Pause) -> None:
        if action.reason == guard.REASON:
            self._remember(halted_before=self.step + 1)
        if not self.state.is_paused:
            self.state.plan.pause_at_step = None
            self.books.stopwatch.stop()
            self.state.phase, self.state.reason = State.PAUSED, action.reason
            self.books.save()
        here = self.books.here(action.command_id)
        self.journal.event(events.Paused(reason=action.reason, **here))

    def _edit(self, action: Edit) -> None:
        change = edits.apply(self.state, self.trainer, action.name, action.value)
        self._note([change], action.command_id)

    def _note(self, changes: Iterable[Change], command_id: str | None = None) -> None:
        """Keeps changes until a checkpoint holds them."""
        self._changes += [
            events.HyperparameterChanged(
                what=change.name,
                before=change.before,
                after=change.after,
                **self.books.here(command_id),
            )
            for change in changes
        ]

    def _save_what_waits(self) -> None:
        """Writes one checkpoint for all edits and saves since the last one."""
        saves, self._saves = self._saves, []
        changes, self._changes = self._changes, []
        if saves or changes:
            self.books.save(saves)
        for change in changes:
            self.journal.event(change)

    def _evaluate(self, action: actions.Evaluate) -> None:
        results, is_best = self.state.results, None
        if results.tested_step != self.step:
            is_best = self.books.test()
        if is_best is not None or action.command_id:
            here = self.books.here(action.command_id)
            self.journal.event(_evaluated(results.tested, is_best, here))
        if is_best:
            self.books.save([Save(also_as=(BEST,))])
        self.books.keep()

    def _reject(self, reason: str, command_id: str | None) -> None:
        here = self.books.here() | {"command_id": command_id}
        self.journal.event(events.Rejected(reason=reason, outcome="rejected", **here))

    def _roll_back(self, action: actions.RollBack) -> None:
        reached = self.step
        try:
            checkpoint = self.journal.last_good()
        except RunDirectoryError as error:
            if action.by_guard:
                raise TrainingError(str(error)) from error
            self._reject(str(error), action.command_id)
            return
        # Before anything is written: a run killed from here on goes on from there.
        self.journal.forget_halted()
        self.state.plan.repeats.clear()  # they belong to what is gone back on
        rollbacks = self.state.guard.rollbacks + action.by_guard
        self.restore(checkpoint)
        self._remember(halted_before=None, rollbacks=rollbacks)
        self.journal.rewind(self.step)
        self.journal.event(events.RolledBack(reached=reached, **self.books.here()))
        self.perform([Edit(name="lr", value=action.lr, command_id=action.command_id)])
        self.books.go_on()

    def _diagnose(self) -> None:
        found = find_non_finite(self.trainer, self.state.config)
        self.journal.event(
            events.NonFinite(
                at=now(), step=self.step + 1, what=found.what, layer=found.layer
            )
        )

    def _remember(self, **changed: int | None) -> None:
        self.state.guard = msgspec.structs.replace(self.state.guard, **changed)


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
