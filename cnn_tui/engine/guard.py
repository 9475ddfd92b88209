"""The guard against values that are not finite and losses that explode."""

import math
from typing import TYPE_CHECKING

from cnn_tui.config import RunConfig
from cnn_tui.engine import steering
from cnn_tui.engine.checkpoint import LAST, Checkpoint, load_checkpoint
from cnn_tui.engine.diagnose import ExplosionDetector, find_non_finite
from cnn_tui.engine.loop import TrainRow
from cnn_tui.engine.progress import Outcome, done
from cnn_tui.errors import InputError
from cnn_tui.runs.layout import CHECKPOINTS, State

if TYPE_CHECKING:
    from cnn_tui.engine.session import Session

REASON = "non_finite"
MAX_ROLLBACKS = 3
ROLLBACK_FACTOR = 0.1


class Guard:
    """Decides what becomes of an update whose loss or gradient is not finite."""

    def __init__(self, config: RunConfig) -> None:
        """Takes the policy, ``on_non_finite``, from the config."""
        self._policy = config.training.on_non_finite
        self._explosions = ExplosionDetector(config.dataset.facts.classes)
        self._paused_before: int | None = None
        self._last_skipped: int | None = None
        self._rollbacks = 0

    def inspect(self, session: "Session", rows: list[TrainRow]) -> list[TrainRow]:
        """Returns the rows that count, and notes explosions among them.

        Where updates are not checked one by one, a bad one takes the run back to the
        last checkpoint, and from there to the update before it.
        """
        trainer = session.trainer
        if not trainer.checks_each_update and (bad := trainer.first_bad_step()):
            rows = [row for row in rows if row.step < bad]
            self._repeat_until(session, bad - 1)
        if exploded := self._explosions.first_exploded(rows):
            session.writer.event("loss_exploded", exploded.step, loss=exploded.loss)
        return rows

    def handle(self, session: "Session") -> None:
        """Is called when the next update was refused; the weights are as before it."""
        session.report()
        bad_step = session.step + 1
        if self._paused_before == bad_step:  # and a person said: go on
            self._skip(session)
            return
        in_streak = self._last_skipped == session.step
        if self._policy != "ignore" or not in_streak:
            found = find_non_finite(session.trainer, session.config)
            session.writer.event(REASON, bad_step, what=found.what, layer=found.layer)
        match self._policy:
            case "ignore":
                self._skip(session)
            case "pause":
                self._paused_before = bad_step
                session.pause(REASON)
            case "rollback" if self._rollbacks < MAX_ROLLBACKS:
                self._rollbacks += 1
                self.roll_back(session, None)
            case _:
                session.plan.ending = Outcome(state=State.FAILED, reason=REASON)

    def roll_back(
        self, session: "Session", lr: float | None, answers: str | None = None
    ) -> None:
        """Goes back to the last checkpoint, with a lower learning rate.

        Raises:
            InputError: if ``lr`` is not allowed.
        """
        lr = lr or session.trainer.rates.at(session.step + 1) * ROLLBACK_FACTOR
        if not math.isfinite(lr) or lr <= 0:
            raise InputError("lr must be above 0")
        session.report()
        reached = session.step
        session.restore(_last_checkpoint(session))
        session.writer.metrics([{"rewind_to": session.step}])
        session.writer.event("rolled_back", session.step, reached=reached)
        changed = steering.edit(session, "lr", lr)
        session.writer.event(
            "hyperparameter_changed", session.step, **changed, **done(answers)
        )
        self._paused_before = None
        session.resume()

    def _skip(self, session: "Session") -> None:
        session.trainer.skip()
        self._last_skipped = session.step

    def _repeat_until(self, session: "Session", step: int) -> None:
        """Repeats updates, whose rows are written already, from the last checkpoint."""
        trainer = session.trainer
        session.restore_trainer(_last_checkpoint(session))
        trainer.check_until(step + 1)
        while trainer.step < step:
            if not trainer.update():  # skipped the first time, too
                trainer.skip()
        trainer.discard_rows()


def _last_checkpoint(session: "Session") -> Checkpoint:
    return load_checkpoint(session.writer.path / CHECKPOINTS / LAST)
