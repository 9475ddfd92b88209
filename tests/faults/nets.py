"""Small nets whose exact end depends on all that a checkpoint must hold."""

from pathlib import Path
from typing import Any

import yaml

STEPS = 300
EVALUATE_EVERY = 50

_LAYERS = [
    {"conv2d": {"out_channels": 4, "kernel_size": 5, "stride": 4}},
    "batch_norm2d",
    "relu",
    {"dropout": {"p": 0.5}},
    "flatten",
    {"linear": {"out_features": "classes"}},
]
_TRAINING: dict[str, Any] = {
    "iterations": STEPS,
    "batch_size": 50,
    "optimizer": {
        "name": "sgd",
        "lr": 0.1,
        "momentum": 0.9,
        "weight_decay": 0.001,
        "decay_norms_and_biases": False,
    },
    "ema_decay": 0.9,
    "gradient_accumulation": 2,
    "loss": {"class_weights": "balanced"},
    "evaluate_flipped": True,
    "evaluate_every": EVALUATE_EVERY,
    "checkpoint_every": 5,
    "seed": 3,
    "threads": 1,
}
COSINE = {"name": "cosine", "final_lr": 0.001, "warmup_iterations": 20}


def write_preset(path: Path, *, layers: Any = _LAYERS, **training: Any) -> Path:
    """Writes a preset of 300 updates on 1000 images: 15 epochs, 6 evaluations."""
    preset = {
        "dataset": {"name": "mnist", "train_images": 1000},
        "model": {"layers": layers},
        "training": _TRAINING | training,
    }
    path.write_text(yaml.safe_dump(preset))
    return path
