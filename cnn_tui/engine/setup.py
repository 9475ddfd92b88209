"""What a training needs before it can begin: device, data, model."""

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from cnn_tui.config import RunConfig, apply_settings, parse_mapping, to_mapping
from cnn_tui.engine.data import Splits, load_splits
from cnn_tui.engine.device import check_memory, pick_device
from cnn_tui.engine.rates import RatePlan
from cnn_tui.engine.stopwatch import Stopwatch
from cnn_tui.engine.trainer import Trainer

DEFAULT_THREADS = torch.get_num_threads()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """All that training needs and no run directory holds."""

    config: RunConfig
    """With what this machine decided."""
    splits: Splits
    trainer: Trainer
    stopwatch: Stopwatch


def set_up(config: RunConfig, data_dir: Path | None) -> Setup:
    """Finds the device, loads the data and builds the model.

    Raises:
        InputError: if the device or the data are not there, or the model is too large.
    """
    device = pick_device(config.training.device)
    config = _resolved(config, device)
    # In this thread: each thread has a number of its own, and an earlier run's stays.
    torch.set_num_threads(config.training.threads or DEFAULT_THREADS)
    check_memory(config, device)
    splits = load_splits(config, data_dir, device)
    stopwatch = Stopwatch()
    if config.training.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(config.training.deterministic)
    rates = RatePlan(
        schedule=config.training.schedule,
        base_lr=config.training.optimizer.lr,
        horizon=config.total_steps,
    )
    trainer = Trainer(config, splits, device, rates, lambda: stopwatch.seconds)
    return Setup(config=config, splits=splits, trainer=trainer, stopwatch=stopwatch)


def _resolved(config: RunConfig, device: torch.device) -> RunConfig:
    """Returns the config with what this machine decided."""
    threads = config.training.threads or DEFAULT_THREADS
    settings = [("training.device", str(device)), ("training.threads", threads)]
    return parse_mapping(apply_settings(to_mapping(config), settings))
