"""Bytes per second that the program sends to the terminal."""

import time
from collections.abc import Iterator
from pathlib import Path

from bench import written
from bench.effort import Effort
from bench.measured import Measured, Results
from bench.program import CHART, open_program, watch
from bench.terminal import SMALL, WIDE, Size, Terminal
from bench.workplace import ENDLESS, Workplace

_WARM_UP_SECONDS = 8.0
"""After this long torch is imported and nothing changes any more."""
_CALM_SECONDS = 3.0
_ENDED_STEPS = 3000


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Watches what a person would look at, on a wide and on a small terminal."""
    folder = workplace.folder("ended")
    ended = written.write_run(folder / "runs", "ended", _ENDED_STEPS)
    for size in (WIDE, SMALL):
        found = _watch_training(workplace, size, effort.watch_seconds)
        found["ended"] = _watch_ended(workplace, ended, size, effort.watch_seconds)
        columns, rows = size
        yield {f"{columns}×{rows} {what}": m for what, m in found.items()}


def _watch_training(workplace: Workplace, size: Size, seconds: float) -> Results:
    results: Results = {}
    with open_program(workplace, "model-a", size=size) as program:
        terminal = program.terminal
        program.choose_preset()
        time.sleep(_WARM_UP_SECONDS)
        results["idle"] = _bytes_per_second(terminal, seconds)
        program.start_preset()
        results["training"] = _bytes_per_second(terminal, seconds)
    # With as many updates as the preset has, it would be over by now.
    with open_program(workplace, "model-a", *ENDLESS, size=size) as program:
        terminal = program.terminal
        program.start_preset()
        terminal.press("z")
        results["zoomed"] = _bytes_per_second(terminal, seconds)
        terminal.press("r")
        results["runs"] = _bytes_per_second(terminal, seconds)
    return results


def _watch_ended(
    workplace: Workplace, run: Path, size: Size, seconds: float
) -> Measured:
    with watch(workplace, run.parent.parent, run, size) as terminal:
        terminal.wait_for(CHART)
        time.sleep(_WARM_UP_SECONDS)
        return _bytes_per_second(terminal, seconds)


def _bytes_per_second(terminal: Terminal, seconds: float) -> Measured:
    """Counts for a while, once what the last key brought was drawn."""
    time.sleep(_CALM_SECONDS)
    counts = []
    for _ in range(round(seconds)):
        before = terminal.received
        time.sleep(1)
        counts.append(terminal.received - before)
    return Measured(
        value=sum(counts) / len(counts),
        lowest=min(counts),
        highest=max(counts),
        note=f"mean of {len(counts)} s",
    )
