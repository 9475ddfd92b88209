"""Makes updates of a preset as they are, and taken apart, in turns.

``python -m bench.loops.taken_apart PRESET ROUNDS`` prints a JSON object of lists with a
number for each round: the seconds of the processor for updates as they are (``plain``)
and taken apart (``apart``), the ``share`` of a run's time that this costs, and of those
that are taken apart the seconds that pass (``wall``) and that their parts add up to
(``parts``). On one thread, as it counts the processor time of its own.
"""

import json
import sys
import time
from collections.abc import Callable

import torch

from cnn_tui.config import parse_settings
from cnn_tui.engine.profiler import SHARE, Profiler
from cnn_tui.engine.setup import set_up
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset

UPDATES = 20


def main(preset: str, rounds: int) -> None:
    """Takes turns; the first round warms up and does not count."""
    single = parse_settings(["training.threads=1", "training.device=cpu"])
    setup = set_up(read_preset(find_preset(preset)).with_settings(single), None)
    profiler = Profiler(setup.trainer, setup.config, setup.stopwatch)
    found = []
    for _ in range(rounds + 1):
        profiler.begin()
        _, plain = _seconds_of(setup.trainer.update)
        wall, apart = _seconds_of(profiler.update)
        setup.trainer.read_out()
        found.append(_numbers(profiler, plain, apart, wall))
    columns = {key: [row[key] for row in found[1:]] for key in found[0]}
    print(json.dumps(columns))


def _seconds_of(update: Callable[[], bool]) -> tuple[float, float]:
    """Returns what some updates take, on the clock and of the processor."""
    began = time.perf_counter(), time.thread_time()
    for _ in range(UPDATES):
        update()
    return time.perf_counter() - began[0], time.thread_time() - began[1]


def _numbers(
    profiler: Profiler, plain: float, apart: float, wall: float
) -> dict[str, float]:
    profile = profiler.take()
    assert profile is not None
    return {
        "plain": plain,
        "apart": apart,
        "share": SHARE * (1 - plain / apart),
        "wall": wall - profile.counted.profile,
        "parts": profile.update.total * UPDATES,
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(sys.argv[1], int(sys.argv[2]))
