"""One run from its first update to its end: the order of work at batch boundaries."""

import math
import time
from collections.abc import Sequence

from cnn_tui.config import RunConfig
from cnn_tui.engine import steering
from cnn_tui.engine.checkpoint import BEST, Checkpoint, save_checkpoint, save_model
from cnn_tui.engine.control import Control, Stopwatch
from cnn_tui.engine.data import Splits
from cnn_tui.engine.guard import Guard
from cnn_tui.engine.loop import Trainer
from cnn_tui.engine.progress import Outcome, Plan, Progress, done
from cnn_tui.engine.recorder import Recorder
from cnn_tui.engine.rng import get_rng_state
from cnn_tui.engine.room import REMOVED, write_patiently
from cnn_tui.engine.status import current_status
from cnn_tui.errors import TrainingError
from cnn_tui.runs.layout import State
from cnn_tui.runs.mailbox import Inbox
from cnn_tui.runs.records import Status
from cnn_tui.runs.writer import RunWriter

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
        self.stopwatch = stopwatch
        self.control = control
        self.identity = identity
        self.progress = Progress()
        self.plan = Plan(total_steps=config.total_steps, horizon=config.total_steps)
        self.guard = Guard(config)
        self.recorder = Recorder(
            writer, config, trainer, splits, stopwatch, self.progress
        )
        self._config_text = config_text
        self._inbox = Inbox(writer.path)
        self._saved_at = self._listened_at = -math.inf
        self._restored_step: int | None = None

    @property
    def step(self) -> int:
        """Updates completed."""
        return self.trainer.step

    def train(self) -> Outcome:
        """Trains until the run ends by itself, by a command or by an interruption.

        Raises:
            TrainingError: if it cannot go on.
        """
        while True:
            if outcome := self._boundary():
                return outcome
            if not self.trainer.update():
                self.guard.handle(self)

    def _boundary(self) -> Outcome | None:
        """Does what is due between two updates, in the order of the format."""
        if self._report_is_due():
            self.report()  # which may find that training has to go back
        if self._evaluation_is_due():
            self.evaluate()
        if self._checkpoint_is_due():
            self.save()
        if self.writer.failing:
            write_patiently(self)
        steering.repeat_edits(self)
        self._listen()
        if self.step == self.plan.pause_at_step:
            self.report()
            self.writer.event("stepped", self.step)
            self.pause()
        while self.progress.state is State.PAUSED and self.plan.ending is None:
            time.sleep(LISTEN_SECONDS)
            self._listen()
        if self.plan.ending is None and self.step >= self.plan.total_steps:
            return Outcome(state=State.FINISHED)
        return self.plan.ending

    def pause(self, reason: str | None = None, answers: str | None = None) -> None:
        """Stands still at this boundary, with a checkpoint, unless for a ``reason``.

        What led to that may be in the weights: the last checkpoint stays the good one.
        """
        if self.progress.state is not State.PAUSED:
            self.report()
            self.plan.pause_at_step = None
            self.stopwatch.stop()
            self.progress.state, self.progress.reason = State.PAUSED, reason
            if reason is None:
                self.save()
            else:
                self.publish()
        details = {"reason": reason} if reason else {}
        self.writer.event("paused", self.step, **details, **done(answers))

    def resume(self) -> None:
        """Goes on."""
        self.progress.state, self.progress.reason = State.RUNNING, None
        self.stopwatch.start()
        self.recorder.restart_speed()
        self.publish()

    def report(self) -> None:
        """Reads the rows of the updates so far from the device and appends them."""
        self.recorder.report(self.guard.inspect(self, self.trainer.read_out()))

    def evaluate(self, answers: str | None = None) -> None:
        """Evaluates here, unless that was done."""
        is_best = None
        if self.recorder.tested_step != self.step:
            self.report()
            is_best = self.recorder.evaluate()
        details = {**self.progress.tested, "best": is_best, **done(answers)}
        if is_best is not None or answers:
            self.writer.event("evaluated", self.step, **details)
        if is_best:
            self.save(also_as=[BEST])

    def save(self, also_as: Sequence[str] = (), answers: str | None = None) -> None:
        """Writes a checkpoint, after everything that it implies is on disk.

        Raises:
            TrainingError: if a weight is not finite (the last checkpoint stays), or
                the checkpoint cannot be written in time.
        """
        self.report()
        if not self.trainer.weights_are_finite():
            raise TrainingError(f"a weight is not finite after update {self.step:,}")
        path = self.writer.path
        write_patiently(self, lambda: save_checkpoint(path, self.checkpoint(), also_as))
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
        self._restored_step = checkpoint.step
        self.recorder.go_back(checkpoint.training_seconds)
        self._saved_at = time.monotonic()
        steering.restore_edits(self, checkpoint.overrides, checkpoint.lr_factor)

    def settle(self, outcome: Outcome) -> None:
        """Writes the last checkpoint, and the model where the training is over.

        Raises:
            TrainingError: if that is not possible.
        """
        if not outcome.handed_over:
            self.progress.state = State.STOPPING
            self.publish()
        if self.progress.last_checkpoint_step != self.step:
            self.save()
        if outcome.state in (State.FINISHED, State.STOPPED):
            path, model = self.writer.path, self.trainer.model
            write_patiently(
                self, lambda: save_model(path, model, self.config, self.step)
            )

    def announce(self, outcome: Outcome) -> None:
        """Writes the last event and the last status: the truth about the end."""
        self.stopwatch.stop()
        name = outcome.state.value
        if outcome.handed_over:
            name = "detached"
        else:
            self.writer.release_reserve()
            self.progress.state, self.progress.reason = outcome.state, outcome.reason
        details = {"reason": outcome.reason} if outcome.reason else {}
        self.writer.event(name, self.step, **details, **done(outcome.command_id))
        self.writer.sync()
        self.publish()

    def publish(self) -> None:
        """Writes the status so that it survives a power loss."""
        self.writer.set_status(current_status(self), durable=True)

    def _report_is_due(self) -> bool:
        return (
            self.recorder.seconds_since_report >= REPORT_SECONDS
            or self._evaluation_is_due()
            or self._checkpoint_is_due()
        )

    def _evaluation_is_due(self) -> bool:
        every = self.config.training.evaluate_every
        due = self.step % every == 0 or self.step == self.plan.total_steps
        # What was due at a checkpoint's step was done before it was written.
        done_at = (0, self._restored_step, self.recorder.tested_step)
        return due and self.step not in done_at

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
        if self.plan.ending is None:
            self.plan.ending = self._asked_by_process()
        now = time.monotonic()
        if now - self._listened_at >= LISTEN_SECONDS:
            self._listened_at = now
            try:
                waiting = self._inbox.take()
            except OSError as error:
                raise TrainingError(REMOVED) from error
            for item in waiting:
                steering.answer(self, item)

    def _asked_by_process(self) -> Outcome | None:
        if self.control.interrupted_by:
            reason = self.control.interrupted_by
            return Outcome(state=State.INTERRUPTED, reason=reason)
        if self.control.handing_over:
            return Outcome(state=self.progress.state, handed_over=True)
        return None
