"""How busy the card is while the program trains.

``python -m bench.loops.kernels PRESET UPDATES`` prints the seconds that kernels ran and
those that passed, as a JSON object. No run directory is written.
"""

import json
import sys
import time

import torch
from torch.profiler import ProfilerActivity, profile

from cnn_tui.engine.setup import set_up
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset

_WARM_UP = 50


def measure(preset: str, updates: int) -> dict[str, float]:
    """Trains some updates, then so many under torch's profiler."""
    trainer = set_up(read_preset(find_preset(preset)).config, None).trainer
    for _ in range(_WARM_UP):
        trainer.update()
    torch.cuda.synchronize()
    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        began = time.perf_counter()
        for _ in range(updates):
            trainer.update()
        torch.cuda.synchronize()
        seconds = time.perf_counter() - began
    kernels = sum(event.self_device_time_total for event in profiler.key_averages())
    return {"kernels": kernels / 1e6, "seconds": seconds}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
