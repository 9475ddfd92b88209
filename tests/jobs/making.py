"""Small jobs, which train in a moment."""

from typing import Any

from cnn_tui.config import parse_mapping, to_mapping
from cnn_tui.jobs import Job


def make_job(name: str = "small", **training: Any) -> Job:
    """Returns a job of 20 updates of a linear layer."""
    mapping = {
        "dataset": {"name": "mnist", "train_images": 500},
        "model": {"layers": ["flatten", {"linear": {"out_features": "classes"}}]},
        "training": {
            "iterations": 20,
            "batch_size": 50,
            "threads": 1,
            "evaluate_every": 10,
            **training,
        },
    }
    return Job(name=name, preset="small", config=to_mapping(parse_mapping(mapping)))
