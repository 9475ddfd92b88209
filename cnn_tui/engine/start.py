"""From a config, or from a run that has begun, to training; and to its end."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch

from cnn_tui.config import RunConfig, apply_settings, parse_mapping, to_mapping, to_yaml
from cnn_tui.engine.control import Control, Stopwatch
from cnn_tui.engine.data import Splits, load_splits
from cnn_tui.engine.device import check_memory, device_uuid, pick_device
from cnn_tui.engine.environment import describe_environment
from cnn_tui.engine.heart import Heart
from cnn_tui.engine.logs import logging_to
from cnn_tui.engine.loop import Trainer
from cnn_tui.engine.optim import RatePlan
from cnn_tui.engine.progress import Outcome
from cnn_tui.engine.session import Session
from cnn_tui.engine.status import current_status, first_status
from cnn_tui.errors import CnnTuiError
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status
from cnn_tui.runs.writer import Listener, RunWriter

logger = logging.getLogger(__name__)

DEFAULT_THREADS = torch.get_num_threads()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A run that is asked for."""

    config: RunConfig
    name: str
    preset: str | None
    runs_folder: Path
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """All that training needs and no run directory holds."""

    config: RunConfig
    splits: Splits
    trainer: Trainer
    stopwatch: Stopwatch


def start_run(
    request: Request,
    control: Control,
    *,
    listener: Listener | None = None,
    on_created: Callable[[Path], None] = lambda run: None,
) -> Outcome:
    """Makes a run directory and trains until the run ends, in this thread.

    ``listener`` gets each line of metrics and events as it is written.

    Raises:
        InputError: if the run cannot start; nothing is left behind then.
    """
    workshop = open_workshop(request.config, request.data_dir)
    writer, status = make_run(request, workshop.config, listener)
    try:
        on_created(writer.path)
        return train(writer, workshop, to_yaml(workshop.config), control, status)
    finally:
        writer.close()


def open_workshop(config: RunConfig, data_dir: Path | None) -> Workshop:
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
    return Workshop(config=config, splits=splits, trainer=trainer, stopwatch=stopwatch)


def make_run(
    request: Request, config: RunConfig, listener: Listener | None = None
) -> tuple[RunWriter, Status]:
    """Makes the directory of a run that is asked for, with its resolved config.

    Raises:
        RunDirectoryError: if it cannot be made; nothing is left behind then.
    """
    status = first_status(config, name=request.name, preset=request.preset)
    writer = RunWriter.create(
        request.runs_folder,
        name=request.name,
        config_text=to_yaml(config),
        status=status,
        listener=listener,
    )
    return writer, msgspec.structs.replace(status, id=writer.id)


def train(
    writer: RunWriter,
    workshop: Workshop,
    config_text: str,
    control: Control,
    identity: Status,
    *,
    prepare: Callable[[Session], None] = lambda session: None,
) -> Outcome:
    """Trains to an end, whatever it is, and leaves the truth about it on disk.

    ``prepare`` may take the session elsewhere than to the first update.
    """
    with logging_to(writer.path):
        session = Session(
            writer,
            workshop.config,
            config_text,
            workshop.trainer,
            workshop.splits,
            workshop.stopwatch,
            control,
            identity,
        )
        uuid = device_uuid(workshop.trainer.device)
        heart = Heart(writer, lambda: current_status(session), uuid)
        heart.start()
        try:
            _begin(session, prepare)
            outcome = session.train()
            session.settle(outcome)
            heart.stop()
        except KeyboardInterrupt:  # the second one: no checkpoint
            heart.stop()
            outcome = Outcome(state=State.INTERRUPTED, reason="SIGINT")
        except Exception as error:
            logger.exception("the run failed")
            heart.stop()
            reason = reason_of(error, workshop.config.training.batch_size)
            outcome = Outcome(state=State.FAILED, reason=reason)
            with suppress(RuntimeError):  # the device itself may be lost
                session.report()
        session.announce(outcome)
    return outcome


def _begin(session: Session, prepare: Callable[[Session], None]) -> None:
    device = session.trainer.device
    session.writer.environment(describe_environment(device))
    prepare(session)
    if session.step == 0:
        session.writer.event("started", session.step, device=str(device))
    if session.progress.state is not State.PAUSED:
        session.resume()


def reason_of(error: Exception, batch_size: int) -> str:
    """Returns one line that says what failed, and what to do about it."""
    line = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, CnnTuiError):
        return line
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        "can't allocate memory" in line
    ):
        detail = line.rpartition("DefaultCPUAllocator: ")[2]
        return (
            f"out of memory at batch_size {batch_size:,}: lower it, or the layers' "
            f"sizes ({detail})"
        )
    return f"{type(error).__name__}: {line}"


def _resolved(config: RunConfig, device: torch.device) -> RunConfig:
    """Returns the config with what this machine decided."""
    threads = config.training.threads or DEFAULT_THREADS
    settings = [("training.device", str(device)), ("training.threads", threads)]
    return parse_mapping(apply_settings(to_mapping(config), settings))
