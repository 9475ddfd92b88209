"""What the loss does at higher and higher rates, line by line."""

from collections.abc import Iterator
from pathlib import Path

from cnn_tui.config import RunConfig, parse_mapping
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.engine.range_test import range_test, trainer_of
from cnn_tui.engine.setup import set_up
from cnn_tui.preflight.messages import FindRate, RatePoint, RatesTried
from cnn_tui.preflight.rates import usual_range
from cnn_tui.runs.config import read_config


def try_rates(
    request: FindRate, tell: Tell = nobody
) -> tuple[RatesTried, Iterator[RatePoint]]:
    """Returns which rates are tried, and the loss at each as it comes; writes nothing.

    The points raise TrainingError if the device cannot do it.

    Raises:
        InputError: if the device, the data or the checkpoint are not there.
    """
    config = config_of(request)
    data_dir = None if request.data_dir is None else Path(request.data_dir)
    if request.run is None:
        trainer = set_up(config, data_dir, tell).trainer
        lr = config.training.optimizer.lr
    else:
        trainer = trainer_of(Path(request.run), data_dir, tell)
        lr = trainer.rates.at(trainer.step + 1)
    limits = usual_range(config.training.optimizer.name)
    device = str(trainer.device)
    tried = RatesTried(device=device, lr=lr, low=limits.low, high=limits.high)
    return tried, range_test(trainer, limits)


def config_of(request: FindRate) -> RunConfig:
    """Returns the config that is asked about; raises InputError if there is none."""
    if request.run is None:
        return parse_mapping(request.config or {})
    return read_config(Path(request.run))
