"""Training without a screen: signals in, lines or a progress bar out."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from cnn_tui.cli.progress import Bar, JsonLines, Output, PlainLines
from cnn_tui.engine.control import Control
from cnn_tui.engine.progress import Outcome
from cnn_tui.engine.start import Request, start_run
from cnn_tui.runs.layout import State

_EXIT_CODES = {"SIGINT": 130, "SIGTERM": 143}


def run_headless(request: Request, *, as_json: bool) -> int:
    """Trains in this thread; returns the exit code."""
    total_steps = request.config.total_steps
    output: Output
    if as_json:
        output = JsonLines()
    else:
        output = Bar(total_steps) if sys.stdout.isatty() else PlainLines(total_steps)
    control = Control()
    runs: list[Path] = []

    def created(run: Path) -> None:
        runs.append(run)
        output.begin(run)

    with _signals_to(control):
        outcome = start_run(request, control, listener=output.line, on_created=created)
    output.end(runs[0])
    return exit_code(outcome)


def exit_code(outcome: Outcome) -> int:
    """Returns 0 for finished and stopped, 1 for failed, 128 + the signal's number."""
    if outcome.state is State.INTERRUPTED:
        return _EXIT_CODES.get(outcome.reason or "", 1)
    return 0 if outcome.state in (State.FINISHED, State.STOPPED) else 1


@contextmanager
def _signals_to(control: Control) -> Iterator[None]:
    """Turns SIGINT and SIGTERM into a request; a second SIGINT ends at once."""

    def handle(number: int, frame: FrameType | None) -> None:
        control.interrupt(signal.Signals(number).name)
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {n: signal.signal(n, handle) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
