"""Evaluates model A in turns with a bare inference loop; prints the seconds of each.

``python -m bench.loops.evaluation PRESET ROUNDS`` prints a JSON object of two lists.
"""

import json
import sys
import time
from collections.abc import Callable

import torch

from cnn_tui.engine.evaluate import BATCH_SIZE, evaluate
from cnn_tui.engine.images import Images
from cnn_tui.engine.setup import set_up
from cnn_tui.engine.trainer import Trainer
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset


def bare_inference(trainer: Trainer, images: Images) -> float:
    """Returns the accuracy, and nothing else."""
    correct = 0
    with torch.inference_mode():
        for start in range(0, len(images), BATCH_SIZE):
            batch = images.images[start : start + BATCH_SIZE]
            labels = images.labels[start : start + BATCH_SIZE]
            inputs = batch.to(torch.float32, memory_format=torch.channels_last)
            outputs = trainer.model(inputs.div_(255))
            correct += int((outputs.argmax(1) == labels).sum())
    return correct / len(images)


def seconds_of(function: Callable[[], object]) -> float:
    """Returns how long a call takes."""
    began = time.monotonic()
    function()
    return time.monotonic() - began


def main(preset: str, rounds: int) -> None:
    """Takes turns; the first round warms up and does not count."""
    config = read_preset(find_preset(preset)).config
    setup = set_up(config, None)
    trainer, test = setup.trainer, setup.splits.test
    seconds: dict[str, list[float]] = {"evaluate": [], "bare": []}
    network, loss_function = trainer.network, trainer.loss_function
    for _ in range(rounds + 1):
        seconds["evaluate"].append(
            seconds_of(lambda: evaluate(network, loss_function, test, 10))
        )
        seconds["bare"].append(seconds_of(lambda: bare_inference(trainer, test)))
    print(json.dumps({name: values[1:] for name, values in seconds.items()}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
