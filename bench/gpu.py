"""On a GPU: the program against a bare loop and a graphed one, and how busy it is."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack

from bench.contestants import headless, loop
from bench.effort import Effort
from bench.measured import Results, median, ratios, skipped
from bench.race import race, speeds
from bench.throughput import TINY
from bench.workplace import ENDLESS, Workplace
from cnn_tui.host import nvml

ON_GPU = ("device=cuda:0",)
MODELS = {"A": "model-a", "B": "model-b", "C": "model-c", "tiny": TINY}
NUMBERS = ("step", "bare", "graphed", "busy")


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Races on the first GPU; without one it says so."""
    if not nvml.gpus():
        missing = skipped("there is no GPU here")
        yield {f"{name} {key}": missing for name in MODELS for key in NUMBERS}
        return
    for name, model in MODELS.items():
        found = _race(workplace, effort, model) | _busy(workplace, effort, model)
        yield {f"{name} {key}": measured for key, measured in found.items()}


def _race(workplace: Workplace, effort: Effort, model: str) -> Results:
    settings = (*ENDLESS, *ON_GPU)
    preset = workplace.preset(workplace.folder("preset"), model, *settings)
    with ExitStack() as stack:
        contestants = []
        for contestant in (
            loop(workplace, "bare", preset),
            loop(workplace, "graphed", preset),
            headless(workplace, model, *settings),
        ):
            contestants.append(stack.enter_context(contestant))
            contestants[-1].freeze()
        turns = race(contestants, effort)
    ours = speeds(turns["headless"])
    return {
        "step": median(1000 / steps for steps in ours),
        "bare": ratios(ours, speeds(turns["bare"])),
        "graphed": ratios(ours, speeds(turns["graphed"])),
    }


def _busy(workplace: Workplace, effort: Effort, model: str) -> Results:
    folder = workplace.folder("kernels")
    preset = workplace.preset(folder, model, *ENDLESS, *ON_GPU)
    command = (sys.executable, "-m", "bench.loops.kernels", str(preset), "500")
    reports = [
        json.loads(workplace.read(*command, folder=folder))
        for _ in range(effort.repeats)
    ]
    return {"busy": median(100 * r["kernels"] / r["seconds"] for r in reports)}
