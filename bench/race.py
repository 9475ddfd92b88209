"""Contestants that train in turns: A B A B, the others frozen meanwhile."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.effort import Effort
from bench.processes import elapsed, thread_seconds
from bench.progress import ReadProgress
from bench.workplace import wait_until

_SETTLE_SHARE = 0.25
"""The share of a turn that passes before it counts: caches, clocks, heartbeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A training in one or more processes; frozen until it is its turn."""

    name: str
    pids: tuple[int, ...]
    progress: ReadProgress

    def freeze(self) -> None:
        """Stops all of it, wherever it is."""
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets it go on."""
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What a contestant did in one turn."""

    steps_per_second: float
    cpu_shares: dict[int, float]
    """CPU seconds per second of each thread of its first process."""


Turns = dict[str, list[Turn]]


def race(contestants: Sequence[Contestant], effort: Effort) -> Turns:
    """Lets contestants train in turns; returns the turns of each, by name."""
    turns: Turns = {contestant.name: [] for contestant in contestants}
    for _ in range(effort.rounds):
        for contestant in contestants:
            turns[contestant.name].append(_turn(contestant, effort.turn_seconds))
    return turns


def speeds(turns: Sequence[Turn]) -> list[float]:
    """Returns the steps per second of each turn."""
    return [turn.steps_per_second for turn in turns]


def _turn(contestant: Contestant, seconds: float) -> Turn:
    contestant.thaw()
    time.sleep(_SETTLE_SHARE * seconds)
    before, cpu_before = contestant.progress(), thread_seconds(contestant.pids[0])
    started = time.monotonic()
    time.sleep(seconds)
    wait_until(lambda: contestant.progress().step > before.step, "a step")
    after, cpu_after = contestant.progress(), thread_seconds(contestant.pids[0])
    lasted = time.monotonic() - started
    contestant.freeze()
    cpu = elapsed(cpu_before, cpu_after)
    return Turn(
        steps_per_second=after.rate_since(before),
        cpu_shares={thread: used / lasted for thread, used in cpu.items()},
    )
