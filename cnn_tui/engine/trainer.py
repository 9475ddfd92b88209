"""The trainer computes: one optimizer update on one batch at a time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from cnn_tui.config import RunConfig
from cnn_tui.engine.augment import Augmenter, Batch
from cnn_tui.engine.batches import Batches, Feed, batches_ahead
from cnn_tui.engine.checkpoint import Checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.gate import Gate
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import new_network
from cnn_tui.engine.optimizers import can_fuse, make_loss, make_optimizer
from cnn_tui.engine.rates import RatePlan
from cnn_tui.engine.rng import RngState, get_rng_state, seed_rngs, set_rng_state
from cnn_tui.runs.events import Value

MAX_ROWS = 100_000
_CHECKED_AFTER = 100
"""Updates that are checked one by one after a bad one: often more follow."""
_RANDOM = (nn.Dropout, nn.Dropout2d)


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
    loss: Tensor
    predicted: Tensor
    """The class of each image of the batch, and the one that it has."""
    labels: Tensor


class _Before(NamedTuple):
    """What a forward pass changes."""

    buffers: list[Tensor]
    rng: RngState
    """Empty where no layer draws from it."""


class Trainer:
    """Network, optimizer and data of one run, and the updates that bring them together.

    Losses stay on the device until ``read_out``. On the CPU every update is checked
    before it changes a weight. On CUDA that would wait for the device: there a gate
    closes at the first bad update, nothing changes from there on, and ``read_out`` goes
    back to before it.

    torch's random number generators belong to it: dropout draws from them.
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
        self.network, drawn = new_network(config, splits.scaling, device)
        seed_rngs(drawn, training.seed, device)
        self._parameters = list(self.model.parameters())
        self._buffers = list(self.model.buffers())
        is_fused = can_fuse(training.optimizer, device)
        self.optimizer = make_optimizer(
            training.optimizer, self._parameters, fused=is_fused
        )
        # The first update makes the optimizer's state, also where it is let through.
        self._checked_until = 1.0 if is_fused else math.inf
        self._gate = Gate(self.optimizer, self._buffers) if is_fused else None
        self._is_random = any(isinstance(m, _RANDOM) for m in self.model.modules())
        self._rng_states: list[RngState] = []
        self.loss_function = make_loss(training.loss, config.dataset.facts.classes)
        self._batches = Batches(splits.train, training.batch_size, training.seed)
        self._values_per_image = splits.train.images[0].numel()
        self._augmentation = config.dataset.augmentation
        self._seed = training.seed
        self._prepare_images()
        self._clip_grad_norm = training.clip_grad_norm
        self._clock = clock
        self._pending: list[_Pending] = []
        self._rows: list[TrainRow] = []
        self._total_steps = rates.horizon

    @property
    def model(self) -> nn.Module:
        """The layers of the network."""
        return self.network.model

    @property
    def batch_size(self) -> int:
        """Images in a batch, but for the last of an epoch."""
        return self._batches.batch_size

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
        is_checked = self.checks_each_update
        before = self._snapshot()
        lr = self._set_rate(step)
        loss, predicted, labels = self._forward(step)
        self._forget_gradients()
        torch.autograd.backward(loss)
        checked = loss.detach() + self._gradient_norm()
        if self._gate is not None and not is_checked:
            self._gate.close_unless_finite(checked, before.buffers)
            self._rng_states.append(before.rng)
        elif not math.isfinite(checked.item()):
            self._take_back(before)
            return False
        self.optimizer.step()
        self.step = step
        if self._is_logged(step):
            self._pending.append(
                _Pending(
                    step=step,
                    seconds=self._clock(),
                    lr=lr,
                    loss=loss.detach(),
                    predicted=predicted,
                    labels=labels,
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
        """Returns the rows since the last call; waits for the device.

        Where an update since then was not finite, training stands before it now: the
        next ``update`` is it, and is checked, as are some after it.
        """
        if self._gate is not None:
            self._go_back_by(self._gate.take_refused())
        rows, self._rows = self._rows + self._take_pending(), []
        return rows

    def state_dict(self) -> dict[str, Any]:
        """Returns the parts of a checkpoint that are the trainer's."""
        return {
            "step": self.step,
            "model": self.model.state_dict(),
            "scaling": self.network.scaling,
            "optimizer": self.optimizer.state_dict(),
            "rng": get_rng_state(self.device),
        }

    def load_state_dict(self, checkpoint: Checkpoint) -> None:
        """Goes to the state of a checkpoint; rows not read out are forgotten."""
        if self._gate is not None:
            self._gate.take_refused()
        self._pending, self._rows, self._rng_states = [], [], []
        self.step = checkpoint.step
        self.model.load_state_dict(checkpoint.model)
        if checkpoint.scaling is not None:
            self.network = replace(self.network, scaling=checkpoint.scaling)
            self._prepare_images()
        self._load_optimizer(checkpoint.optimizer)
        set_rng_state(checkpoint.rng, self.device)

    def set_optimizer_value(self, name: str, value: Value) -> None:
        """Sets a hyperparameter of the optimizer, from the next update on."""
        self.check_until(self.step + 1)  # it may make more state
        for group in self.optimizer.param_groups:
            group[name] = value
        if name == "momentum" and isinstance(self.optimizer, torch.optim.RMSprop):
            # RMSprop makes its momentum buffers at the first update or never.
            for state in self.optimizer.state.values():
                state.setdefault(
                    "momentum_buffer", torch.zeros_like(state["square_avg"])
                )

    def weights_are_finite(self) -> bool:
        """Tells whether all weights and buffers are finite."""
        values = (*self._parameters, *self._buffers)
        return all(bool(torch.isfinite(value).all()) for value in values)

    def batch(self, step: int) -> Batch:
        """Returns what update ``step`` trains on."""
        inputs, labels = self._feed.batch(step)
        batch = Batch(inputs=inputs, labels=labels)
        return batch if self._augment is None else self._augment(batch, step)

    def images(self, step: int) -> Images:
        """Returns the images of that, as they are stored, and their classes."""
        return self._batches.batches(step)

    def _forward(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the loss, the predicted classes and the labels of a batch."""
        batch = self.batch(step)
        outputs = self.network.outputs(batch.inputs)
        predicted = outputs.detach().argmax(1)
        return batch.loss(outputs, self.loss_function), predicted, batch.labels

    def _forget_gradients(self) -> None:
        # What zero_grad does, without what a profiler would want to know of it.
        for parameter in self._parameters:
            parameter.grad = None

    def _gradient_norm(self) -> Tensor:
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        # As torch.nn.utils.get_total_norm computes it, in half of its time.
        norms = torch.stack(torch._foreach_norm(gradients))
        norm: Tensor = torch.linalg.vector_norm(norms)
        if self._clip_grad_norm is not None:
            nn.utils.clip_grads_with_norm_(self._parameters, self._clip_grad_norm, norm)
        return norm

    def _set_rate(self, step: int) -> float:
        lr = self.rates.at(step)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr

    def _prepare_images(self) -> None:
        """Lets batches be made, and changed, as the network's scaling asks for."""
        size, values = self._batches.batch_size, self._values_per_image
        ahead = batches_ahead(size, values, self.device)
        self._feed = Feed(self._batches, self.network.inputs, ahead)
        self._augment: Augmenter | None = None
        if self._augmentation.is_on:
            # Put there once: each copy waits for the device.
            black = torch.tensor(self.network.scaling.black, device=self.device)
            self._augment = Augmenter(
                config=self._augmentation, seed=self._seed, black=black
            )

    def _load_optimizer(self, state: dict[str, Any]) -> None:
        # How it is computed is this device's affair, not that of the one before.
        groups = [
            loaded | {"fused": own["fused"]} if "fused" in own else loaded
            for loaded, own in zip(
                state["param_groups"], self.optimizer.param_groups, strict=True
            )
        ]
        self.optimizer.load_state_dict(state | {"param_groups": groups})
        self.check_until(self.step + 1)  # there may be no state yet

    def _go_back_by(self, updates: int) -> None:
        if updates:
            set_rng_state(self._rng_states[-updates], self.device)
            self.step -= updates
            self._pending = [p for p in self._pending if p.step <= self.step]
            self.check_until(self.step + _CHECKED_AFTER)
        self._rng_states = []

    def _is_logged(self, step: int) -> bool:
        every = -(-self._total_steps // MAX_ROWS)
        return step % every == 0 or step in (1, self._total_steps)

    def _take_pending(self) -> list[TrainRow]:
        pending, self._pending = self._pending, []
        if not pending:
            return []
        losses = torch.stack([update.loss for update in pending]).tolist()
        return [
            TrainRow(
                step=update.step,
                seconds=update.seconds,
                lr=update.lr,
                loss=loss,
                accuracy=accuracy,
            )
            for update, loss, accuracy in zip(
                pending, losses, _accuracies(pending), strict=True
            )
        ]

    def _snapshot(self) -> "_Before":
        rng = get_rng_state(self.device) if self._is_random else {}
        return _Before([buffer.clone() for buffer in self._buffers], rng)

    def _take_back(self, before: "_Before") -> None:
        for buffer, value in zip(self._buffers, before.buffers, strict=True):
            buffer.copy_(value)
        set_rng_state(before.rng, self.device)
        self._forget_gradients()


def _accuracies(pending: Sequence[_Pending]) -> list[float]:
    """Returns the share of each batch that was predicted rightly, in one go."""
    sizes = np.array([len(update.labels) for update in pending])
    predicted = torch.cat([update.predicted for update in pending])
    right = (predicted == torch.cat([update.labels for update in pending])).cpu()
    firsts = np.cumsum(sizes) - sizes
    accuracies: list[float] = (
        np.add.reduceat(right.numpy(), firsts, dtype=np.int64) / sizes
    ).tolist()
    return accuracies
