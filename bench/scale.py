"""Whether many live runs, and a long queue beside them, stay quick to look at."""

import itertools
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.effort import Effort
from bench.fake_trainers import UPDATES_PER_SECOND
from bench.measured import Measured, Results, median, percentile, skipped
from bench.processes import memory_bytes, thread_seconds, waited_seconds
from bench.program import END, HOME, open_among_runs, show_runs
from bench.terminal import Terminal
from bench.workplace import PROGRAM, Workplace, wait_until
from cnn_tui.jobs import add_job, job_of, read_queue
from cnn_tui.jobs.claim import claim, finish
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from cnn_tui.runs.catalog import RunSummary, list_runs

MEGABYTE = 1e6
FAKE_TRAINERS = (sys.executable, "-m", "bench.fake_trainers")
RUNS_PER_PROCESS = 100

_GAP_SECONDS = (0.05, 0.35)
_STRACE_SECONDS = 20
_LEAST_TURNS = 3
_STRACE = ("strace", "-f", "-y", "-qq", "-e", "trace=%file,fchmod,getdents64")
_FILTER_KEYS = (("1", 10), ("2", 1), ("\x7f", 10), ("\x7f", 100)) * 3
"""Behind ``fake-0``: how many runs of that name each one leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """How long a key took to show on the screen."""

    ms: float
    alone_ms: float
    """Less what the program's main thread waited for a processor meanwhile."""


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Lets fake trainers write, looks at their runs, then at a queue beside them."""
    folder = workplace.folder("scale")
    runs = folder / "runs"
    with fake_runs(workplace, folder, 0, effort.live_runs):
        before = list_runs(runs), time.monotonic()
        yield _look(workplace, folder, effort)
        yield {"runs json": _seconds(workplace, folder, effort, "runs", "--json")}
        yield _queue(workplace, folder, effort)
        yield {"kept": _kept(*before, list_runs(runs))}
        with fake_runs(workplace, folder, effort.live_runs, 1) as [pid]:
            yield {"trainer calls": _calls(pid, runs, r"rename.*status\.json")}


@contextmanager
def fake_runs(
    workplace: Workplace, folder: Path, first: int, number: int
) -> Iterator[list[int]]:
    """Lets processes write so many runs to ``folder/runs``; yields their pids."""
    with ExitStack() as stack:
        pids = []
        ready = _number_ready(folder)
        for start in range(first, first + number, RUNS_PER_PROCESS):
            count = min(RUNS_PER_PROCESS, first + number - start)
            command = (*FAKE_TRAINERS, str(folder / "runs"), str(start), str(count))
            process = workplace.start(*command, folder=folder)
            stack.callback(process.wait)
            stack.callback(process.kill)
            pids.append(process.pid)
        wait_until(
            lambda: _number_ready(folder) == ready + len(pids), "the fake trainers"
        )
        yield pids


def _number_ready(folder: Path) -> int:
    output = folder / "output"
    return output.read_text().count("ready") if output.exists() else 0


def _look(workplace: Workplace, folder: Path, effort: Effort) -> Results:
    """Opens the list, presses its keys, and watches it."""
    runs = folder / "runs"
    listed = list_runs(runs)
    with open_among_runs(workplace, folder) as terminal:
        before = memory_bytes(terminal.pid)
        opened = show_runs(terminal, len(listed))
        keys = [*_jump(terminal, listed, effort), *_filter(terminal, len(listed))]
        grown = (memory_bytes(terminal.pid) - before) / MEGABYTE
    with open_among_runs(workplace, folder) as terminal:
        again = show_runs(terminal, len(listed))
        return {
            "list": median([opened, again]),
            **_longest("keys", keys),
            "memory": median([grown]),
            **_watch(terminal, effort.watch_seconds),
            "list calls": _calls(terminal.pid, runs, rf'"{runs}", .*O_DIRECTORY'),
        }


def _jump(terminal: Terminal, runs: list[RunSummary], effort: Effort) -> list[Key]:
    """Goes from one end of the list to the other, and back."""
    newest, oldest = (run.status.name for run in (runs[0], runs[-1]) if run.status)
    ends = itertools.cycle(((END, oldest), (HOME, newest)))
    return [
        _press(terminal, key, name.encode())
        for key, name in itertools.islice(ends, effort.keys // 4)
    ]


def _filter(terminal: Terminal, number: int) -> list[Key]:
    """Types names of runs; each key changes how many there are."""
    _press(terminal, "/fake-0", f"[^0-9]100 of {number:,} ".encode())
    return [
        _press(terminal, key, f"[^0-9]{left} of {number:,} ".encode())
        for key, left in _FILTER_KEYS
    ]


def _press(terminal: Terminal, keys: str, echo: bytes) -> Key:
    """Presses keys at any moment, and waits for their echo."""
    time.sleep(random.uniform(*_GAP_SECONDS))
    before, waited = terminal.received, waited_seconds(terminal.pid)
    pressed_at = terminal.press(keys)
    seconds = terminal.wait_for(echo, since=before) - pressed_at
    waited = waited_seconds(terminal.pid) - waited
    return Key(ms=1000 * seconds, alone_ms=1000 * max(0.0, seconds - waited))


def _longest(name: str, keys: list[Key]) -> Results:
    alone = [key.alone_ms for key in keys]
    return {
        name: percentile([key.ms for key in keys], 100),
        f"{name} alone": percentile(alone, 100),
    }


def _watch(terminal: Terminal, seconds: float) -> Results:
    """Returns what the list costs while nobody presses a key."""
    received, used = terminal.received, sum(thread_seconds(terminal.pid).values())
    time.sleep(seconds)
    used = sum(thread_seconds(terminal.pid).values()) - used
    note = f"mean of {seconds:g} s"
    return {
        "list cpu": Measured(value=1000 * used / seconds, note=note),
        "bytes": Measured(value=(terminal.received - received) / seconds, note=note),
    }


def _queue(workplace: Workplace, folder: Path, effort: Effort) -> Results:
    """Fills a queue, changes it, lists it, and takes from it."""
    runs = folder / "runs"
    added = _add(runs, effort.waiting_jobs)
    with open_among_runs(workplace, folder) as terminal:
        show_runs(terminal, effort.live_runs + effort.waiting_jobs)
        keys = _jump(terminal, list_runs(runs), effort)
    last = read_queue(runs)[-1].run_id
    add = ("queue", "add", "logistic", "--no-start")
    return {
        **_longest("queue keys", keys),
        "add": median(added[-RUNS_PER_PROCESS:]),
        "claim": median(_claim(runs) for _ in range(effort.repeats)),
        "queue json": _seconds(workplace, folder, effort, "queue", "--json"),
        "queue add": _seconds(workplace, folder, effort, *add),
        "queue move": _seconds(workplace, folder, effort, "queue", "move", last, "up"),
    }


def _add(runs: Path, number: int) -> list[float]:
    """Adds jobs; returns the milliseconds that each took."""
    preset = read_preset(find_preset("logistic"))
    took = []
    for place in range(number):
        job = job_of(preset.config, preset.name, f"waiting-{place:04}", None)
        began = time.monotonic()
        add_job(runs, job)
        took.append(1000 * (time.monotonic() - began))
    return took


def _claim(runs: Path) -> float:
    """Takes a job as a worker does, and ends it; returns the milliseconds."""
    began = time.monotonic()
    taken = claim(runs, lambda _: True)
    took = 1000 * (time.monotonic() - began)
    assert taken is not None
    finish(taken)
    return took


def _seconds(
    workplace: Workplace, folder: Path, effort: Effort, *arguments: str
) -> Measured:
    """Returns how long a command takes, from its start to its end."""
    took = []
    for _ in range(effort.repeats):
        began = time.monotonic()
        workplace.read(*PROGRAM, *arguments, folder=folder)
        took.append(time.monotonic() - began)
    return median(took)


def _kept(before: list[RunSummary], began: float, after: list[RunSummary]) -> Measured:
    """Returns the share of what the fake trainers were to write that they wrote."""
    seconds, steps = time.monotonic() - began, _steps(after) - _steps(before)
    return median([steps / (seconds * UPDATES_PER_SECOND * len(before))])


def _steps(runs: list[RunSummary]) -> int:
    return sum(run.status.step for run in runs if run.status)


def _calls(pid: int, runs: Path, per: str) -> Measured:
    """Returns how often a process asks for a name, or changes one, below a folder.

    ``per`` is a pattern of the calls that there is one of in each turn of its work:
    traced, it works more slowly, but does no less in a turn.
    """
    if not shutil.which("strace"):
        return skipped("strace is not installed")
    traced = subprocess.run(
        ["timeout", "-s", "INT", str(_STRACE_SECONDS), *_STRACE, "-p", str(pid)],
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    lines = [line for line in traced.stderr.splitlines() if str(runs) in line]
    begins = [place for place, line in enumerate(lines) if re.search(per, line)]
    if len(begins) < _LEAST_TURNS:
        return skipped("strace may not look at it")
    turns, whole = len(begins) - 1, lines[begins[0] : begins[-1]]
    names = re.findall(r"(\w+)\(", "\n".join(line.partition("<")[0] for line in whole))
    kinds = [f"{name} {n / turns:.0f}" for name, n in Counter(names).most_common()]
    return Measured(value=len(whole) / turns, note=", ".join(kinds))
