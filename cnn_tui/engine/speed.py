"""How fast a run trains, and its updates as rows of metrics."""

import time
from collections.abc import Callable, Sequence

from cnn_tui.engine.state import Results
from cnn_tui.engine.train_rows import TrainRow
from cnn_tui.runs import records
from cnn_tui.runs.records import UpdateMetrics


class Speedometer:
    """Measures images per second between reports, updates per second over all."""

    def __init__(
        self,
        images_per_step: float,
        step: int,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begins at ``step``, after ``seconds`` of training."""
        self._images_per_step = images_per_step
        self._clock = clock
        self.begin(step, seconds)

    @property
    def seconds_since_report(self) -> float:
        """The time since the last report, or since what is no training."""
        return self._clock() - self._reported_at

    def begin(self, step: int, seconds: float) -> None:
        """Measures everything from here on, where training went to."""
        self._began = step, seconds
        self.restart(step)

    def restart(self, step: int) -> None:
        """Measures images per second from here on: after whatever is no training."""
        self._reported_at, self._reported_step = self._clock(), step

    def measure(self, results: Results, step: int, seconds: float) -> None:
        """Updates the speeds: images since the last report, updates since the start."""
        if step > self._reported_step:
            images = (step - self._reported_step) * self._images_per_step
            results.images_per_second = images / self.seconds_since_report
            results.progress_at = records.now()
        first_step, first_seconds = self._began
        if step > first_step and seconds > first_seconds:
            rate = (step - first_step) / (seconds - first_seconds)
            results.steps_per_second = rate
        self.restart(step)


def update_metrics(
    rows: Sequence[TrainRow], steps_per_epoch: int, images_per_second: float | None
) -> list[UpdateMetrics]:
    """Returns the rows of ``metrics.jsonl`` for these updates."""
    speed = None if images_per_second is None else round(images_per_second, 1)
    return [
        UpdateMetrics(
            step=row.step,
            epoch=row.step / steps_per_epoch,
            time=round(row.seconds, 6),
            loss=row.loss,
            accuracy=row.accuracy,
            lr=row.lr,
            images_per_second=speed,
        )
        for row in rows
    ]
