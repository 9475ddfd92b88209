"""From a key to its echo on the screen, while model A trains."""

import itertools
import random
import re
import time
from collections.abc import Iterator

from bench.effort import Effort
from bench.measured import Results, percentile
from bench.program import open_program
from bench.terminal import Terminal
from bench.workplace import Workplace

KEYS = "lsa"
"""Log scale, smoothing, x axis: keys that draw a chart anew, with another title."""
TITLE = "Loss ·".encode()
"""How the title of that chart begins."""

_GAP_SECONDS = (0.05, 0.15)
_CALM_SECONDS = 2.0


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Presses keys at random times and waits for the echo of each."""
    with open_program(workplace, "model-a") as program:
        program.start_preset()
        time.sleep(_CALM_SECONDS)
        latencies = [echo_ms(program.terminal, key) for key in _keys(effort.keys)]
    yield {
        "p50": percentile(latencies, 50),
        "p95": percentile(latencies, 95),
        "p99": percentile(latencies, 99),
        "longest": percentile(latencies, 100),
    }


def echo_ms(terminal: Terminal, key: str) -> float:
    """Waits a moment, presses a key and returns the milliseconds until its echo."""
    time.sleep(random.uniform(*_GAP_SECONDS))
    title = re.escape(terminal.latest(TITLE))
    before = terminal.received
    pressed_at = terminal.press(key)
    echoed_at = terminal.wait_for(b"(?!%b)%b" % (title, TITLE), since=before)
    return 1000 * (echoed_at - pressed_at)


def _keys(number: int) -> list[str]:
    return list(itertools.islice(itertools.cycle(KEYS), number))
