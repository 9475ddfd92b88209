"""How fast a config is on its device, and how else it could be computed there."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch

from cnn_tui.config import RunConfig, Setting, apply_settings, parse_mapping
from cnn_tui.engine.data import Splits
from cnn_tui.engine.device import device_name
from cnn_tui.engine.preflight.images import images_for
from cnn_tui.engine.preflight.memory import (
    Peak,
    batch_by_arithmetic,
    batch_by_trial,
)
from cnn_tui.engine.preflight.timing import time_work
from cnn_tui.engine.preflight.variants import fastest_together, variants
from cnn_tui.engine.setup import make_trainer, settle
from cnn_tui.engine.start import reason_of
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import CnnTuiError
from cnn_tui.host.hardware import cpu_name
from cnn_tui.preflight.messages import (
    AnyLine,
    Facts,
    LargestBatch,
    Measure,
    Measured,
    Unmeasured,
)
from cnn_tui.preflight.remembered import remember

_SECONDS_EACH = 0.5
_UPDATES_EACH = 6
"""At least, of a variant: where they take longer than that."""
_COMPILE = "training.compile"
_MORE_IMAGES = 4
"""Times the batch: far enough from it to see what each image takes."""


def measured(request: Measure) -> Iterator[AnyLine]:
    """Yields what is measured with, what the config takes, and what others would.

    Raises:
        InputError: if the config itself cannot be measured.
    """
    config, device = settle(parse_mapping(request.config))
    data_dir = Path(request.data_dir) if request.data_dir else None
    splits, images = images_for(config, data_dir, device)
    yield Facts(
        device=str(device),
        name=device_name(device) or cpu_name(),
        torch=str(torch.__version__),
        images=images,
    )
    bench = _Bench(request, splits, device, time.monotonic() + request.seconds)
    yield bench.measure([])
    for setting in variants(config, device):
        yield bench.try_out([setting])
    if together := fastest_together(bench.lines):
        yield bench.try_out(together)
    if (largest := bench.largest_batch(config)) is not None:
        yield largest


@dataclass
class _Bench:
    """Measures one variant after another, as long as there is time."""

    request: Measure
    splits: Splits
    device: torch.device
    ends: float
    lines: list[Measured] = field(default_factory=list)

    def try_out(self, settings: list[Setting]) -> Measured | Unmeasured:
        """Returns what a variant takes, or why that is not known."""
        reason = self._why_not(settings)
        if reason is None:
            try:
                return self.measure(settings)
            except (CnnTuiError, RuntimeError, MemoryError) as error:
                reason = reason_of(error, self._config([]).training.batch_size)
        return Unmeasured(settings=settings, reason=reason)

    def measure(self, settings: list[Setting]) -> Measured:
        """Raises InputError, RuntimeError or MemoryError where that does not work."""
        config, peak, compile_seconds = self._config(settings), Peak(self.device), 0.0
        trainer = self._trainer(config)
        if config.training.compile != "off":
            began = time.monotonic()
            trainer.rehearse()
            compile_seconds = time.monotonic() - began
            self.ends += compile_seconds
        cost = time_work(trainer, self.splits, config, _SECONDS_EACH)
        line = Measured(
            settings=settings,
            cost=cost,
            images_per_second=trainer.images_per_update / cost.ms_per_update * 1000,
            memory_bytes=peak.taken_bytes(),
            total_seconds=cost.seconds(config) + compile_seconds,
            compile_seconds=compile_seconds,
        )
        self.lines.append(line)
        remember(self._asked(settings), cost)
        return line

    def largest_batch(self, config: RunConfig) -> LargestBatch | None:
        """Returns the largest batch that there is memory for, where that is known."""
        first, most = config.training.batch_size, len(self.splits.train)
        if self.device.type == "cuda":
            return batch_by_trial(first, most, self._update_with, self._has_time)
        small, large = max(1, first // 2), min(most, first * _MORE_IMAGES)
        taken = [(n, self._update_with(n)) for n in (small, large) if self._has_time()]
        known = [(images, size) for images, size in taken if size is not None]
        return batch_by_arithmetic(known[0], known[1], most) if known[1:] else None

    def _why_not(self, settings: list[Setting]) -> str | None:
        is_compiled = any(key == _COMPILE and value != "off" for key, value in settings)
        if is_compiled and not self.request.compiles:
            return "left out: compiling may take a minute"
        if not self._has_time():
            return f"left out: measuring would take over {self.request.seconds:g} s"
        return None

    def _has_time(self) -> bool:
        slowest = max(line.cost.ms_per_update for line in self.lines) / 1000
        needed = max(_SECONDS_EACH, slowest * _UPDATES_EACH)
        return time.monotonic() + needed < self.ends

    def _update_with(self, batch_size: int) -> int | None:
        """Makes two updates with another batch; returns the memory that they take."""
        peak = Peak(self.device)
        settings = [("training.batch_size", batch_size), (_COMPILE, "off")]
        trainer = self._trainer(self._config(settings))
        for _ in range(2):  # the second has the state of the optimizer
            trainer.update()
        trainer.read_out()
        return peak.taken_bytes()

    def _config(self, settings: list[Setting]) -> RunConfig:
        return settle(self._asked(settings))[0]

    def _asked(self, settings: list[Setting]) -> RunConfig:
        return parse_mapping(apply_settings(self.request.config, settings))

    def _trainer(self, config: RunConfig) -> Trainer:
        return make_trainer(config, self.splits, self.device, lambda: 0.0)
