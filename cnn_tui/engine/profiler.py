"""Where the time goes: an update taken apart now and then, and a clock for the rest."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import nn

from cnn_tui.config import RunConfig
from cnn_tui.engine.marks import Parts, Timeline, layers_marked, unmarked
from cnn_tui.engine.network import named_layers
from cnn_tui.engine.stopwatch import Stopwatch
from cnn_tui.engine.trainer import Trainer
from cnn_tui.runs.profile import CountedSeconds, LayerSeconds, Profile, UpdateSeconds

SHARE = 0.01
"""Of the training time, at most, if updates that are taken apart were all for nothing:
as they are not, it costs much less."""
FIRST_UPDATES = 100
"""Before the first one: these are slower, and pay for it."""
WRITE_SECONDS = 2.0


class Profiler:
    """Takes updates apart, and counts what else takes time. For one thread alone.

    Attributes:
        is_armed: Whether the next update is to be taken apart.
    """

    def __init__(
        self, trainer: Trainer, config: RunConfig, stopwatch: Stopwatch
    ) -> None:
        """Takes the clock of the training."""
        self._trainer = trainer
        self._batch_size = config.training.batch_size
        self._stopwatch = stopwatch
        self._kind = trainer.device.type
        self._layers = named_layers(trainer.model, config)
        self._first = _first_that_learns(self._layers)
        self.begin()

    def begin(self) -> None:
        """Counts from here on, where training was taken to."""
        self.is_armed = False
        self._began = self._trainer.step, self._stopwatch.seconds
        self._samples = 0
        self._sums: Parts = defaultdict(float)
        self._counted: dict[str, float] = defaultdict(float)
        self._waiting_seconds = self._host_seconds = 0.0
        self._spent_seconds = self._cost_seconds = 0.0
        self._written_at: float | None = None

    @contextmanager
    def counting(self, what: str) -> Iterator[None]:
        """Counts the seconds of training that something between updates takes."""
        before = self._stopwatch.seconds
        yield
        # Where training went back meanwhile, the clock did.
        self._counted[what] += max(0.0, self._stopwatch.seconds - before)

    def arm(self) -> None:
        """Lets the next update be taken apart, if that stays within ``SHARE``.

        On a GPU only one that is not checked: in the others it is the host that waits.
        """
        step, seconds = self._began
        wanted = self._spent_seconds + self._cost_seconds
        self.is_armed = (
            self._trainer.step - step >= FIRST_UPDATES
            and wanted <= SHARE * (self._stopwatch.seconds - seconds)
            and (self._kind == "cpu" or not self._trainer.checks_each_update)
        )

    def update(self) -> bool:
        """Takes the next update apart; makes it as the trainer does, bit for bit."""
        self.is_armed = False
        began = time.perf_counter()
        trainer, timeline = self._trainer, Timeline(self._trainer.device)
        with layers_marked(self._layers, timeline.mark):
            trainer.mark = timeline.mark
            try:
                timeline.begin()
                started, on_processor = time.perf_counter(), time.thread_time()
                is_made = trainer.update()
                seconds = time.perf_counter() - started
                on_processor = time.thread_time() - on_processor
            finally:
                trainer.mark = unmarked
        if is_made:
            self._add(timeline, seconds, seconds - on_processor)
        self._cost_seconds = time.perf_counter() - began
        self._spent_seconds += self._cost_seconds
        self._counted["profile"] += self._cost_seconds - seconds
        return is_made

    @property
    def is_to_write(self) -> bool:
        """Whether there is a sample, and the last writing is a while ago."""
        if self._written_at is None:
            return self._samples > 0
        return self._stopwatch.seconds - self._written_at >= WRITE_SECONDS

    def take(self) -> Profile | None:
        """Returns where the time went so far, to be written; None without a sample."""
        if not self._samples:
            return None
        self._written_at = self._stopwatch.seconds
        step, seconds = self._began
        return Profile(
            since_step=step,
            step=self._trainer.step,
            seconds=self._written_at - seconds,
            device=str(self._trainer.device),
            batch_size=self._batch_size,
            samples=self._samples,
            update=self._update(),
            layers=[self._layer(name) for name, _ in self._layers],
            waiting=self._mean_on("cpu", self._waiting_seconds),
            host=self._mean_on("cuda", self._host_seconds),
            counted=CountedSeconds(**self._counted),
        )

    def _add(self, timeline: Timeline, seconds: float, waiting_seconds: float) -> None:
        self._samples += 1
        for (part, layer), took in timeline.parts().items():
            # What is left of a backward pass is the first layer's.
            is_left = part == "backward" and not layer
            self._sums[part, self._first if is_left else layer] += took
        self._host_seconds += seconds
        self._waiting_seconds += max(0.0, waiting_seconds)

    def _update(self) -> UpdateSeconds:
        means: dict[str, float] = defaultdict(float)
        for (part, _), seconds in self._sums.items():
            means[part] += self._mean(seconds)
        return UpdateSeconds(**means)

    def _layer(self, name: str) -> LayerSeconds:
        forward, backward = (
            self._mean(self._sums.get((part, name), 0.0))
            for part in ("forward", "backward")
        )
        return LayerSeconds(name=name, forward=forward, backward=backward)

    def _mean(self, seconds: float) -> float:
        return round(seconds / self._samples, 9)

    def _mean_on(self, kind: str, seconds: float) -> float | None:
        return self._mean(seconds) if kind == self._kind else None


def _first_that_learns(layers: Sequence[tuple[str, nn.Module]]) -> str:
    """Returns the name of the layer that a backward pass ends with."""
    learning = (
        name for name, module in layers if next(module.parameters(), None) is not None
    )
    return next(learning, "")
