"""What a training needs before it can begin: device, data, model."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch

from cnn_tui.config import RunConfig, apply_settings, parse_mapping, to_mapping
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.engine.data import Splits, load_splits
from cnn_tui.engine.device import (
    check_memory,
    first_line,
    pick_device,
    room_for_images,
    why_unused,
)
from cnn_tui.engine.leader import LeadingTrainer
from cnn_tui.engine.numerics import decided, set_numerics
from cnn_tui.engine.rates import RatePlan
from cnn_tui.engine.stopwatch import Stopwatch
from cnn_tui.engine.team import ALONE, SetUp, Team
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import DeviceBusyError, InputError

DEVICE_PATIENCE_SECONDS = 60.0
DEVICE_RETRY_SECONDS = 1.0
DEFAULT_THREADS = torch.get_num_threads()


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """All that training needs and no run directory holds."""

    config: RunConfig
    """With what this machine decided."""
    splits: Splits
    trainer: Trainer
    stopwatch: Stopwatch
    gpu_unused: str | None
    """Why a GPU of this machine was not chosen, where the choice was left open."""


def set_up(
    config: RunConfig,
    data_dir: Path | None,
    tell: Tell = nobody,
    team: Team = ALONE,
) -> Setup:
    """Finds the device, loads the data and builds the model, in all of a team.

    ``tell`` hears of what is fetched and decoded, and may raise to end that.

    Raises:
        InputError: if the device or the data are not there, or the model is too large,
            or cannot be compiled.
        TrainingError: if another process of the team is lost.
    """
    with _together(config, team):
        setup = _set_up(config, data_dir, tell, team)
    if setup.config.training.compile != "off":
        tell("compiling the model: it takes a minute, and seconds from then on…")
        setup.trainer.rehearse()
    return setup


@contextmanager
def _together(config: RunConfig, team: Team) -> Iterator[None]:
    """Lets all of a team do something, and ends when all of them have done it.

    Raises:
        InputError: if one of them has raised such an error, or its device has no room.
    """
    if team.size > 1:
        content = msgspec.json.encode(to_mapping(config))
        team.tell(SetUp(size=len(content)), content)
    try:
        yield
    except InputError as error:
        team.agree(str(error))
        raise
    except (torch.OutOfMemoryError, torch.AcceleratorError) as error:
        device = config.training.device
        sentence = f"{device} cannot take the run: {first_line(error)}"
        team.agree(sentence)
        raise DeviceBusyError(sentence) from error
    team.agree(None)


def _set_up(config: RunConfig, data_dir: Path | None, tell: Tell, team: Team) -> Setup:
    wanted = config.training.device
    config, device = settle(config)
    room_bytes = room_for_images(config, device)
    splits = load_splits(config, data_dir, device, tell, room_bytes=room_bytes)
    config = _with_found(config, splits)
    stopwatch = Stopwatch()
    trainer = make_trainer(config, splits, device, lambda: stopwatch.seconds, team)
    return Setup(
        config=config,
        splits=splits,
        trainer=trainer,
        stopwatch=stopwatch,
        gpu_unused=why_unused() if wanted == "auto" else None,
    )


def patiently(open_it: Callable[[], Setup]) -> Setup:
    """Waits for a device whose memory the process before has not given back yet."""
    deadline = time.monotonic() + DEVICE_PATIENCE_SECONDS
    while True:
        try:
            return open_it()
        except DeviceBusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(DEVICE_RETRY_SECONDS)


def settle(config: RunConfig) -> tuple[RunConfig, torch.device]:
    """Makes this thread compute as a config says; returns it with all decided.

    Raises:
        InputError: if the device is not there, or the model is too large.
    """
    device = pick_device(config.training.device)
    config = _resolved(config, device)
    # In this thread: each thread has a number of its own, and an earlier run's stays.
    torch.set_num_threads(config.training.threads or DEFAULT_THREADS)
    set_numerics(config, device)
    check_memory(config, device)
    return config, device


def make_trainer(
    config: RunConfig,
    splits: Splits,
    device: torch.device,
    clock: Callable[[], float],
    team: Team = ALONE,
) -> Trainer:
    """Returns a trainer at step 0; ``clock`` gives the training seconds so far."""
    rates = RatePlan(
        schedule=config.training.schedule,
        base_lr=config.training.optimizer.lr,
        horizon=config.total_steps,
    )
    kind = LeadingTrainer if team.size > 1 and team.leads else Trainer
    return kind(config, splits, device, rates, clock, team)


def _with_found(config: RunConfig, splits: Splits) -> RunConfig:
    """Returns the config with what one's own images turned out to be, and corrections.

    Raises:
        InvalidConfigError: if too few are left.
    """
    parts = {"found": splits.found, "corrected": splits.corrected}
    settings = [
        (f"dataset.{key}", part.model_dump(mode="json"))
        for key, part in parts.items()
        if part is not None
    ]
    if not settings:
        return config
    return parse_mapping(apply_settings(to_mapping(config), settings))


def _resolved(config: RunConfig, device: torch.device) -> RunConfig:
    """Returns the config with what this machine decided."""
    values = {
        "device": str(device),
        "threads": config.training.threads or DEFAULT_THREADS,
        **decided(config.training, device),
    }
    settings = [(f"training.{key}", value) for key, value in values.items()]
    return parse_mapping(apply_settings(to_mapping(config), settings))
