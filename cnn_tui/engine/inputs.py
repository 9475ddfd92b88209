"""What each update of a run trains on: which images, as what, in which slices."""

from functools import partial

import torch
from torch import Tensor

from cnn_tui.config import RunConfig
from cnn_tui.engine.augment import Augmenter, Batch
from cnn_tui.engine.batches import Batches, Feed, Rows, batches_ahead
from cnn_tui.engine.images import Images
from cnn_tui.engine.marks import Mark, unmarked
from cnn_tui.engine.network import Scaling, network_inputs


class TrainingInputs:
    """The batches of a run as network inputs; they depend on seed and step alone.

    Attributes:
        steps_per_epoch: Updates in one pass over the images.
        images_per_update: Images in a batch, on average.
    """

    def __init__(
        self,
        config: RunConfig,
        images: Images,
        class_weights: Tensor | None,
        own_rows: Rows | None = None,
    ) -> None:
        """Takes images that stay on their device; ``prepare`` makes it ready.

        ``class_weights`` are those of the loss: slices are weighed by them. Of several
        processes, ``own_rows`` are those of a batch that this one trains on.
        """
        training = config.training
        self._make_batches = partial(
            Batches,
            images,
            training.batch_size,
            training.seed,
            drop_last=training.drop_last,
        )
        self._batches = self._make_batches()
        self.steps_per_epoch = self._batches.per_epoch
        self.images_per_update = self._batches.images_per_epoch / self.steps_per_epoch
        self._values_per_image = images.images[0].numel()
        self._device = images.device
        self._augmentation = config.dataset.augmentation
        self._seed = training.seed
        self._slice_size, self._shards = training.slice_size, training.shards
        self._class_weights = class_weights
        # What changes images may draw for all of a batch, or mix them.
        self._own_rows = None if self._augmentation.is_on else own_rows

    def prepare(
        self,
        scaling: Scaling,
        memory_format: torch.memory_format = torch.preserve_format,
    ) -> None:
        """Lets batches be made, and changed, for a network with this scaling."""
        size, values = self._batches.batch_size, self._values_per_image
        ahead = batches_ahead(size, values, self._device)
        to_inputs = partial(
            network_inputs, scaling=scaling, memory_format=memory_format
        )
        self._to_inputs = to_inputs
        self._feed = Feed(self._make_batches(own=self._own_rows), to_inputs, ahead)
        self._augment: Augmenter | None = None
        if self._augmentation.is_on:
            # Put there once: each copy waits for the device.
            black = torch.tensor(scaling.black, device=self._device)
            self._augment = Augmenter(
                config=self._augmentation, seed=self._seed, black=black
            )

    def batch(self, step: int, mark: Mark = unmarked) -> Batch:
        """Returns what update ``step`` (from 1) trains on."""
        if self._own_rows is not None:
            found = self.images(step)
            return Batch(inputs=self._to_inputs(found.images), labels=found.labels)
        inputs, labels = self._feed.batch(step, mark)
        batch = Batch(inputs=inputs, labels=labels)
        if self._augment is None:
            return batch
        batch = self._augment(batch, step)
        mark("augmentation")
        return batch

    def images(self, step: int) -> Images:
        """Returns the images of that as they are stored, where they are needed."""
        # Its own order of the epoch: another thread may be using the other one.
        return self._make_batches().batches(step).at_target()

    def parts(self, step: int, mark: Mark = unmarked) -> list[Batch]:
        """Returns that in its shards, or in as many slices as accumulation takes."""
        return self._cut(self.batch(step, mark))

    def own_parts(self, step: int, mark: Mark = unmarked) -> list[Batch]:
        """Returns that with inputs, at least, of the shards of this process."""
        if self._own_rows is None:
            return self.parts(step, mark)
        inputs, labels = self._feed.batch(step, mark)
        first = self._own_rows(len(labels)).start
        return self._cut(Batch(inputs=inputs, labels=labels, first=first))

    def _cut(self, batch: Batch) -> list[Batch]:
        if self._shards is not None:
            return batch.cut(self._shards, self._class_weights)
        return batch.parts(self._slice_size, self._class_weights)
