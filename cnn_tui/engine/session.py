"""One run from its first update to its end: the order of work at batch boundaries."""

import logging
import math
import time
from collections.abc import Sequence

from cnn_tui.config import RunConfig
from cnn_tui.engine import steering
from cnn_tui.engine.checkpoint import (
    BEST,
    Checkpoint,
    save_checkpoint,
    save_model,
)
from cnn_tui.engine.control import Control, Stopwatch
from cnn_tui.engine.data import Images, Splits
from cnn_tui.engine.evaluate import Evaluation, evaluate
from cnn_tui.engine.guard import Guard
from cnn_tui.engine.loop import Trainer
from cnn_tui.engine.progress import Outcome, Plan, Progress, done, train_row
from cnn_tui.engine.rng import get_rng_state
from cnn_tui.engine.status import current_status
from cnn_tui.errors import TrainingError
from cnn_tui.runs import records
from cnn_tui.runs.layout import State
from cnn_tui.runs.mailbox import Inbox
from cnn_tui.runs.records import Best, Status
from cnn_tui.runs.writer import RunWriter

logger = logging.getLogger(__name__)

REPORT_SECONDS = 0.1
LISTEN_SECONDS = 0.05


class Session:
    """Trains one run. Every method is for the training thread alone."""

    def __init__(
        self,
        writer: RunWriter,
        config: RunConfig,
        config_text: str,
        trainer: Trainer,
        splits: Splits,
        stopwatch: Stopwatch,
        control: Control,
        identity: Status,
    ) -> None:
        """Takes a trainer at step 0; ``restore`` takes it elsewhere.

        ``identity`` is a status with what does not change while this process trains.
        """
        self.writer = writer
        self.config = config
        self.trainer = trainer
        self.splits = splits
        self.stopwatch = stopwatch
        self.control = control
        self.identity = identity
        self.progress = Progress()
        self.plan = Plan(total_steps=config.total_steps, horizon=config.total_steps)
        self.guard = Guard(config)
        self._config_text = config_text
        self._inbox = Inbox(writer.path)
        self._tested_step: int | None = None
        self._reported = (time.monotonic(), trainer.step)
        self._saved_at = self._listened_at = -math.inf
        self._began = (stopwatch.seconds, trainer.step)

    @property
    def step(self) -> int:
        """Updates completed."""
        return self.trainer.step

    @property
    def epoch(self) -> float:
        """Passes completed over the training images."""
        return self.step / self.trainer.steps_per_epoch

    def train(self) -> Outcome:
        """Trains until the run ends by itself, by a command or by an interruption."""
        while True:
            if outcome := self._boundary():
                return outcome
            if not self.trainer.update():
                self.guard.handle(self)

    def _boundary(self) -> Outcome | None:
        """Does what is due between two updates, in the order of the format."""
        self._report_if_due()
        if self._evaluation_is_due():
            self.evaluate()
        if self._checkpoint_is_due():
            self.save()
        self._listen()
        if self.step == self.plan.pause_at_step:
            self.writer.event("stepped", self.step)
            self.pause()
        while self.progress.state is State.PAUSED and self.plan.ending is None:
            time.sleep(LISTEN_SECONDS)
            self._listen()
        if self.plan.ending is None and self.step >= self.plan.total_steps:
            return Outcome(state=State.FINISHED)
        return self.plan.ending

    def pause(self, reason: str | None = None, answers: str | None = None) -> None:
        """Stands still at this boundary, with a checkpoint."""
        if self.progress.state is not State.PAUSED:
            self.report()
            self.plan.pause_at_step = None
            self.stopwatch.stop()
            self.progress.state, self.progress.reason = State.PAUSED, reason
            self.save()
        details = {"reason": reason} if reason else {}
        self.writer.event("paused", self.step, **details, **done(answers))

    def resume(self) -> None:
        """Goes on; nothing if it does."""
        self.progress.state, self.progress.reason = State.RUNNING, None
        self.stopwatch.start()
        self._reported = (time.monotonic(), self.step)
        self.publish()

    def report(self) -> None:
        """Reads the rows of the updates so far from the device and appends them."""
        rows = self.guard.inspect(self, self.trainer.read_out())
        rate = self._measure_speed()
        if rows:
            self.progress.lr, self.progress.train_loss = rows[-1].lr, rows[-1].loss
            self.writer.metrics(
                train_row(row, self.trainer.steps_per_epoch, rate) for row in rows
            )

    def evaluate(self, answers: str | None = None) -> None:
        """Evaluates here, unless that was done."""
        if self._tested_step == self.step:
            if answers:
                self.writer.event("evaluated", self.step, **done(answers))
            return
        self.report()
        test = self._evaluate(self.splits.test)
        tested = {"test/loss": test.loss, "test/accuracy": test.accuracy}
        judged = test
        if self.splits.validation is not None:
            judged = self._evaluate(self.splits.validation)
            tested["validation/loss"] = judged.loss
            tested["validation/accuracy"] = judged.accuracy
        best = self.progress.best
        is_best = best is None or judged.accuracy > best.accuracy
        if is_best:
            self.progress.best = Best(step=self.step, accuracy=judged.accuracy)
        self._record_evaluation(tested, test)
        self.writer.event(
            "evaluated", self.step, **tested, best=is_best, **done(answers)
        )
        if is_best:
            self.save(also_as=[BEST])

    def save(self, also_as: Sequence[str] = (), answers: str | None = None) -> None:
        """Writes a checkpoint, after everything that it implies is on disk.

        Raises:
            TrainingError: if a weight is not finite; the last checkpoint stays.
        """
        self.report()
        if not self.trainer.weights_are_finite():
            raise TrainingError(f"a weight is not finite after update {self.step:,}")
        self.writer.sync()
        save_checkpoint(self.writer.path, self.checkpoint(), also_as)
        self._saved_at = time.monotonic()
        self.progress.last_checkpoint_step = self.step
        files = {"also_as": list(also_as)} if also_as else {}
        self.writer.event("checkpoint_saved", self.step, **files, **done(answers))
        self.publish()

    def checkpoint(self) -> Checkpoint:
        """Returns the state of the run."""
        return Checkpoint(
            config=self._config_text,
            step=self.step,
            total_steps=self.plan.total_steps,
            horizon=self.plan.horizon,
            model=self.trainer.model.state_dict(),
            optimizer=self.trainer.optimizer.state_dict(),
            rng=get_rng_state(self.trainer.device),
            lr_factor=self.trainer.rates.factor,
            overrides=self.plan.overrides,
            best=self.progress.best,
            training_seconds=self.stopwatch.seconds,
            pause_at_step=self.plan.pause_at_step,
        )

    def restore_trainer(self, checkpoint: Checkpoint) -> None:
        """Takes weights, optimizer and random numbers of a checkpoint."""
        self.trainer.restore(
            checkpoint.step, checkpoint.model, checkpoint.optimizer, checkpoint.rng
        )

    def restore(self, checkpoint: Checkpoint) -> None:
        """Goes to the state of a checkpoint."""
        self.restore_trainer(checkpoint)
        self.plan.total_steps = checkpoint.total_steps
        self.plan.horizon = checkpoint.horizon
        self.plan.pause_at_step = checkpoint.pause_at_step
        self.progress.best = checkpoint.best
        self.progress.last_checkpoint_step = checkpoint.step
        self.stopwatch.reset(checkpoint.training_seconds)
        self._tested_step = checkpoint.step
        self._reported = (time.monotonic(), checkpoint.step)
        steering.restore_edits(self, checkpoint.overrides, checkpoint.lr_factor)

    def end(self, outcome: Outcome) -> None:
        """Writes the last checkpoint, the model and the truth about the end."""
        self.progress.state = State.STOPPING
        self.publish()
        if self.progress.last_checkpoint_step != self.step:
            self.save()
        self.stopwatch.stop()
        if outcome.state in (State.FINISHED, State.STOPPED):
            save_model(self.writer.path, self.trainer.model, self.config, self.step)
        self.announce_end(outcome)

    def publish(self) -> None:
        """Writes the status so that it survives a power loss."""
        self.writer.set_status(current_status(self), durable=True)

    def announce_end(self, outcome: Outcome) -> None:
        """Writes the last event and the last status."""
        self.stopwatch.stop()
        details = {"reason": outcome.reason} if outcome.reason else {}
        self.writer.release_reserve()
        self.writer.event(
            outcome.state.value, self.step, **details, **done(outcome.command_id)
        )
        self.writer.sync()
        self.progress.state, self.progress.reason = outcome.state, outcome.reason
        self.publish()

    def _report_if_due(self) -> None:
        waited = time.monotonic() - self._reported[0]
        if waited >= REPORT_SECONDS or self.step >= self.plan.total_steps:
            self.report()

    def _evaluation_is_due(self) -> bool:
        every = self.config.training.evaluate_every
        at_end = self.step == self.plan.total_steps
        return (
            self.step > 0
            and (self.step % every == 0 or at_end)
            and self._tested_step != self.step
        )

    def _checkpoint_is_due(self) -> bool:
        saved_step = self.progress.last_checkpoint_step
        if saved_step is None:
            return True  # before the first update
        every = self.config.training.checkpoint_every
        if isinstance(every, str):
            return time.monotonic() - self._saved_at >= float(every.removesuffix("s"))
        return self.step % every == 0 and saved_step != self.step

    def _listen(self) -> None:
        """Obeys what this process and the mailbox ask for."""
        if self.control.interrupted_by and self.plan.ending is None:
            self.plan.ending = Outcome(
                state=State.INTERRUPTED, reason=self.control.interrupted_by
            )
        now = time.monotonic()
        if now - self._listened_at >= LISTEN_SECONDS:
            self._listened_at = now
            try:
                waiting = self._inbox.take()
            except OSError as error:
                raise TrainingError(
                    f"the run directory is gone: {error.strerror}"
                ) from error
            for item in waiting:
                steering.answer(self, item)

    def _evaluate(self, images: Images) -> Evaluation:
        return evaluate(self.trainer, images, self.config.dataset.facts.classes)

    def _record_evaluation(self, tested: dict[str, float], test: Evaluation) -> None:
        where = {"step": self.step, "epoch": self.epoch}
        seconds = round(self.stopwatch.seconds, 6)
        self.writer.metrics([{**where, "time": seconds, **tested}])
        best = self.progress.best
        self.writer.evaluation(self.step, test.arrays, best.step if best else None)
        self.progress.tested = tested
        self._tested_step = self.step
        self._reported = (time.monotonic(), self.step)

    def _measure_speed(self) -> float | None:
        """Returns the images per second since the last report."""
        progress, now = self.progress, time.monotonic()
        steps = self.step - self._reported[1]
        if steps > 0:
            images_per_step = len(self.splits.train) / self.trainer.steps_per_epoch
            elapsed = now - self._reported[0]
            progress.images_per_second = steps * images_per_step / elapsed
        seconds = self.stopwatch.seconds - self._began[0]
        if self.step > self._began[1]:
            progress.steps_per_second = (self.step - self._began[1]) / seconds
            progress.progress_at = records.now()
        self._reported = (now, self.step)
        return progress.images_per_second
