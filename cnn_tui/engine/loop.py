"""The training loop's inner part: one optimizer update on one batch at a time."""

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui.config import RunConfig
from cnn_tui.engine.data import Images, Scaling, Splits, permutation
from cnn_tui.engine.model import build_model
from cnn_tui.engine.optim import RatePlan, make_loss, make_optimizer
from cnn_tui.engine.rng import RngState, get_rng_state, set_rng_state

MAX_ROWS = 100_000
MEMORY_FORMATS = {
    "channels_last": torch.channels_last,
    "contiguous": torch.contiguous_format,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainRow:
    """What one update did; loss and accuracy are of its batch, before the update.

    They are None where the update was skipped for a value that was not finite.
    """

    step: int
    seconds: float
    lr: float
    loss: float | None
    accuracy: float | None


@dataclass(slots=True, kw_only=True)
class _Pending:
    """An update whose loss still is on the device."""

    step: int
    seconds: float
    lr: float
    batch_size: int
    loss: Tensor
    correct: Tensor


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


class Trainer:
    """Model, optimizer and data of one run, and the updates that bring them together.

    Losses stay on the device until ``read_out``. On the CPU every update is checked
    before it changes a weight. On other devices that check would wait for the device,
    so a flag is kept there, and ``first_bad_step`` tells afterwards.
    """

    def __init__(
        self,
        config: RunConfig,
        splits: Splits,
        device: torch.device,
        rates: RatePlan,
        clock: Callable[[], float],
    ) -> None:
        """``clock`` gives the training seconds so far, for the rows."""
        training = config.training
        self.device = device
        self.rates = rates
        self.step = 0
        self._checked_until = 0.0 if device.type != "cpu" else math.inf
        self.memory_format = MEMORY_FORMATS[training.memory_format]
        model = build_model(config).to(memory_format=self.memory_format)
        self.model: nn.Module = model.to(device)
        self.optimizer = make_optimizer(training.optimizer, self.model.parameters())
        self.loss_function = make_loss(training.loss, config.dataset.facts.classes)
        self.scaling: Scaling = splits.scaling
        self.autocast: contextlib.AbstractContextManager[object] = (
            contextlib.nullcontext()
        )
        if training.precision == "bfloat16":
            self.autocast = torch.autocast(device.type, torch.bfloat16)
        self._batches = Batches(splits.train, training.batch_size, training.seed)
        self._clip_grad_norm = training.clip_grad_norm
        self._clock = clock
        self._parameters = list(self.model.parameters())
        self._buffers = list(self.model.buffers())
        self._pending: list[_Pending] = []
        self._rows: list[TrainRow] = []
        self._first_bad_step = torch.zeros((), dtype=torch.int64, device=device)
        self._total_steps = rates.horizon

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass over the training images."""
        return self._batches.per_epoch

    @property
    def checks_each_update(self) -> bool:
        """Whether the next update is checked before it changes a weight."""
        return self.step < self._checked_until

    def check_until(self, step: int) -> None:
        """Checks the updates up to ``step`` one by one, whatever the device."""
        self._checked_until = max(self._checked_until, step)

    def plan_to(self, total_steps: int) -> None:
        """Sets the number of updates in all, which decides how many rows are kept."""
        self._total_steps = total_steps

    def update(self) -> bool:
        """Makes the next update.

        Returns False, with weights, buffers and random numbers as they were, if its
        loss or gradient is not finite and updates are checked one by one.
        """
        step = self.step + 1
        before = self._snapshot() if self.checks_each_update else None
        lr = self._set_rate(step)
        loss, correct, batch_size = self._forward(step)
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        finite = torch.isfinite(loss.detach() + self._gradient_norm())
        if before is None:
            self._note_bad(step, finite)
        elif not finite:
            self._restore(before)
            return False
        self.optimizer.step()
        self.step = step
        if self._is_logged(step):
            self._pending.append(
                _Pending(
                    step=step,
                    seconds=self._clock(),
                    lr=lr,
                    batch_size=batch_size,
                    loss=loss.detach(),
                    correct=correct,
                )
            )
        return True

    def skip(self) -> None:
        """Passes over the next update: weights and optimizer stay as they are."""
        self._rows += self._take_pending()
        self.step += 1
        self._rows.append(
            TrainRow(
                step=self.step,
                seconds=self._clock(),
                lr=self._set_rate(self.step),
                loss=None,
                accuracy=None,
            )
        )

    def read_out(self) -> list[TrainRow]:
        """Returns the rows since the last call; waits for the device."""
        rows, self._rows = self._rows + self._take_pending(), []
        return rows

    def restore(
        self,
        step: int,
        model: dict[str, Any],
        optimizer: dict[str, Any],
        rng_state: RngState,
    ) -> None:
        """Goes to the state after update ``step``; rows not read out are forgotten."""
        self.discard_rows()
        self.step = step
        self.model.load_state_dict(model)
        self.optimizer.load_state_dict(optimizer)
        set_rng_state(rng_state, self.device)

    def discard_rows(self) -> None:
        """Forgets the rows since the last read-out."""
        self._pending, self._rows = [], []

    def first_bad_step(self) -> int | None:
        """Returns the first update with a value that is not finite, and forgets it."""
        step = int(self._first_bad_step)
        self._first_bad_step.zero_()
        return step or None

    def weights_are_finite(self) -> bool:
        """Tells whether all weights and buffers are finite."""
        values = (*self._parameters, *self._buffers)
        return all(bool(torch.isfinite(value).all()) for value in values)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Returns the network inputs, N×C×H×W, and labels, N, of update ``step``."""
        batch = self._batches.batch(step)
        return self.scaling(batch.images, self.memory_format), batch.labels

    def _forward(self, step: int) -> tuple[Tensor, Tensor, int]:
        inputs, labels = self.batch(step)
        with self.autocast:
            outputs = self.model(inputs)
        outputs = outputs.float()
        correct = (outputs.detach().argmax(1) == labels).sum()
        return self.loss_function(outputs, labels), correct, len(labels)

    def _gradient_norm(self) -> Tensor:
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        norm = nn.utils.get_total_norm(gradients)
        if self._clip_grad_norm is not None:
            nn.utils.clip_grads_with_norm_(self._parameters, self._clip_grad_norm, norm)
        return norm

    def _set_rate(self, step: int) -> float:
        lr = self.rates.at(step)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr

    def _note_bad(self, step: int, finite: Tensor) -> None:
        is_first = ~finite & (self._first_bad_step == 0)
        self._first_bad_step += is_first * step

    def _is_logged(self, step: int) -> bool:
        every = -(-self._total_steps // MAX_ROWS)
        return step % every == 0 or step in (1, self._total_steps)

    def _take_pending(self) -> list[TrainRow]:
        pending, self._pending = self._pending, []
        if not pending:
            return []
        losses = torch.stack([update.loss for update in pending]).tolist()
        correct = torch.stack([update.correct for update in pending]).tolist()
        return [
            TrainRow(
                step=update.step,
                seconds=update.seconds,
                lr=update.lr,
                loss=loss,
                accuracy=right / update.batch_size,
            )
            for update, loss, right in zip(pending, losses, correct, strict=True)
        ]

    def _snapshot(self) -> tuple[list[Tensor], RngState]:
        buffers = [buffer.clone() for buffer in self._buffers]
        return buffers, get_rng_state(self.device)

    def _restore(self, snapshot: tuple[list[Tensor], RngState]) -> None:
        buffers, rng_state = snapshot
        for buffer, value in zip(self._buffers, buffers, strict=True):
            buffer.copy_(value)
        set_rng_state(rng_state, self.device)
        self.optimizer.zero_grad(set_to_none=True)
