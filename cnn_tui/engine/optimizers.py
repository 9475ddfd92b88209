"""Optimizers and losses, from their configs."""

from collections.abc import Callable, Iterable
from typing import Any, assert_never

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.config.models import (
    BinaryCrossEntropy,
    CrossEntropy,
    Loss,
    MeanSquaredError,
    Optimizer,
)

LossFunction = Callable[[Tensor, Tensor], Tensor]

_OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}
_FUSED = ("sgd", "adam", "adamw")
"""Those that torch has such a kernel for."""


def can_fuse(config: Optimizer, device: torch.device) -> bool:
    """Whether all of a step is one kernel there, which can leave weights as they are.

    Only on CUDA, where that saves waiting: its last digits are others.
    """
    return device.type == "cuda" and config.name in _FUSED


def make_optimizer(
    config: Optimizer, parameters: Iterable[nn.Parameter], *, fused: bool
) -> torch.optim.Optimizer:
    """Builds the optimizer; its keys are those of the torch class.

    Where norms and biases do not decay, the first of its groups is of the others.
    """
    values: dict[str, Any] = config.model_dump(
        exclude={"name", "decay_norms_and_biases"}
    )
    if fused:
        values["fused"] = True
    groups: list[dict[str, Any]] = [{"params": list(parameters)}]
    if not config.decay_norms_and_biases:
        groups = _decaying_and_not(groups[0]["params"])
    return _OPTIMIZERS[config.name](groups, **values)


def decaying_groups(
    config: Optimizer, optimizer: torch.optim.Optimizer
) -> list[dict[str, Any]]:
    """Returns the parameter groups that ``weight_decay`` is for."""
    groups = optimizer.param_groups
    return groups if config.decay_norms_and_biases else groups[:1]


def _decaying_and_not(parameters: Iterable[nn.Parameter]) -> list[dict[str, Any]]:
    """Parts parameters by their dimensions: norms and biases have one."""
    parts: tuple[list[nn.Parameter], list[nn.Parameter]] = [], []
    for parameter in parameters:
        parts[parameter.dim() == 1].append(parameter)
    return [{"params": parts[0]}, {"params": parts[1], "weight_decay": 0.0}]


def make_loss(config: Loss, classes: int) -> LossFunction:
    """Returns the mean loss of a batch: (outputs N×classes, labels N) → scalar."""
    match config:
        case CrossEntropy():
            smoothing = config.label_smoothing
            return lambda outputs, labels: F.cross_entropy(
                outputs, labels, label_smoothing=smoothing
            )
        case MeanSquaredError():
            return lambda outputs, labels: F.mse_loss(
                outputs, F.one_hot(labels, classes).to(outputs.dtype)
            )
        case BinaryCrossEntropy():
            return lambda outputs, labels: F.binary_cross_entropy_with_logits(
                outputs, F.one_hot(labels, classes).to(outputs.dtype)
            )
    assert_never(config)
