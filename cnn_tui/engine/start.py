"""From a config to a run that trains, and its end."""

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
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import Listener, RunWriter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A run that is asked for."""

    config: RunConfig
    name: str
    preset: str | None
    runs_folder: Path
    data_dir: Path | None = None


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
    device = pick_device(request.config.training.device)
    config = _resolved(request.config, device)
    torch.set_num_threads(config.training.threads or 1)
    check_memory(config, device)
    splits = load_splits(config, request.data_dir, device)
    status = first_status(config, name=request.name, preset=request.preset)
    text = to_yaml(config)
    writer = RunWriter.create(
        request.runs_folder,
        name=request.name,
        config_text=text,
        status=status,
        listener=listener,
    )
    try:
        on_created(writer.path)
        status = msgspec.structs.replace(status, id=writer.id)
        with logging_to(writer.path):
            stopwatch = Stopwatch()
            trainer = _trainer(config, splits, device, stopwatch)
            session = Session(
                writer, config, text, trainer, splits, stopwatch, control, status
            )
            return run_session(session)
    finally:
        writer.close()


def run_session(session: Session) -> Outcome:
    """Trains to an end, whatever it is, and leaves the truth about it on disk."""
    uuid = device_uuid(session.trainer.device)
    heart = Heart(session.writer, lambda: current_status(session), uuid)
    heart.start()
    try:
        session.writer.environment(describe_environment(session.trainer.device))
        session.writer.event(
            "started", session.step, device=str(session.trainer.device)
        )
        session.resume()
        outcome = session.train()
        heart.stop()
        session.end(outcome)
    except Exception as error:
        heart.stop()
        logger.exception("the run failed")
        outcome = Outcome(state=State.FAILED, reason=_reason(error))
        with suppress(RuntimeError):  # the device itself may be lost
            session.report()
        session.announce_end(outcome)
    return outcome


def _resolved(config: RunConfig, device: torch.device) -> RunConfig:
    """Returns the config with what this machine decided."""
    threads = config.training.threads or torch.get_num_threads()
    settings = [("training.device", str(device)), ("training.threads", threads)]
    return parse_mapping(apply_settings(to_mapping(config), settings))


def _trainer(
    config: RunConfig, splits: Splits, device: torch.device, stopwatch: Stopwatch
) -> Trainer:
    training = config.training
    rates = RatePlan(
        schedule=training.schedule,
        base_lr=training.optimizer.lr,
        horizon=config.total_steps,
    )
    if training.deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    return Trainer(config, splits, device, rates, lambda: stopwatch.seconds)


def _reason(error: Exception) -> str:
    """Returns one line that says what failed."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
