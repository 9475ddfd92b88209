"""From a key to its echo on the screen, while model A trains."""

import itertools
import random
import time

from bench.effort import Effort
from bench.measured import Results, percentile
from bench.program import open_program
from bench.terminal import Terminal
from bench.workplace import Workplace

KEYS = "lsaz"
"""Log scale, smoothing, x axis, full-screen chart: keys that draw a chart anew."""
ECHO = "Loss ·".encode()
"""The title of that chart: these keys draw it, and nothing else does."""

_GAP_SECONDS = (0.05, 0.15)
_CALM_SECONDS = 2.0


def measure(workplace: Workplace, effort: Effort) -> Results:
    """Presses keys at random times and waits for the echo of each."""
    with open_program(workplace, "model-a") as program:
        program.start_preset()
        time.sleep(_CALM_SECONDS)
        latencies = [echo_ms(program.terminal, key) for key in _keys(effort.keys)]
    return {
        "p50": percentile(latencies, 50),
        "p95": percentile(latencies, 95),
        "p99": percentile(latencies, 99),
        "longest": percentile(latencies, 100),
    }


def echo_ms(terminal: Terminal, key: str) -> float:
    """Waits a moment, presses a key and returns the milliseconds until its echo."""
    time.sleep(random.uniform(*_GAP_SECONDS))
    before = terminal.received
    pressed_at = terminal.press(key)
    return 1000 * (terminal.wait_for(ECHO, since=before) - pressed_at)


def _keys(number: int) -> list[str]:
    return list(itertools.islice(itertools.cycle(KEYS), number))
