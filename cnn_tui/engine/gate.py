"""Keeps updates that are not finite from changing anything, without waiting for it."""

from collections.abc import Sequence

import torch
from torch import Tensor


class Gate:
    """Closes at the first update whose loss or gradient is not finite, and stays so.

    All of it happens on the device: nothing waits for it until ``take_refused``. A
    fused optimizer leaves weights and state alone where its ``found_inf`` is 1, as it
    does for ``torch.amp.GradScaler``.
    """

    def __init__(
        self, optimizer: torch.optim.Optimizer, buffers: Sequence[Tensor]
    ) -> None:
        """Stands open before a fused ``optimizer`` and the ``buffers`` of its model."""
        device = optimizer.param_groups[0]["params"][0].device
        self._closed = torch.zeros((), device=device)
        self._refused = torch.zeros((), device=device)
        self._buffers = buffers
        optimizer.__dict__.update(grad_scale=None, found_inf=self._closed)

    def close_unless_finite(
        self, checked: Tensor, buffers_before: list[Tensor]
    ) -> None:
        """Lets an update through, or not; call it before the optimizer's step.

        ``checked`` is a scalar that is finite if the update is, and is overwritten;
        ``buffers_before`` are those from before the forward pass.
        """
        bad = checked.sub_(checked).ne_(0)  # 0 where it is finite, else NaN is not 0
        torch.maximum(self._closed, bad, out=self._closed)
        self._refused.add_(self._closed)
        if self._buffers:
            closed = self._closed > 0
            for buffer, before in zip(self._buffers, buffers_before, strict=True):
                torch.where(closed, before, buffer, out=buffer)

    def unless_closed(self, value: float) -> Tensor:
        """Returns a scalar on the device: the value, or 0 while it is closed."""
        return torch.rsub(self._closed, 1).mul_(value)

    def take_refused(self) -> int:
        """Returns how many updates were not let through, and opens; waits for them."""
        refused = int(self._refused)
        if refused:
            self._closed.zero_()
            self._refused.zero_()
        return refused
