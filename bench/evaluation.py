"""Evaluation on the test set, against a bare inference loop in the same process."""

import json
import sys
from collections.abc import Iterator

from bench.effort import Effort
from bench.measured import Results, median, ratios
from bench.workplace import Workplace

_ROUNDS_PER_ROUND = 4
"""An evaluation is short: more of them fit into the time of a turn."""


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Evaluates model A and infers bare, in turns."""
    rounds = effort.rounds * _ROUNDS_PER_ROUND
    command = (sys.executable, "-m", "bench.loops.evaluation", "model-a", str(rounds))
    seconds = json.loads(
        workplace.read(*command, folder=workplace.folder("evaluation"))
    )
    yield {
        "ratio": ratios(seconds["bare"], seconds["evaluate"]),
        "seconds": median(seconds["evaluate"]),
    }
