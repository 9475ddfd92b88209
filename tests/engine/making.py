"""Small configs and trainers."""

from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui.config import RunConfig, parse_mapping
from cnn_tui.engine.data import Splits
from cnn_tui.engine.rates import RatePlan
from cnn_tui.engine.trainer import Trainer

LOGISTIC: list[Any] = ["flatten", {"linear": {"out_features": "classes"}}]
CONVOLUTION: dict[str, Any] = {
    "conv2d": {"out_channels": 4, "kernel_size": 5, "stride": 4}
}
TINY = [CONVOLUTION, "relu", *LOGISTIC]
RANDOM = [CONVOLUTION, "batch_norm2d", "relu", {"dropout": {"p": 0.5}}, *LOGISTIC]
"""A net with a memory of its own, and with random numbers."""


def make_config(
    layers: Any = TINY, dataset: dict[str, Any] | None = None, **training: Any
) -> RunConfig:
    """Returns a config of 20 iterations on 500 images, 50 a batch."""
    return parse_mapping(
        {
            "dataset": {"train_images": 500, **(dataset or {})},
            "model": {"layers": layers},
            "training": {
                "batch_size": 50,
                "threads": 1,
                **({"iterations": 20} | training),
            },
        }
    )


def make_trainer(config: RunConfig, splits: Splits, device: str = "cpu") -> Trainer:
    """Returns a trainer at step 0 whose clock stands still."""
    rates = RatePlan(
        schedule=config.training.schedule,
        base_lr=config.training.optimizer.lr,
        horizon=config.total_steps,
    )
    return Trainer(config, splits, torch.device(device), rates, lambda: 0.0)


def losses(trainer: Trainer, updates: int) -> list[float | None]:
    """Makes updates and returns their losses."""
    for _ in range(updates):
        assert trainer.update()
    return [row.loss for row in trainer.read_out()]


def weights(trainer: Trainer) -> dict[str, Tensor]:
    """Returns a copy of the weights and buffers."""
    state = trainer.model.state_dict()
    return {name: tensor.clone() for name, tensor in state.items()}


def same(first: Any, second: Any) -> bool:
    """Whether two nested values with tensors in them are equal bit for bit."""
    if isinstance(first, Tensor):
        return isinstance(second, Tensor) and torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(
            same(first[key], second[key]) for key in first
        )
    if isinstance(first, list | tuple):
        pairs = zip(first, second, strict=True)
        return all(same(*pair) for pair in pairs)
    return bool(first == second)


def move(model: nn.Module, device: torch.device) -> None:
    """Puts values without content on a device in the place of weights and buffers."""
    for module in model.modules():
        kinds: tuple[dict[str, Any], ...] = (module._parameters, module._buffers)
        for values in kinds:
            for name, value in values.items():
                values[name] = torch.empty(
                    value.shape, dtype=value.dtype, device=device
                )
