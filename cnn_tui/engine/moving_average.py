"""The exponential moving average of a model's weights, for evaluations."""

import copy

import torch
from torch import Tensor, nn


class MovingAverage:
    """Follows a model from update to update.

    The semantics are those of ``torch.optim.swa_utils.AveragedModel`` with
    ``use_buffers=True`` and an exponential average, as torchvision's reference training
    has it: the running means and variances of batch normalization are averaged as the
    weights are. What is no fraction, the count of batches, is the model's own. The
    decay of update t is min(decay, (1 + t)/(10 + t)), so that the weights drawn at the
    start are soon forgotten.

    Attributes:
        model: One of its own, with the averaged weights.
    """

    def __init__(self, model: nn.Sequential, decay: float) -> None:
        """Begins with the weights of ``model``, which are followed where they are."""
        counts = [b for b in model.buffers() if not b.is_floating_point()]
        shared = {id(count): count for count in counts}
        self.model = copy.deepcopy(model, shared).requires_grad_(False)
        self._averages, self._values = map(_fractions, (self.model, model))
        self._decay = decay

    def share(self, step: int) -> float:
        """Returns what the weights after update ``step`` (from 1) are to count."""
        return 1 - min(self._decay, (1 + step) / (10 + step))

    @torch.no_grad()
    def follow(self, share: float | Tensor) -> None:
        """Takes in the weights as they are now; of a share of 0 nothing changes."""
        differences = torch._foreach_sub(self._values, self._averages)
        torch._foreach_mul_(differences, share)
        torch._foreach_add_(self._averages, differences)


def averaging(model: nn.Sequential, decay: float | None) -> MovingAverage | None:
    """Returns what follows a model; None without a ``decay``."""
    return None if decay is None else MovingAverage(model, decay)


def _fractions(model: nn.Module) -> list[Tensor]:
    values = (*model.parameters(), *model.buffers())
    return [value.detach() for value in values if value.is_floating_point()]
