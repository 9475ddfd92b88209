"""The process in the background that a run was handed over to."""

import logging
import signal
from dataclasses import asdict
from pathlib import Path

import msgspec

from cnn_tui.engine.warm_up import warm_up
from cnn_tui.errors import CnnTuiError, RunDirectoryError
from cnn_tui.host.process import this_process
from cnn_tui.host.ranks import Ranks
from cnn_tui.runs.failing import say_failed
from cnn_tui.runs.records import now
from cnn_tui.runs.status import read_status
from cnn_tui.runs.writer import RunWriter
from cnn_tui.text import printable


def take_run_over(run: Path, data_dir: Path | None, place: Ranks) -> int:
    """Takes a run's lock, says so in its status, and trains; returns the exit code.

    The status comes first: whoever handed the run over waits for it, and torch takes
    seconds to import.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    writer = RunWriter.open(run)
    status = read_status(run)
    if status is None:
        raise RunDirectoryError(f"{printable(run)} has no status.json")
    status = msgspec.structs.replace(status, heartbeat=now(), **asdict(this_process()))
    writer.set_status(status, durable=True)

    warm_up()
    from cnn_tui.cli.following import exit_code
    from cnn_tui.cli.headless import interrupts_by_signals
    from cnn_tui.engine.resume import take_over
    from cnn_tui.engine.team import join

    try:
        with interrupts_by_signals(is_alone=place.size == 1) as interrupts:
            outcome = take_over(writer, interrupts, data_dir, join(place))
            return exit_code(outcome.state, outcome.reason)
    except CnnTuiError as error:
        say_failed(run, str(error))
        logging.getLogger(__name__).error("cannot go on: %s", error)
        raise
