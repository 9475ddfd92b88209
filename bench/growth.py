"""Whether long runs and many runs cost more than short and few ones."""

import itertools
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import written
from bench.contestants import headless
from bench.effort import Effort
from bench.keys import KEYS, echo_ms
from bench.measured import Measured, Results, median, percentile, ratios
from bench.processes import memory_bytes, thread_seconds, written_bytes
from bench.program import CHART, ENTER, open_among_runs, show_runs, watch
from bench.race import Contestant
from bench.terminal import Terminal
from bench.workplace import Workplace, wait_until
from cnn_tui.runs.writer import RunWriter

MEGABYTE = 1e6
FEW_ROWS = 10_000

_WARM_UP_SECONDS = 8.0
_KEYS_SECONDS = 2.0
_REPORTS_PER_SECOND = 10
_ROWS_PER_REPORT = 4
_TRAINING_SECONDS = 600.0
_READING_SECONDS = 120.0
_GAP_SECONDS = 0.3
_FILTER_KEYS = ("2", "3", "\x7f", "4", "\x7f", "\x7f") * 3
"""Each one changes how many runs are shown; a delete takes a digit back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How opening a run from the list went."""

    first_chart: float
    """Seconds from Enter."""
    complete: float
    """Seconds from Enter to the last byte before the terminal fell silent."""
    memory_bytes: int


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Makes many runs and long runs, and opens them."""
    yield _open_many(workplace, effort)
    yield _open_long(workplace, effort)
    yield _follow_long(workplace, effort)
    yield _train_long(workplace, effort)


def _open_many(workplace: Workplace, effort: Effort) -> Results:
    folder = workplace.folder("many")
    run = written.write_run(folder / "runs", "first", 10)
    written.copy_run(run, effort.runs - 1)
    samples, grown, latencies = [], [], list[float]()
    for _ in range(effort.repeats):
        with open_among_runs(workplace, folder) as terminal:
            before = memory_bytes(terminal.pid)
            samples.append(show_runs(terminal, effort.runs))
            latencies += _filter(terminal, effort.runs)
            grown.append((memory_bytes(terminal.pid) - before) / MEGABYTE)
    return {
        "list": median(samples),
        "filter": percentile(latencies, 100),
        "list memory": median(grown),
    }


def _filter(terminal: Terminal, number: int) -> list[float]:
    """Filters by a value of the configs; returns the milliseconds of each key."""
    before = terminal.received
    terminal.press("/seed>1")
    settled = f"{number - 3:,} of {number:,}".encode()  # all but the seeds 0, 0 and 1
    terminal.wait_for(settled, since=before, seconds=_READING_SECONDS)
    terminal.wait_until_silent()
    latencies = []
    for key in _FILTER_KEYS:
        before = terminal.received
        pressed_at = terminal.press(key)
        counted_at = terminal.wait_for(f" of {number:,} ".encode(), since=before)
        latencies.append(1000 * (counted_at - pressed_at))
        time.sleep(_GAP_SECONDS)
    return latencies


def _open_long(workplace: Workplace, effort: Effort) -> Results:
    long, short = workplace.folder("long"), workplace.folder("short")
    written.write_run(long / "runs", "long", effort.metric_rows)
    written.write_run(short / "runs", "short", 1)
    opened = [_open_run(workplace, long) for _ in range(effort.repeats)]
    empty_bytes = _open_run(workplace, short).memory_bytes
    return {
        "first chart": median(opening.first_chart for opening in opened),
        "complete": median(opening.complete for opening in opened),
        "ui memory": median(
            (opening.memory_bytes - empty_bytes) / MEGABYTE for opening in opened
        ),
        "keys": _keys_meanwhile(workplace, long),
    }


def _open_run(workplace: Workplace, folder: Path) -> Opening:
    """Opens the only run in a folder from the list of runs."""
    with open_among_runs(workplace, folder) as terminal:
        show_runs(terminal, 1)
        before = terminal.received
        pressed_at = terminal.press(ENTER)
        chart_at = terminal.wait_for(CHART, since=before)
        complete_at = terminal.wait_until_silent()
        return Opening(
            first_chart=chart_at - pressed_at,
            complete=complete_at - pressed_at,
            memory_bytes=memory_bytes(terminal.pid),
        )


def _keys_meanwhile(workplace: Workplace, folder: Path) -> Measured:
    """Presses keys while a long run is read."""
    with open_among_runs(workplace, folder) as terminal:
        show_runs(terminal, 1)
        before = terminal.received
        terminal.press(ENTER)
        deadline = terminal.wait_for(CHART, since=before) + _KEYS_SECONDS
        latencies = []
        for key in itertools.cycle(KEYS):
            if time.monotonic() > deadline:
                break
            latencies.append(echo_ms(terminal, key))
    return percentile(latencies, 100)


def _follow_long(workplace: Workplace, effort: Effort) -> Results:
    """Compares the CPU time of two dashboards, on a long and on a short live run."""
    folder = workplace.folder("live") / "runs"
    with ExitStack() as stack:
        long, short = (
            stack.enter_context(_live_run(workplace, folder, name, steps))
            for name, steps in (("long", effort.metric_rows), ("short", FEW_ROWS))
        )
        time.sleep(_WARM_UP_SECONDS)
        used: list[tuple[float, float]] = []
        for _ in range(effort.rounds):
            before = long.cpu_seconds, short.cpu_seconds
            _let_grow((long, short), effort.turn_seconds)
            used.append((long.cpu_seconds - before[0], short.cpu_seconds - before[1]))
    return {"redraw": ratios([a for a, _ in used], [b for _, b in used])}


class LiveRun:
    """A run that this process seems to train, and a dashboard that follows it."""

    def __init__(self, writer: RunWriter, terminal: Terminal, step: int) -> None:
        """Takes a run with so many updates."""
        self._writer = writer
        self._terminal = terminal
        self._step = step

    @property
    def cpu_seconds(self) -> float:
        """The CPU time that the dashboard's process has used."""
        return sum(thread_seconds(self._terminal.pid).values())

    def grow(self) -> None:
        """Appends a few updates."""
        written.append(self._writer, self._step + 1, _ROWS_PER_REPORT)
        self._step += _ROWS_PER_REPORT


@contextmanager
def _live_run(
    workplace: Workplace, folder: Path, name: str, steps: int
) -> Iterator[LiveRun]:
    writer = written.open_run(folder, name, total_steps=2 * steps)
    try:
        written.append(writer, 1, steps)
        with watch(workplace, folder, writer.path) as terminal:
            terminal.wait_for(CHART)
            yield LiveRun(writer, terminal, steps)
    finally:
        writer.close()


def _let_grow(runs: Iterable[LiveRun], seconds: float) -> None:
    """Appends to runs as often as a trainer does."""
    for _ in range(round(seconds * _REPORTS_PER_SECOND)):
        for run in runs:
            run.grow()
        time.sleep(1 / _REPORTS_PER_SECOND)


def _train_long(workplace: Workplace, effort: Effort) -> Results:
    """Watches the memory and the writes of a trainer of very short steps."""
    settings = ("batch_size=10", "threads=1", f"iterations={effort.updates}")
    with headless(workplace, "logistic", *settings) as trainer:
        early = _state_at(trainer, effort.updates // 10)
        late = _state_at(trainer, effort.updates * 99 // 100)
    steps = late.step - early.step
    growth = (late.memory_bytes - early.memory_bytes) / MEGABYTE
    written_per_update = (late.written_bytes - early.written_bytes) / steps
    return {
        "trainer memory": median([growth]),
        "bytes": median([written_per_update]),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerState:
    """What a trainer holds and has written after so many updates."""

    step: int
    memory_bytes: int
    written_bytes: int


def _state_at(trainer: Contestant, step: int) -> TrainerState:
    wait_until(
        lambda: trainer.progress().step >= step, f"update {step}", _TRAINING_SECONDS
    )
    pid = trainer.pids[0]
    return TrainerState(
        step=trainer.progress().step,
        memory_bytes=memory_bytes(pid),
        written_bytes=written_bytes(pid),
    )
