"""How much is measured: all of it, or just enough to see that measuring works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """Sizes and durations of the measurements."""

    rounds: int = 5
    """How often the contestants of a race take turns."""
    turn_seconds: float = 4.0
    repeats: int = 5
    """How often anything else is measured."""
    keys: int = 240
    watch_seconds: float = 15.0
    seeds: int = 5
    metric_rows: int = 1_000_000
    runs: int = 10_000
    updates: int = 100_000
    live_runs: int = 500
    waiting_jobs: int = 1_000


FULL = Effort()
QUICK = Effort(
    rounds=2,
    turn_seconds=1.5,
    repeats=1,
    keys=30,
    watch_seconds=4.0,
    seeds=1,
    metric_rows=50_000,
    runs=500,
    updates=4_000,
    live_runs=120,
    waiting_jobs=50,
)
"""The numbers that it gives mean nothing."""
