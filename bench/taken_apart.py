"""What it costs to take an update apart, and how much of it its parts tell."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.effort import Effort
from bench.measured import Results, median, ratios
from bench.workplace import Workplace

TINY = str(Path(__file__).with_name("tiny.yaml"))
MODELS = {"A": "model-a", "B": "model-b", "C": "model-c", "tiny": TINY}


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Makes updates as they are and taken apart, in turns, model by model."""
    for model, preset in MODELS.items():
        command = ("-m", "bench.loops.taken_apart", preset, str(effort.rounds * 4))
        folder = workplace.folder(f"taken-apart-{model}")
        found = json.loads(workplace.read(sys.executable, *command, folder=folder))
        yield {
            f"{model} apart": ratios(found["apart"], found["plain"]),
            f"{model} share": median(found["share"]),
            f"{model} told": ratios(found["parts"], found["wall"]),
        }
