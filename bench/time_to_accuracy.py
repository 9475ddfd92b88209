"""From the start of the process to the first evaluation of at least 99 %."""

import json
import subprocess
import time
from collections.abc import Iterator

from bench.effort import Effort
from bench.measured import Results, median
from bench.workplace import PROGRAM, Workplace

ACCURACY = 0.99


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Trains the preset ``fast`` with one seed after the other."""
    ends = [_train(workplace, seed) for seed in range(effort.seeds)]
    seconds = [seconds for seconds, _ in ends]
    reached = ", ".join(f"{100 * accuracy:.2f}" for _, accuracy in ends)
    yield {"99 percent": median(seconds, f"reached {reached} %")}


def _train(workplace: Workplace, seed: int) -> tuple[float, float]:
    """Returns the seconds until the accuracy was reached, and the accuracy.

    Raises:
        RuntimeError: if it never was.
    """
    command = [*PROGRAM, "train", "fast", "--json", "--set", f"seed={seed}"]
    began = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=workplace.folder("fast"),
        env=workplace.environment,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            accuracy = json.loads(line).get("test/accuracy", 0.0)
            if accuracy >= ACCURACY:
                seconds = time.monotonic() - began
                process.kill()
                return seconds, accuracy
    raise RuntimeError(f"fast does not reach {ACCURACY:.0%} with seed {seed}")
