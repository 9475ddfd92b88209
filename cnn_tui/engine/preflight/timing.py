"""How long the work of a training takes: its updates, evaluations and checkpoints."""

import io
import statistics
import time
from collections.abc import Callable

import torch

from cnn_tui.config import RunConfig
from cnn_tui.engine.data import Splits
from cnn_tui.engine.device import synchronize
from cnn_tui.engine.evaluate import BATCH_SIZE, evaluate
from cnn_tui.engine.trainer import Trainer
from cnn_tui.preflight.cost import Cost

_WARM_UPS = 2
"""Updates before the first that counts: they make state, and choose kernels."""
_EVALUATION_SECONDS = 0.1
_BLOCK_SECONDS = 0.1
"""After which a training reads its rows out, too."""


def time_work(
    trainer: Trainer, splits: Splits, config: RunConfig, seconds: float
) -> Cost:
    """Measures a trainer for about so many seconds, and changes its weights."""
    per_update = time_updates(trainer, seconds)
    return Cost(
        ms_per_update=per_update * 1000,
        ms_per_evaluation=_time_evaluation(trainer, splits, config, per_update) * 1000,
        ms_per_checkpoint=_seconds(lambda: _encode(trainer)) * 1000,
    )


def time_updates(trainer: Trainer, seconds: float) -> float:
    """Returns the seconds of an update: the median of blocks of them."""
    last = [_block(trainer, 1) for _ in range(_WARM_UPS)][-1]
    size = max(1, round(_BLOCK_SECONDS / last))
    blocks, ends = [_block(trainer, size)], time.perf_counter() + seconds
    while time.perf_counter() < ends:
        blocks.append(_block(trainer, size))
    return statistics.median(blocks)


def _block(trainer: Trainer, updates: int) -> float:
    """Makes some updates, and reads their rows out; returns the seconds of one."""
    started = time.perf_counter()
    for _ in range(updates):
        if not trainer.update():  # whether they learn is not the question
            trainer.skip()
    trainer.read_out()
    synchronize(trainer.device)
    return (time.perf_counter() - started) / updates


def _time_evaluation(
    trainer: Trainer, splits: Splits, config: RunConfig, per_update: float
) -> float:
    """Returns the seconds of an evaluation, by that of a part of its images.

    It looks at as many as should take a while: a third of what an update takes of each.
    """
    in_time = int(_EVALUATION_SECONDS * 3 * trainer.images_per_update / per_update)
    part = splits.test.part(0, max(1, min(in_time, BATCH_SIZE)))
    classes = config.dataset.facts.classes

    def evaluate_part() -> None:
        evaluate(trainer.evaluated, trainer.evaluation_loss, part, classes)

    evaluate_part()
    in_all = config.dataset.facts.test_images + config.dataset.validation_images
    return _seconds(evaluate_part) * in_all / len(part)


def _encode(trainer: Trainer) -> None:
    torch.save(trainer.state_dict(), io.BytesIO())


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
