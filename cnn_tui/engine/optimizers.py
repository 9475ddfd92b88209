"""Optimizers and losses, from their configs."""

from collections.abc import Callable, Iterable, Sequence
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
from cnn_tui.errors import InputError
from cnn_tui.runs.events import Value
from cnn_tui.text import printable

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


def load_state(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Takes a state, but for how it is computed: that is this device's affair."""
    groups = [
        loaded | {"fused": own["fused"]} if "fused" in own else loaded
        for loaded, own in zip(
            state["param_groups"], optimizer.param_groups, strict=True
        )
    ]
    optimizer.load_state_dict(state | {"param_groups": groups})


def set_value(
    config: Optimizer, optimizer: torch.optim.Optimizer, name: str, value: Value
) -> None:
    """Sets a hyperparameter of an optimizer that was made from ``config``."""
    groups = optimizer.param_groups
    if name == "weight_decay":
        groups = decaying_groups(config, optimizer)
    for group in groups:
        group[name] = value
    if name == "momentum" and isinstance(optimizer, torch.optim.RMSprop):
        # RMSprop makes its momentum buffers at the first update or never.
        for state in optimizer.state.values():
            state.setdefault("momentum_buffer", torch.zeros_like(state["square_avg"]))


def gradient_norm(parameters: Iterable[nn.Parameter]) -> Tensor:
    """Returns the norm of all gradients together, a scalar."""
    gradients = [p.grad for p in parameters if p.grad is not None]
    # As torch.nn.utils.get_total_norm computes it, in half of its time.
    norms = torch.stack(torch._foreach_norm(gradients))
    norm: Tensor = torch.linalg.vector_norm(norms)
    return norm


def _decaying_and_not(parameters: Iterable[nn.Parameter]) -> list[dict[str, Any]]:
    """Parts parameters by their dimensions: norms and biases have one."""
    parts: tuple[list[nn.Parameter], list[nn.Parameter]] = [], []
    for parameter in parameters:
        parts[parameter.dim() == 1].append(parameter)
    return [{"params": parts[0]}, {"params": parts[1], "weight_decay": 0.0}]


def class_weights(
    config: Loss, labels: Tensor, names: Sequence[str], device: torch.device
) -> Tensor | None:
    """Returns what an image of each class counts, float32 on ``device``.

    ``balanced`` is that of scikit-learn: images / (classes · images of the class), of
    the images that are trained on, whose labels these are.

    Raises:
        InputError: if a class has none of them.
    """
    wanted = config.class_weights if isinstance(config, CrossEntropy) else None
    if wanted is None:
        return None
    if wanted != "balanced":
        return torch.tensor(wanted, device=device)
    counts = labels.cpu().bincount(minlength=len(names))
    if not counts.all():
        name = printable(names[int(counts.argmin())])
        raise InputError(
            "training.loss.class_weights: balanced needs images of every class, and "
            f"none of {name} are trained on; give a list of numbers"
        )
    return (len(labels) / (len(names) * counts)).to(device)


def make_loss(
    config: Loss, classes: int, weights: Tensor | None = None
) -> LossFunction:
    """Returns the mean loss of a batch: (outputs N×classes, labels N) → scalar.

    With ``weights`` of the classes a mean by these, as in torch.nn.CrossEntropyLoss.
    """
    match config:
        case CrossEntropy():
            smoothing = config.label_smoothing
            return lambda outputs, labels: F.cross_entropy(
                outputs, labels, weights, label_smoothing=smoothing
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
