"""Where the time of a training goes that is no run: a few updates, and nothing else."""

from collections.abc import Callable

from msgspec.structs import replace

from cnn_tui.engine.profiler import Profiler
from cnn_tui.engine.setup import Setup
from cnn_tui.engine.start import reason_of
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import TrainingError
from cnn_tui.runs.profile import CountedSeconds, Profile

WARM_UP_UPDATES = 10


def profile_updates(setup: Setup, updates: int) -> Profile:
    """Makes updates as a run does, then as many that are taken apart.

    What they take in all is of the former. Writes nothing.

    Raises:
        TrainingError: if a loss is not finite, or the device fails.
    """
    try:
        return _profile(setup, updates)
    except (RuntimeError, MemoryError) as error:
        reason = reason_of(error, setup.config.training.batch_size)
        raise TrainingError(reason) from error


def _profile(setup: Setup, updates: int) -> Profile:
    trainer, stopwatch = setup.trainer, setup.stopwatch
    profiler = Profiler(trainer, setup.config, stopwatch)
    _make(trainer, trainer.update, WARM_UP_UPDATES)
    profiler.begin()
    stopwatch.start()
    _make(trainer, trainer.update, updates)
    stopwatch.stop()
    reached = trainer.step
    for _ in range(updates):
        _make(trainer, profiler.update, 1)  # each is read out: the device has nothing
    profile = profiler.take()
    if profile is None:
        raise TrainingError("no update was taken apart")
    return replace(profile, step=reached, counted=CountedSeconds())


def _make(trainer: Trainer, update: Callable[[], bool], count: int) -> None:
    """Makes updates and waits for them."""
    wanted = trainer.step + count
    are_made = all(update() for _ in range(count))
    trainer.read_out()
    if not are_made or trainer.step != wanted:
        raise TrainingError(
            f"the loss of update {trainer.step + 1:,} is not finite: lower the "
            "learning rate (training.optimizer.lr)"
        )
