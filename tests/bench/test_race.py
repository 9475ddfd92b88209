"""Contestants that train in turns, as real processes."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from bench.effort import Effort
from bench.processes import elapsed, libraries, memory_bytes, thread_seconds
from bench.progress import Progress, StepLog, last_row, progress_of_run
from bench.race import Contestant, race, speeds
from bench.workplace import Workplace, wait_until

EFFORT = Effort(rounds=2, turn_seconds=0.4)
LOOP = """
import sys, time
from pathlib import Path
from bench.progress import StepLog

log, pause_seconds = StepLog(Path(sys.argv[1])), float(sys.argv[2])
while True:
    time.sleep(pause_seconds)
    log.step()
"""


@contextmanager
def contestant(
    workplace: Workplace, name: str, pause_seconds: float
) -> Iterator[Contestant]:
    """A process that makes a step every so often; it is frozen."""
    folder = workplace.folder(name)
    path = folder / "progress"
    command = (sys.executable, "-c", LOOP, str(path), str(pause_seconds))
    with workplace.start(*command, folder=folder) as process:
        try:
            wait_until(lambda: path.exists() and bool(path.read_bytes()), "a step")
            found = Contestant(
                name=name, pids=(process.pid,), progress=lambda: last_row(path)
            )
            found.freeze()
            yield found
        finally:
            process.kill()


def is_frozen(contestant: Contestant) -> bool:
    return psutil.Process(contestant.pids[0]).status() == psutil.STATUS_STOPPED


def test_contestants_take_turns_and_are_frozen_meanwhile(workplace: Workplace) -> None:
    with ExitStack() as stack:
        fast = stack.enter_context(contestant(workplace, "fast", 0.002))
        slow = stack.enter_context(contestant(workplace, "slow", 0.02))
        turns = race([fast, slow], EFFORT)
        for one in (fast, slow):
            wait_until(partial(is_frozen, one), f"{one.name} to stand still")
            assert len(turns[one.name]) == EFFORT.rounds
    assert min(speeds(turns["fast"])) > 2 * max(speeds(turns["slow"]))
    assert max(speeds(turns["slow"])) <= 1 / 0.02
    for turn in turns["fast"]:
        assert 0 < sum(turn.cpu_shares.values()) < 1


def test_the_last_whole_row_counts(tmp_path: Path) -> None:
    metrics = tmp_path / "metrics.jsonl"
    metrics.write_text('{"step": 1, "time": 0.5}\n{"step": 2, "time": 1.5}\n{"step": 3')
    assert progress_of_run(tmp_path)() == Progress(step=2, seconds=1.5)
    before = Progress(step=0, seconds=0.5)
    assert last_row(metrics).rate_since(before) == 2.0


def test_a_loop_says_how_far_it_is_not_at_every_step(tmp_path: Path) -> None:
    log = StepLog(tmp_path / "progress")
    for _ in range(1000):
        log.step()
    rows = (tmp_path / "progress").read_text().splitlines()
    assert 1 <= len(rows) < 100
    assert last_row(tmp_path / "progress").step < 1000


def test_the_time_of_threads_is_the_kernels(workplace: Workplace) -> None:
    busy = "while True: pass"
    folder = workplace.folder("busy")
    with workplace.start(sys.executable, "-c", busy, folder=folder) as process:
        before = thread_seconds(process.pid)
        wait_until(
            lambda: sum(elapsed(before, thread_seconds(process.pid)).values()) > 0.2,
            "0.2 s of its time",
        )
        assert memory_bytes(process.pid) > 1_000_000
        assert libraries(process.pid) == []
        process.kill()


def test_a_thread_that_came_meanwhile_has_used_all_of_its_time() -> None:
    assert elapsed({1: 2.0}, {1: 2.5, 7: 0.25}) == {1: 0.5, 7: 0.25}


def test_libraries_are_found_where_they_are_loaded(workplace: Workplace) -> None:
    script = "import numpy, time; print(flush=True); time.sleep(60)"
    folder = workplace.folder("numpy")
    with workplace.start(sys.executable, "-c", script, folder=folder) as process:
        wait_until(lambda: bool((folder / "output").read_bytes()), "numpy")
        assert libraries(process.pid) == ["numpy"]
        process.kill()


def test_nothing_is_measured_of_a_process_that_is_gone() -> None:
    with pytest.raises(OSError, match="No such"):
        thread_seconds(2**22 + 1)
