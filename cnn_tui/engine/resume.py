"""Going on with a run that has begun: exactly where it was."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import torch

from cnn_tui.config import Setting, apply_settings, parse_mapping, to_mapping
from cnn_tui.config.models import MAX_STEPS, Cosine, OneCycle
from cnn_tui.engine import steering
from cnn_tui.engine.control import Control
from cnn_tui.engine.environment import describe_environment
from cnn_tui.engine.history import (
    REPEATS_EDITS,
    Past,
    last_row_step,
    read_past,
    recorded_edits,
)
from cnn_tui.engine.progress import Outcome
from cnn_tui.engine.session import Session
from cnn_tui.engine.start import Workshop, open_workshop, train
from cnn_tui.errors import InputError
from cnn_tui.host.process import this_process
from cnn_tui.runs.layout import LIVE, State
from cnn_tui.runs.mailbox import Inbox
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.writer import RunWriter
from cnn_tui.text import printable

DEVICE_PATIENCE_SECONDS = 60.0
_EXACT_ONLY_WITH = ("torch", "cpu_capability", "threads", "device", "device_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is to be different from here on."""

    iterations: int | None = None
    """The new total."""
    more_iterations: int = 0
    """Added to the total, if ``iterations`` is not given."""
    settings: list[Setting] = field(default_factory=list)
    """Live values and the schedule, by their full keys."""
    device: str | None = None


def resume_run(
    writer: RunWriter,
    control: Control,
    *,
    changes: Changes | None = None,
    data_dir: Path | None = None,
    on_resumed: Callable[[Path], None] = lambda run: None,
) -> Outcome:
    """Goes on with a run whose lock ``writer`` holds, until it ends; closes the writer.

    Raises:
        InputError: if it cannot go on, or not so; nothing was changed then.
    """
    try:
        changes = changes or Changes()
        past = read_past(writer.path)
        edits = _edits(past, changes)
        total_steps = _total_steps(past, changes, edits)
        workshop = _workshop(past, changes, data_dir)

        def prepare(session: Session) -> None:
            _reject_waiting(session)
            _enter(session, past)
            session.plan.pause_at_step = None  # nobody may be there to go on from it
            for name, value in edits:
                _edit(session, name, value)
            if total_steps != session.plan.total_steps:
                _edit(session, steering.TOTAL_STEPS, total_steps)

        on_resumed(writer.path)
        return _train(writer, past, workshop, control, prepare)
    finally:
        writer.close()


def take_over(writer: RunWriter, control: Control, data_dir: Path | None) -> Outcome:
    """Goes on where another process handed a run over; a paused run stays paused.

    Raises:
        InputError: if it cannot go on.
    """
    try:
        past = read_past(writer.path)
        workshop = _patiently(lambda: _workshop(past, Changes(), data_dir))

        def prepare(session: Session) -> None:
            _enter(session, past)
            session.writer.event("handed_over", session.step)
            if past.status.state is State.PAUSED:
                session.progress.state = State.PAUSED
                session.progress.reason = past.status.reason
                session.publish()

        return _train(writer, past, workshop, control, prepare)
    finally:
        writer.close()


def _edits(past: Past, changes: Changes) -> list[tuple[str, Any]]:
    """Returns the changes by their live names.

    Raises:
        InputError: if one is not a live value.
    """
    edits = []
    for key, value in changes.settings:
        name = steering.live_name(key)
        if name is None:
            raise InputError(
                f"{key} cannot be changed on resume, only "
                f"{', '.join(steering.LIVE_NAMES)} and schedule can: start a new run"
            )
        edits.append((name, value))
    mapping = apply_settings(to_mapping(past.config), changes.settings)
    parse_mapping(mapping, printable(past.run.name))
    # The schedule first: a new lr is laid over it.
    return sorted(edits, key=lambda edit: not edit[0].startswith("schedule."))


def _total_steps(past: Past, changes: Changes, edits: list[tuple[str, Any]]) -> int:
    """Returns the new total; raises InputError if there is nothing to do until it."""
    wanted = changes.iterations
    total_steps = (
        past.total_steps + changes.more_iterations if wanted is None else wanted
    )
    # A run that was killed in its last moments still has to be brought to its end.
    is_over = past.status.state is State.FINISHED
    if total_steps < past.start.step or (is_over and total_steps == past.start.step):
        raise InputError(
            f"{printable(past.run.name)} has done {past.start.step:,} iterations: give "
            "a larger total, such as --iterations +1000"
        )
    if total_steps > MAX_STEPS:
        raise InputError(f"a run has at most {MAX_STEPS:,} iterations")
    schedule, names = past.config.training.schedule, {name for name, _ in edits}
    horizon = past.start.checkpoint.horizon if past.start.checkpoint else total_steps
    if (
        isinstance(schedule, Cosine | OneCycle)
        and total_steps > max(horizon, past.total_steps)
        and not names & {"lr", "schedule.name"}
    ):
        raise InputError(
            f"the {schedule.name} schedule ends at iteration {horizon:,}: to go on, "
            "give --set lr=… or --set schedule.name=constant as well"
        )
    return total_steps


def _workshop(past: Past, changes: Changes, data_dir: Path | None) -> Workshop:
    config = past.config
    if changes.device is not None:
        settings = [("training.device", changes.device)]
        config = parse_mapping(apply_settings(to_mapping(config), settings))
    return open_workshop(config, data_dir)


def _patiently(open_it: Callable[[], Workshop]) -> Workshop:
    """Waits for a device whose memory the process before has not given back yet."""
    deadline = time.monotonic() + DEVICE_PATIENCE_SECONDS
    while True:
        try:
            return open_it()
        except (torch.OutOfMemoryError, torch.AcceleratorError):
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _train(
    writer: RunWriter,
    past: Past,
    workshop: Workshop,
    control: Control,
    prepare: Callable[[Session], None],
) -> Outcome:
    identity = msgspec.structs.replace(
        past.status,
        state=State.STARTING,
        reason=None,
        ended_at=None,
        device=workshop.config.training.device,
        **asdict(this_process()),
    )
    text = past.reader.config_text()
    return train(writer, workshop, text, control, identity, prepare=prepare)


def _reject_waiting(session: Session) -> None:
    """Commands sent while nobody trained are not for this process."""
    for item in Inbox(session.writer.path).take():
        session.writer.event(
            "rejected",
            session.step,
            command_id=item.id,
            outcome="rejected",
            reason="sent before this start",
        )


def _enter(session: Session, past: Past) -> None:
    """Brings a session to the checkpoint, and the files to agree with it."""
    writer, start = session.writer, past.start
    if past.status.state in LIVE and past.status.pid != session.identity.pid:
        writer.event("interrupted", past.status.step, reason="the process was lost")
    if past.status.last_checkpoint_step is not None:  # there was a checkpoint once
        for problem in start.problems:
            writer.event("checkpoint_damaged", start.step, reason=problem)
    if start.checkpoint is not None:
        session.restore(start.checkpoint)
    if last_row_step(past.reader) > start.step:
        writer.metrics([{"rewind_to": start.step}])
    # A damaged checkpoint may have held the edits of its own step, a good one does.
    first = start.step if start.problems else start.step + 1
    session.plan.edits_at = recorded_edits(past.run, first)
    repeats = {REPEATS_EDITS: bool(session.plan.edits_at)}
    writer.event("resumed", start.step, **repeats)
    _restore_results(session, past.reader)
    now = describe_environment(session.trainer.device)
    different = [
        f"{name} was {past.environment[name]}, is {now[name]}"
        for name in _EXACT_ONLY_WITH
        if name in past.environment and past.environment[name] != now[name]
    ]
    if different:
        reason = f"not bit-exact: {'; '.join(different)}"
        writer.event("not_bit_exact", start.step, reason=reason)


def _restore_results(session: Session, reader: RunReader) -> None:
    """Takes the last results up to this step from the rows, for the status."""
    steps = reader.tests["step"]
    place = int(steps.searchsorted(session.step, side="right")) - 1
    if place < 0:
        session.recorder.tested_step = None
        return
    session.recorder.tested_step = int(steps[place])
    names = {"loss": "test/loss", "accuracy": "test/accuracy"}
    if session.config.dataset.validation_images:
        names |= {
            "validation_loss": "validation/loss",
            "validation_accuracy": "validation/accuracy",
        }
    session.progress.tested = {
        name: float(reader.tests[column][place]) for column, name in names.items()
    }


def _edit(session: Session, name: str, value: Any) -> None:
    changed = steering.edit(session, name, value)
    session.writer.event("hyperparameter_changed", session.step, **changed)
