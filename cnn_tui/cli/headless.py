"""Training without a screen: signals in, lines or a progress bar out."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from cnn_tui.cli.following import exit_code
from cnn_tui.cli.options import echo
from cnn_tui.cli.progress import (
    JsonLines,
    Record,
    output_for,
    tell_loading,
)
from cnn_tui.engine.in_process import OnRun, train_in_process
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.setup import set_up
from cnn_tui.engine.start import NewRun, make_run, start_run
from cnn_tui.engine.team import join
from cnn_tui.errors import TrainingError
from cnn_tui.handover import farewell, hand_over
from cnn_tui.host.process import IN_BACKGROUND
from cnn_tui.host.ranks import BY_ITSELF, Ranks
from cnn_tui.host.terminal import redirect, terminal_descriptors
from cnn_tui.notices import Command, sentence, terminal_bytes
from cnn_tui.preferences import preferences
from cnn_tui.runs.layout import LOG, STATUS
from cnn_tui.runs.status import read_status
from cnn_tui.runs.writer import Listener, RunWriter
from cnn_tui.text import printable

PATIENCE_SECONDS = 60.0

Start = Callable[[Interrupts, Listener, OnRun], Outcome]


def train_headless(
    wanted: NewRun, *, as_json: bool, on_made: OnRun = lambda run: None
) -> int:
    """Trains a new run in this thread; returns the exit code."""

    def start(interrupts: Interrupts, listener: Listener, on_run: OnRun) -> Outcome:
        def created(run: Path) -> None:
            on_made(run)
            on_run(run)

        return start_run(wanted, interrupts, listener=listener, on_created=created)

    is_alone = wanted.team.size == 1
    return _run(start, wanted.data_dir, as_json=as_json, is_alone=is_alone)


def resume_headless(
    run: Path,
    changes: Changes,
    data_dir: Path | None,
    *,
    as_json: bool,
    place: Ranks = BY_ITSELF,
) -> int:
    """Goes on with a run in this thread; returns the exit code."""
    team = join(place)

    def start(interrupts: Interrupts, listener: Listener, on_run: OnRun) -> Outcome:
        writer = RunWriter.open(run, listener=listener)
        return resume_run(
            writer,
            interrupts,
            changes=changes,
            data_dir=data_dir,
            on_resumed=on_run,
            tell=tell_loading,
            team=team,
        )

    return _run(start, data_dir, as_json=as_json, is_alone=team.size == 1)


def train_in_background(wanted: NewRun, *, as_json: bool, processes: int = 1) -> int:
    """Makes a run and leaves it to a process in the background, or to several.

    Raises:
        TrainingError: if they do not take it.
    """
    leave_to_background(
        make_for_others(wanted), wanted.data_dir, as_json=as_json, processes=processes
    )
    return 0


def make_for_others(wanted: NewRun) -> Path:
    """Makes a run that other processes are to train; returns its directory."""
    setup = set_up(wanted.config, wanted.data_dir, wanted.tell)
    writer, _ = make_run(wanted, setup)
    writer.close()
    return writer.path


def leave_to_background(
    run: Path, data_dir: Path | None, *, as_json: bool, processes: int = 1
) -> None:
    """Leaves a run that was made to a process in the background, or to several.

    Raises:
        TrainingError: if they do not take it.
    """
    if not hand_over(run, data_dir, processes):
        raise TrainingError(f"{printable(run)} was made, but not taken; see its {LOG}")
    if as_json:
        JsonLines().begin(run)
    else:
        echo(farewell(run))


def say_made(run: Path, *, as_json: bool) -> None:
    """Says where a run is that somebody else is to start."""
    if as_json:
        JsonLines().begin(run)
    else:
        echo(printable(run))


@contextmanager
def interrupts_by_signals(
    on_hangup: Callable[[], None] = lambda: None, *, is_alone: bool = True
) -> Iterator[Interrupts]:
    """Turns SIGINT and SIGTERM into a request; a second SIGINT ends at once.

    Of several processes the launcher passes on each SIGINT, which the terminal has sent
    already: there the second one is nothing new.
    A hang-up ends neither the training nor, after it, the process before its time;
    where it is ignored, it stays so.
    """
    interrupts = Interrupts()

    def end(number: int, frame: FrameType | None) -> None:
        interrupts.interrupt(signal.Signals(number).name)
        if number == signal.SIGINT and is_alone:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def hang_up(number: int, frame: FrameType | None) -> None:
        on_hangup()

    before = {n: signal.signal(n, end) for n in (signal.SIGINT, signal.SIGTERM)}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, hang_up)
    try:
        yield interrupts
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _run(start: Start, data_dir: Path | None, *, as_json: bool, is_alone: bool) -> int:
    output = output_for(as_json=as_json)
    wanted = preferences().notices
    command = Command(wanted)
    terminal = terminal_descriptors()
    runs: list[Path] = []

    def begin(run: Path) -> None:
        runs.append(run)
        command.begin(run)
        output.begin(run)

    def record(written: Record) -> None:
        output.record(written)
        command.record(written)

    def lose_terminal() -> None:
        if runs:
            redirect(terminal, runs[0] / LOG)
        output.mute()

    with interrupts_by_signals(lose_terminal, is_alone=is_alone) as interrupts:
        interrupts.patience_seconds = PATIENCE_SECONDS
        outcome = train_in_process(
            lambda on_run: start(interrupts, record, on_run),
            interrupts,
            data_dir=data_dir,
            on_run=begin,
            listener=record,
            can_hand_over=is_alone and IN_BACKGROUND not in os.environ,
        )
    if outcome.handed_over:
        output.leave(farewell(runs[0]))
    elif os.path.isfile(runs[0] / STATUS):
        output.end(runs[0])
        command.end()
        if sys.stderr.isatty() and (status := read_status(runs[0])) is not None:
            with suppress(OSError):  # the terminal may be closed
                os.write(2, terminal_bytes(wanted, sentence(status)).encode())
    else:
        output.leave(f"{outcome.state}: {outcome.reason}")
    return exit_code(outcome.state, outcome.reason)
