"""From a run that is asked for to training, and to its end."""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch

from cnn_tui.config import RunConfig, to_yaml
from cnn_tui.config.processes import for_processes
from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.engine.books import Books
from cnn_tui.engine.device import device_uuid, first_line, is_out_of_memory
from cnn_tui.engine.environment import describe_environment
from cnn_tui.engine.interpreter import Interpreter
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.journal import RunJournal
from cnn_tui.engine.logs import logging_to
from cnn_tui.engine.numerics import is_inexact
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.session import Session
from cnn_tui.engine.setup import Setup, set_up
from cnn_tui.engine.state import new_state
from cnn_tui.engine.status import current_status, first_status
from cnn_tui.engine.team import ALONE, Begin, Team
from cnn_tui.errors import CnnTuiError, InputError, LostProcessError, TrainingError
from cnn_tui.runs import events, mailbox
from cnn_tui.runs.heartbeat import Heartbeat
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status, now
from cnn_tui.runs.writer import Listener, RunWriter

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run that is asked for."""

    config: RunConfig
    name: str
    preset: str | None
    runs_folder: Path
    data_dir: Path | None = None
    pause_at: int | None = None
    """After which update it pauses; 0 is before the first one."""
    run_id: str | None = None
    """Where it was given before, as to a job of the queue."""
    tell: Tell = nobody
    """Hears what is fetched and decoded before the run begins."""
    team: Team = ALONE
    """The processes that train it."""


def start_run(
    wanted: NewRun,
    interrupts: Interrupts,
    *,
    listener: Listener | None = None,
    on_created: Callable[[Path], None] = lambda run: None,
) -> Outcome:
    """Makes a run directory and trains until the run ends, in this thread.

    ``listener`` gets each row and event as it is written.

    Raises:
        InputError: if the run cannot start; nothing is left behind then.
    """
    tell, team = interruptible(wanted.tell, interrupts), wanted.team
    config = for_processes(wanted.config, team.size, team.local_size)
    setup = set_up(config, wanted.data_dir, tell, team)
    writer, status = make_run(wanted, setup, listener)
    try:
        on_created(writer.path)
        return train(writer, setup, to_yaml(setup.config), interrupts, status)
    finally:
        writer.close()


def interruptible(tell: Tell, interrupts: Interrupts) -> Tell:
    """Returns what tells something new only, and ends the reading if it should end."""
    last = ""

    def told(sentence: str) -> None:
        nonlocal last
        if interrupts.interrupted_by:
            raise InputError("it was ended before all of its images were there")
        if sentence != last:
            last = sentence
            tell(sentence)

    return told


def make_run(
    wanted: NewRun, setup: Setup, listener: Listener | None = None
) -> tuple[RunWriter, Status]:
    """Makes the directory of a run that is asked for, with its resolved config.

    Raises:
        InputError: if it would pause behind its end.
        RunDirectoryError: if it cannot be made; nothing is left behind then.
    """
    config = setup.config
    check_pause(wanted.pause_at, config.total_steps)
    processes = setup.trainer.team.size
    status = first_status(
        config, name=wanted.name, preset=wanted.preset, processes=processes
    )
    writer = RunWriter.create(
        wanted.runs_folder,
        name=wanted.name,
        config_text=to_yaml(config),
        status=status,
        corrections=setup.splits.corrections,
        listener=listener,
        run_id=wanted.run_id,
    )
    if wanted.pause_at == 0:
        mailbox.send(writer.path, "pause")
    elif wanted.pause_at is not None:
        mailbox.send(writer.path, "step", count=wanted.pause_at)
    return writer, msgspec.structs.replace(status, id=writer.id)


def check_pause(pause_at: int | None, total_steps: int, done: int = 0) -> None:
    """Raises InputError for a pause at an update that is not to come."""
    if pause_at is not None and not done <= pause_at <= total_steps:
        raise InputError(
            f"--pause-at {pause_at}: must be from {done:,} to {total_steps:,}, "
            "the updates that are still to come"
        )


def train(
    writer: RunWriter,
    setup: Setup,
    config_text: str,
    interrupts: Interrupts,
    identity: Status,
    *,
    enter: Callable[[Interpreter], None] = lambda do: None,
) -> Outcome:
    """Trains to an end, whatever it is, and leaves the truth about it on disk.

    ``identity`` is a status with what does not change while this process trains;
    ``enter`` may take the training elsewhere than to the first update.
    """
    team, path = setup.trainer.team, os.fsencode(writer.path)
    team.tell(Begin(size=len(path)), path)
    with logging_to(writer.path):
        books, status = _open_books(writer, setup, config_text, interrupts, identity)
        do = Interpreter(books)
        session = Session(do, interrupts, mailbox.Inbox(writer.path).take)
        heartbeat = Heartbeat(writer, status, device_uuid(setup.trainer.device))
        heartbeat.start()
        try:
            writer.environment(describe_environment(setup.trainer.device, team.size))
            _begin(do, setup, enter)
            outcome = session.train()
            session.settle(outcome)
            heartbeat.stop()
        except KeyboardInterrupt:  # the second one: no checkpoint
            heartbeat.stop()
            outcome = Outcome(state=State.INTERRUPTED, reason="SIGINT")
        except Exception as error:
            logger.exception("the run failed")
            heartbeat.stop()
            outcome = _ended_by(error, setup.config.training.batch_size)
            # The device itself may be lost, or another process.
            with suppress(RuntimeError, TrainingError):
                do.report()
        if outcome.state is State.INTERRUPTED and (lost := team.lost()):
            outcome = Outcome(state=State.INTERRUPTED, reason=lost)
        session.announce(outcome)
    team.leave()
    return outcome


def _open_books(
    writer: RunWriter,
    setup: Setup,
    config_text: str,
    interrupts: Interrupts,
    identity: Status,
) -> tuple[Books, Callable[[], Status]]:
    """Returns the books of a run at step 0, and what tells its status at any time."""
    state, trainer, stopwatch = new_state(setup.config), setup.trainer, setup.stopwatch

    def status() -> Status:
        return current_status(identity, state, trainer.step, stopwatch.seconds)

    books = Books(
        state,
        trainer,
        setup.splits,
        RunJournal(writer, config_text),
        config_text=config_text,
        stopwatch=stopwatch,
        interrupts=interrupts,
        publish=lambda: writer.set_status(status(), durable=True),
    )
    return books, status


def _begin(do: Interpreter, setup: Setup, enter: Callable[[Interpreter], None]) -> None:
    enter(do)
    if do.step == 0:
        device = str(do.trainer.device)
        do.journal.event(events.Started(at=now(), step=0, device=device))
        for sentence in setup.splits.notices:
            do.journal.event(events.DataNoticed(at=now(), step=0, reason=sentence))
    if setup.gpu_unused is not None:
        do.journal.event(
            events.GpuUnused(at=now(), step=do.step, reason=setup.gpu_unused)
        )
    if is_inexact(setup.config.training, do.trainer.device):
        reason = "training.deterministic is false: a GPU may add up in any order"
        do.journal.event(events.NotBitExact(at=now(), step=do.step, reason=reason))
    if not do.state.is_paused:
        do.books.go_on()


def _ended_by(error: Exception, batch_size: int) -> Outcome:
    is_lost = isinstance(error, LostProcessError)
    state = State.INTERRUPTED if is_lost else State.FAILED
    return Outcome(state=state, reason=reason_of(error, batch_size))


def reason_of(error: Exception, batch_size: int) -> str:
    """Returns one line that says what failed, and what to do about it."""
    line = first_line(error)
    if isinstance(error, CnnTuiError):
        return line
    if is_out_of_memory(error):
        detail = line.rpartition("DefaultCPUAllocator: ")[2]
        return (
            f"out of memory in training at batch_size {batch_size:,}: lower it, or the "
            f"layers' sizes, or raise gradient_accumulation ({detail})"
        )
    if isinstance(error, torch.AcceleratorError):
        return (
            f"the GPU failed: {line}; this process cannot use it any more: resume the "
            "run in a new one"
        )
    return f"{type(error).__name__}: {line}"
