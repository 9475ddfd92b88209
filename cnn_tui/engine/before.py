"""What a forward pass in training changes, to be taken back."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from cnn_tui.engine.rng import RngState, get_rng_state, set_rng_state


class Before(NamedTuple):
    """Buffers of a model and random numbers as they were."""

    buffers: list[Tensor]
    rng: RngState
    """Empty where no layer draws from it."""
    device: torch.device

    def restore(self, buffers: Sequence[Tensor]) -> None:
        """Puts the values into ``buffers``, and the random numbers back."""
        with torch.no_grad():
            for buffer, value in zip(buffers, self.buffers, strict=True):
                buffer.copy_(value)
        set_rng_state(self.rng, self.device)


def remember(buffers: Sequence[Tensor], device: torch.device, *, draws: bool) -> Before:
    """Returns the state now; ``draws`` says whether any layer draws numbers."""
    rng = get_rng_state(device) if draws else {}
    return Before([buffer.clone() for buffer in buffers], rng, device)
