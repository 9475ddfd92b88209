"""Images as they are stored."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Images and their classes on one device."""

    images: Tensor
    """uint8, N×C×H×W."""
    labels: Tensor
    """int64, N."""
    target: torch.device | None = None
    """Where they are needed, if that is elsewhere: too many to be there at once."""

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def device(self) -> torch.device:
        """Where they are needed, wherever they are."""
        return self.target or self.labels.device

    def to(self, device: torch.device) -> "Images":
        """Returns the same images on ``device``."""
        return Images(images=self.images.to(device), labels=self.labels.to(device))

    def needed_on(self, device: torch.device) -> "Images":
        """Returns the same images, which stay in this machine's memory."""
        return replace(self, target=device)

    def at_target(self) -> "Images":
        """Returns the same images where they are needed; waits for no GPU."""
        if self.target is None:
            return self
        return Images(
            images=self.images.to(self.target, non_blocking=True),
            labels=self.labels.to(self.target, non_blocking=True),
        )

    def part(self, start: int, end: int) -> "Images":
        """Returns the images from ``start`` to before ``end``."""
        return replace(
            self, images=self.images[start:end], labels=self.labels[start:end]
        )

    def subset(self, indices: Tensor, shown: Tensor | None = None) -> "Images":
        """Returns the images at ``indices``, in their order, and their labels.

        Where only some of them are needed, the images are those at ``shown``.
        """
        return replace(
            self,
            images=self._picked(self.images, indices if shown is None else shown),
            labels=self._picked(self.labels, indices),
        )

    def _picked(self, values: Tensor, indices: Tensor) -> Tensor:
        out = None
        if self.target is not None and self.target.type == "cuda":
            # Only from pinned memory does a GPU copy while all else goes on.
            sizes = (len(indices), *values.shape[1:])
            out = torch.empty(sizes, dtype=values.dtype, pin_memory=True)
        # A tenth of the time of values[indices], which tests every index first.
        return torch.index_select(values, 0, indices, out=out)
