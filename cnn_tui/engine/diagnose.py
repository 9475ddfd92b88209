"""What went wrong in an update: which layer first, and whether a loss exploded."""

import math
import statistics
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui.config import RunConfig
from cnn_tui.engine.before import remember
from cnn_tui.engine.network import named_layers
from cnn_tui.engine.train_rows import TrainRow
from cnn_tui.engine.trainer import Trainer

_WINDOW = 100
_EXPLODED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class NonFinite:
    """Where a value that is not finite first appeared."""

    what: str
    """"activation", "loss" or "gradient"."""
    layer: str | None
    """The number and type of the layer, as in the layer table."""


def find_non_finite(trainer: Trainer, config: RunConfig) -> NonFinite:
    """Repeats the next update without its end, and names what is first not finite.

    Weights, buffers, gradients and random numbers are left as they were.
    """
    found: list[str] = []
    layers = named_layers(trainer.model, config)
    hooks = [
        module.register_forward_hook(_noting(found, name)) for name, module in layers
    ]
    before = remember([*trainer.model.buffers()], trainer.device, draws=True)
    try:
        step = trainer.step + 1
        for index, part in enumerate(trainer.parts(step)):
            trainer.seed_part(step, index)
            outputs = trainer.network.outputs(part.inputs)
            loss = part.loss(outputs, trainer.loss_function)
            if found:
                return NonFinite(what="activation", layer=found[0])
            if not torch.isfinite(loss):
                return NonFinite(what="loss", layer=None)
            torch.autograd.backward(loss)
        return NonFinite(what="gradient", layer=_first_bad_gradient(layers))
    finally:
        for hook in hooks:
            hook.remove()
        trainer.optimizer.zero_grad(set_to_none=True)
        before.restore([*trainer.model.buffers()])


class ExplosionDetector:
    """Notices a loss far above those before it, once per explosion.

    Exploded means more than 10 times the median of the last 100 losses, and more than
    twice the loss of guessing, ln(classes); until 100 in a row are below that again.

    Attributes:
        limit: What an exploded loss has to come down to; None if it has not exploded.
    """

    def __init__(self, classes: int) -> None:
        """Knows no loss yet."""
        self._losses: deque[float] = deque(maxlen=_WINDOW)
        self._least = 2 * math.log(classes)
        self._calm = 0
        self.limit: float | None = None

    def forget(self, limit: float | None) -> None:
        """Knows no loss any more: training went to where ``limit`` held."""
        self._losses.clear()
        self._calm = 0
        self.limit = limit

    def first_exploded(self, rows: Iterable[TrainRow]) -> TrainRow | None:
        """Takes the next rows; returns the one in which an explosion begins."""
        first = None
        for row in rows:
            if row.loss is None:
                continue
            if self.limit is None:
                self._begin(row.loss)
                first = first or (row if self.limit else None)
            else:
                self._go_on(row.loss, self.limit)
        return first

    def _begin(self, loss: float) -> None:
        self.limit = self._limit_passed(loss)
        if self.limit is None:
            self._losses.append(loss)

    def _go_on(self, loss: float, limit: float) -> None:
        self._calm = self._calm + 1 if loss <= limit else 0
        if self._calm == _WINDOW:
            self.forget(None)

    def _limit_passed(self, loss: float) -> float | None:
        if loss <= self._least or not self._losses:
            return None
        limit = max(self._least, _EXPLODED * statistics.median(self._losses))
        return limit if loss > limit else None


def _noting(found: list[str], name: str) -> Callable[[nn.Module, Any, Tensor], None]:
    def note(module: nn.Module, inputs: Any, output: Tensor) -> None:
        if not torch.isfinite(output).all():
            found.append(name)

    return note


def _first_bad_gradient(layers: list[tuple[str, nn.Module]]) -> str | None:
    """Gradients flow backwards: the last layer with a bad one had it first."""
    for name, module in reversed(layers):
        for parameter in module.parameters():
            if parameter.grad is not None and not parameter.grad.isfinite().all():
                return name
    return None
