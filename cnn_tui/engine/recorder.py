"""Turns updates and evaluations into rows, and keeps the numbers of the status."""

import math
import time
from collections.abc import Sequence

from cnn_tui.config import RunConfig
from cnn_tui.engine.control import Stopwatch
from cnn_tui.engine.data import Images, Splits
from cnn_tui.engine.evaluate import Evaluation, evaluate
from cnn_tui.engine.loop import Trainer, TrainRow
from cnn_tui.engine.progress import Progress
from cnn_tui.runs import records
from cnn_tui.runs.records import Best
from cnn_tui.runs.writer import RunWriter


class Recorder:
    """Appends the rows of one run.

    Attributes:
        tested_step: The last step that has a test row.
    """

    def __init__(
        self,
        writer: RunWriter,
        config: RunConfig,
        trainer: Trainer,
        splits: Splits,
        stopwatch: Stopwatch,
        progress: Progress,
    ) -> None:
        """Starts at the trainer's step."""
        self.tested_step: int | None = None
        self._writer = writer
        self._classes = config.dataset.facts.classes
        self._trainer = trainer
        self._splits = splits
        self._stopwatch = stopwatch
        self._progress = progress
        self._images_per_step = len(splits.train) / trainer.steps_per_epoch
        self._began = (stopwatch.seconds, trainer.step)
        self.restart_speed()

    @property
    def seconds_since_report(self) -> float:
        """The time since rows were last appended."""
        return time.monotonic() - self._reported_at

    def restart_speed(self) -> None:
        """Measures images per second from here on: after whatever is no training."""
        self._reported_at, self._reported_step = time.monotonic(), self._trainer.step

    def go_back(self, seconds: float) -> None:
        """Measures everything from here on, where training went back to."""
        self._began = (seconds, self._trainer.step)
        self.restart_speed()

    def report(self, rows: Sequence[TrainRow]) -> None:
        """Appends the rows of the updates since the last report."""
        self._measure_speed()
        if rows:
            self._progress.lr, self._progress.train_loss = rows[-1].lr, rows[-1].loss
            self._writer.metrics(self._train_row(row) for row in rows)

    def evaluate(self) -> bool:
        """Evaluates and appends a test row; returns whether it is the best so far."""
        test = self._evaluate(self._splits.test)
        tested = {"test/loss": test.loss, "test/accuracy": test.accuracy}
        judged = test
        if self._splits.validation is not None:
            judged = self._evaluate(self._splits.validation)
            tested["validation/loss"] = judged.loss
            tested["validation/accuracy"] = judged.accuracy
        step, best = self._trainer.step, self._progress.best
        is_best = best is None or judged.accuracy > best.accuracy
        if is_best:
            best = Best(step=step, accuracy=judged.accuracy)
        self._progress.best, self._progress.tested = best, tested
        self._writer.metrics([{**self._where(step, self._stopwatch.seconds), **tested}])
        self._writer.evaluation(step, test.arrays, best.step if best else None)
        for name, value in tested.items():
            if not math.isfinite(value):
                self._writer.event("non_finite", step, what=name, layer=None)
        self.tested_step = step
        self.restart_speed()
        return is_best

    def _evaluate(self, images: Images) -> Evaluation:
        return evaluate(self._trainer, images, self._classes)

    def _measure_speed(self) -> None:
        """Updates the speeds: images since the last report, updates since the start."""
        progress, step = self._progress, self._trainer.step
        if step > self._reported_step:
            images = (step - self._reported_step) * self._images_per_step
            progress.images_per_second = images / self.seconds_since_report
            progress.progress_at = records.now()
        seconds = self._stopwatch.seconds - self._began[0]
        if step > self._began[1] and seconds > 0:
            progress.steps_per_second = (step - self._began[1]) / seconds
        self.restart_speed()

    def _where(self, step: int, seconds: float) -> dict[str, float | int | None]:
        epoch = step / self._trainer.steps_per_epoch
        return {"step": step, "epoch": epoch, "time": round(seconds, 6)}

    def _train_row(self, row: TrainRow) -> dict[str, float | int | None]:
        speed = self._progress.images_per_second
        return {
            **self._where(row.step, row.seconds),
            "train/loss": row.loss,
            "train/accuracy": row.accuracy,
            "lr": row.lr,
            "images_per_second": None if speed is None else round(speed, 1),
        }
