"""Augments batches in turns with updates on them; prints the seconds of each.

``python -m bench.loops.augmentation ROUNDS`` prints a JSON object of two lists. The
pictures are noise: what they show does not count here.
"""

import json
import sys
import time
from collections.abc import Callable

import torch

from cnn_tui.config import parse_mapping
from cnn_tui.config.dataset import Augmentation, FoundImages
from cnn_tui.engine.augment import Augmenter
from cnn_tui.engine.data import Splits
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Scaling
from cnn_tui.engine.rates import RatePlan
from cnn_tui.engine.trainer import Trainer

UPDATES = 5
IMAGES = 5000
RECIPE = Augmentation(crop_padding=4, horizontal_flip=True, cutout=8)
_CONVOLUTION = {"kernel_size": 3, "padding": "same"}
LAYERS = [
    {"conv2d": {"out_channels": 32, **_CONVOLUTION}},
    *("batch_norm2d", "relu", {"max_pool2d": {"kernel_size": 2}}),
    {"conv2d": {"out_channels": 64, **_CONVOLUTION}},
    *("batch_norm2d", "relu", {"max_pool2d": {"kernel_size": 2}}),
    *("flatten", {"linear": {"out_features": "classes"}}),
]
"""A small net for pictures of that size."""


def new_trainer() -> Trainer:
    """Returns a trainer of a net for 3×32×32, without augmentation."""
    generator = torch.Generator().manual_seed(0)
    images = Images(
        images=torch.randint(
            256, (IMAGES, 3, 32, 32), generator=generator, dtype=torch.uint8
        ),
        labels=torch.randint(10, (IMAGES,), generator=generator),
    )
    found = FoundImages(
        input_shape=(3, 32, 32),
        class_names=tuple("0123456789"),
        train_images=IMAGES,
        test_images=IMAGES,
        fingerprint="",
    )
    config = parse_mapping(
        {
            "dataset": {"npz": "noise.npz", "found": found.model_dump(mode="json")},
            "model": {"layers": LAYERS},
        }
    )
    splits = Splits(train=images, validation=None, test=images, scaling=Scaling())
    rates = RatePlan(
        schedule=config.training.schedule, base_lr=0.01, horizon=config.total_steps
    )
    return Trainer(config, splits, torch.device("cpu"), rates, lambda: 0.0)


def seconds_of(function: Callable[[], object]) -> float:
    """Returns how long a call takes."""
    began = time.monotonic()
    function()
    return time.monotonic() - began


def main(rounds: int) -> None:
    """Takes turns; the first round warms up and does not count."""
    trainer = new_trainer()
    augment = Augmenter(config=RECIPE, seed=0, black=torch.zeros(1))
    batch = trainer.batch(1)
    seconds: dict[str, list[float]] = {"augment": [], "update": []}
    for _ in range(rounds + 1):
        seconds["augment"].append(
            seconds_of(lambda: [augment(batch, step) for step in range(UPDATES)])
        )
        seconds["update"].append(
            seconds_of(lambda: [trainer.update() for _ in range(UPDATES)])
        )
        trainer.read_out()
    print(json.dumps({name: values[1:] for name, values in seconds.items()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
