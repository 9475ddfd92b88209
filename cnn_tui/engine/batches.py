"""Which images an update trains on."""

import torch

from cnn_tui.engine.data import Images, permutation


class Batches:
    """The training batches in the order that (seed, epoch) alone decides."""

    def __init__(self, images: Images, batch_size: int, seed: int) -> None:
        """Takes images that stay on their device."""
        self._images = images
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0
        self._order = torch.empty(0, dtype=torch.int64)
        self.per_epoch = -(-len(images) // batch_size)

    def batch(self, step: int) -> Images:
        """Returns the batch of update ``step`` (from 1)."""
        epoch, position = divmod(step - 1, self.per_epoch)
        if epoch + 1 != self._epoch:
            order = permutation(self._seed, epoch + 1, len(self._images))
            self._order = order.to(self._images.labels.device)
            self._epoch = epoch + 1
        start = position * self._batch_size
        return self._images.subset(self._order[start : start + self._batch_size])
