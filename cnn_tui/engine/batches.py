"""Which images an update trains on."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from cnn_tui.engine.data import permutation
from cnn_tui.engine.images import Images
from cnn_tui.engine.marks import Mark, unmarked

_AHEAD_BYTES = 2**28

Rows = Callable[[int], slice]
"""Which rows of a batch of so many are meant."""


class Batches:
    """The training batches in the order that (seed, epoch) alone decides.

    Attributes:
        per_epoch: Batches in an epoch; the last may be a smaller one.
        images_per_epoch: Images in them, fewer than all where such a one is dropped.
    """

    def __init__(
        self,
        images: Images,
        batch_size: int,
        seed: int,
        *,
        drop_last: bool = False,
        own: Rows | None = None,
    ) -> None:
        """Takes images that stay where they are.

        ``own`` tells which images of a batch are picked, all labels being needed.
        """
        self._images, self._own = images, own
        self.are_elsewhere = images.target is not None
        """Whether a batch is not where it is needed."""
        self._seed = seed
        self._epoch = 0
        self._order = torch.empty(0, dtype=torch.int64)
        self.batch_size = batch_size
        dropped = len(images) % batch_size if drop_last else 0
        self.images_per_epoch = len(images) - dropped
        self.per_epoch = -(-self.images_per_epoch // batch_size)

    def batches(self, step: int, count: int = 1) -> Images:
        """Returns ``count`` batches from that of update ``step`` (from 1) on, as one.

        They are fewer where the epoch ends.
        """
        epoch, position = divmod(step - 1, self.per_epoch)
        if epoch + 1 != self._epoch:
            order = permutation(self._seed, epoch + 1, len(self._images))
            order = order[: self.images_per_epoch]
            self._order = order.to(self._images.labels.device)
            self._epoch = epoch + 1
        start = position * self.batch_size
        order = self._order[start : start + count * self.batch_size]
        if self._own is None:
            return self._images.subset(order)
        pieces = torch.split(order, self.batch_size)
        shown = [batch[self._own(len(batch))] for batch in pieces]
        return self._images.subset(order, torch.cat(shown))

    def images_in(self, size: int) -> int:
        """Returns how many images are picked of a batch of ``size``."""
        return size if self._own is None else len(range(size)[self._own(size)])


class Feed:
    """Network inputs of the batches, many of them made at once where that saves time.

    On a GPU it is the number of kernels that costs, so as much of an epoch as fits into
    256 MiB is made in one piece. On a CPU a batch that is in its cache takes a quarter
    of the time of one that comes from memory.

    Images that are not where they are needed are picked by another thread meanwhile,
    and copied without being waited for.
    """

    def __init__(
        self, batches: Batches, prepare: Callable[[Tensor], Tensor], ahead: int
    ) -> None:
        """``prepare`` makes inputs of images; ``ahead`` is how many batches it gets."""
        self._batches = batches
        self._prepare = prepare
        self._ahead = ahead
        self._first = self._count = 0
        self._picker = ThreadPoolExecutor(1) if batches.are_elsewhere else None
        self._coming: tuple[int, Future[Images]] | None = None
        self._inputs = self._labels = torch.empty(0)

    def batch(self, step: int, mark: Mark = unmarked) -> tuple[Tensor, Tensor]:
        """Returns inputs, N×C×H×W, and labels, N, of update ``step`` (from 1).

        Where only some images of a batch are picked, the inputs are fewer.
        """
        if not self._first <= step < self._first + self._count:
            self._make(step, mark)
        if self._count == 1:
            return self._inputs, self._labels
        place, size = step - self._first, self._batches.batch_size
        return (
            _slice(self._inputs, place, self._batches.images_in(size)),
            _slice(self._labels, place, size),
        )

    def _make(self, step: int, mark: Mark) -> None:
        picked = self._picked(step)
        mark("data")
        found = picked.at_target()
        mark("copy")
        self._inputs, self._labels = self._prepare(found.images), found.labels
        self._first, self._count = step, -(-len(found) // self._batches.batch_size)
        if self._picker is not None:
            after = step + self._count
            coming = self._picker.submit(self._batches.batches, after, self._ahead)
            self._coming = after, coming
        mark("scaling")

    def _picked(self, step: int) -> Images:
        """Returns what was picked meanwhile, if that is what is wanted now."""
        coming, self._coming = self._coming, None
        if coming is not None:
            found = coming[1].result()  # also if not wanted: one picks at a time
            if coming[0] == step:
                return found
        return self._batches.batches(step, self._ahead)


def _slice(values: Tensor, place: int, size: int) -> Tensor:
    return values[place * size :][:size]


def batches_ahead(batch_size: int, values_per_image: int, device: torch.device) -> int:
    """Returns how many batches are to be made at once on a device."""
    if device.type == "cpu":
        return 1
    return max(1, _AHEAD_BYTES // (batch_size * values_per_image * 4))
