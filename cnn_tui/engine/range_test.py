"""The learning-rate range test: loss while the rate grows from update to update.

L. Smith, "Cyclical learning rates for training neural networks" (2017), with the
geometric growth of fastai's finder. It changes its trainer and writes nothing.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cnn_tui.config.values import MAX_STEPS
from cnn_tui.datasets.telling import Tell
from cnn_tui.engine.recorded import GOOD, find_checkpoint, read_all
from cnn_tui.engine.rerun import begin
from cnn_tui.engine.start import reason_of
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import TrainingError
from cnn_tui.preflight.messages import RatePoint
from cnn_tui.preflight.rates import RateRange, has_burst

UPDATES = 100
"""Of one test; fewer where they would take longer than ``SECONDS``."""
SECONDS = 4.0
_LEAST_UPDATES = 40
_WARM_UP = 3
"""Updates at the lowest rate, the last of which tells how long one takes."""


def trainer_of(run: Path, data_dir: Path | None, tell: Tell) -> Trainer:
    """Returns a trainer that stands at the newest good checkpoint of a run.

    Nothing is written into the run, and no lock is taken; one that has no checkpoint
    yet is begun from its seed. ``tell`` hears of data that are fetched or decoded.

    Raises:
        InputError: if the checkpoint, the device or the data cannot be had.
    """
    reader = read_all(run)
    found = find_checkpoint(run, reader.config_text(), GOOD)
    do, _ = begin(run, reader, found.checkpoint, data_dir, tell)
    return do.trainer


def range_test(
    trainer: Trainer, limits: RateRange, seconds: float = SECONDS
) -> Iterator[RatePoint]:
    """Yields the loss of batch after batch, each trained on at a higher rate.

    The updates are those of training: batches in their order, augmentation, optimizer,
    clipping. It ends where the rates do, or where the loss bursts.

    Raises:
        TrainingError: if the device cannot do it.
    """
    trainer.check_until(MAX_STEPS)  # a bad update has to be seen at once
    trainer.plan_to(1)  # so that there is a row of each
    try:
        yield from _points(trainer, limits, seconds)
    except RuntimeError as error:
        batch_size = round(trainer.images_per_update)
        raise TrainingError(reason_of(error, batch_size)) from error


def _points(trainer: Trainer, limits: RateRange, seconds: float) -> Iterator[RatePoint]:
    for _ in range(_WARM_UP):
        started = time.perf_counter()
        if _update(trainer, limits.low) is None:
            yield RatePoint(rate=limits.low, loss=None)
            return
        duration = time.perf_counter() - started
    count = min(UPDATES, max(_LEAST_UPDATES, int(seconds / duration)))
    points: list[RatePoint] = []
    for rate in limits.rates(count):
        points.append(RatePoint(rate=rate, loss=_update(trainer, rate)))
        yield points[-1]
        if has_burst(points):
            return


def _update(trainer: Trainer, rate: float) -> float | None:
    """Makes the next update at a rate; returns its loss, None if it was refused."""
    trainer.rates = replace(trainer.rates, constant=rate)
    return trainer.read_out()[-1].loss if trainer.update() else None
