"""What augmentation costs, as a share of an update, in one process."""

import json
import sys
from collections.abc import Iterator

from bench.effort import Effort
from bench.measured import Results, ratios
from bench.workplace import Workplace


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Augments batches of 32×32 pictures and trains on such, in turns."""
    command = (sys.executable, "-m", "bench.loops.augmentation", str(effort.rounds * 4))
    seconds = json.loads(
        workplace.read(*command, folder=workplace.folder("augmentation"))
    )
    yield {"share": ratios(seconds["augment"], seconds["update"])}
