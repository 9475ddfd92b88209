"""Images as they are stored."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """Images and their classes on one device."""

    images: Tensor
    """uint8, N×C×H×W."""
    labels: Tensor
    """int64, N."""

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> "Images":
        """Returns the same images on ``device``."""
        return Images(images=self.images.to(device), labels=self.labels.to(device))

    def subset(self, indices: Tensor) -> "Images":
        """Returns the images at ``indices``, in their order."""
        # A tenth of the time of images[indices], which tests every index first.
        return Images(
            images=self.images.index_select(0, indices),
            labels=self.labels.index_select(0, indices),
        )
