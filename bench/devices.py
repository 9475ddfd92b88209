"""What a second process is worth, and what shards cost."""

import json
from collections.abc import Iterator

from bench.effort import Effort
from bench.measured import Results, ratios
from bench.workplace import Workplace
from cnn_tui.host.ranks import python_for


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Trains model A in one process and in two, in turns."""
    command = (*python_for(2), "-m", "bench.loops.devices", str(effort.rounds * 2))
    said = workplace.read(*command, folder=workplace.folder("devices"))
    found = json.loads(said.strip().splitlines()[-1])
    yield {
        "two": ratios(found["one"], found["two"]),
        "apart": ratios(found["one"], found["apart"]),
        "shards": ratios(found["shards"], found["one"]),
        "ddp": ratios(found["ddp"], found["two"]),
    }
