"""The trainer computes: one optimizer update on one batch at a time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cnn_tui.config import RunConfig
from cnn_tui.engine.batches import Batches
from cnn_tui.engine.checkpoint import Checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.network import new_network
from cnn_tui.engine.optimizers import make_loss, make_optimizer
from cnn_tui.engine.rates import RatePlan
from cnn_tui.engine.rng import RngState, get_rng_state, seed_rngs, set_rng_state
from cnn_tui.runs.events import Value

MAX_ROWS = 100_000


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


class Trainer:
    """Network, optimizer and data of one run, and the updates that bring them together.

    Losses stay on the device until ``read_out``. On the CPU every update is checked
    before it changes a weight. On other devices that check would wait for the device,
    so a flag is kept there, and ``first_bad_step`` tells afterwards.

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
        self._checked_until = 0.0 if device.type != "cpu" else math.inf
        self.network, drawn = new_network(config, splits.scaling, device)
        seed_rngs(drawn, training.seed, device)
        self._parameters = list(self.model.parameters())
        self._buffers = list(self.model.buffers())
        self.optimizer = make_optimizer(training.optimizer, self._parameters)
        self.loss_function = make_loss(training.loss, config.dataset.facts.classes)
        self._batches = Batches(splits.train, training.batch_size, training.seed)
        self._clip_grad_norm = training.clip_grad_norm
        self._clock = clock
        self._pending: list[_Pending] = []
        self._rows: list[TrainRow] = []
        self._first_bad_step = torch.zeros((), dtype=torch.int64, device=device)
        self._total_steps = rates.horizon

    @property
    def model(self) -> nn.Module:
        """The layers of the network."""
        return self.network.model

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
        loss, predicted, labels = self._forward(step)
        self._forget_gradients()
        torch.autograd.backward(loss)
        checked = loss.detach() + self._gradient_norm()
        if before is None:
            self._note_bad(step, torch.isfinite(checked))
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
        """Returns the rows since the last call; waits for the device."""
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
        self.discard_rows()
        self.step = checkpoint.step
        self.model.load_state_dict(checkpoint.model)
        if checkpoint.scaling is not None:
            self.network = replace(self.network, scaling=checkpoint.scaling)
        self.optimizer.load_state_dict(checkpoint.optimizer)
        set_rng_state(checkpoint.rng, self.device)

    def set_optimizer_value(self, name: str, value: Value) -> None:
        """Sets a hyperparameter of the optimizer, from the next update on."""
        for group in self.optimizer.param_groups:
            group[name] = value
        if name == "momentum" and isinstance(self.optimizer, torch.optim.RMSprop):
            # RMSprop makes its momentum buffers at the first update or never.
            for state in self.optimizer.state.values():
                state.setdefault(
                    "momentum_buffer", torch.zeros_like(state["square_avg"])
                )

    def discard_rows(self) -> None:
        """Forgets the rows since the last read-out."""
        self._pending, self._rows = [], []

    def first_bad_step(self) -> int | None:
        """Returns the first update with a value that is not finite, and forgets it.

        None where updates are checked one by one: those were refused.
        """
        if self.checks_each_update:
            return None
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
        return self.network.inputs(batch.images), batch.labels

    def _forward(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the loss, the predicted classes and the labels of a batch."""
        inputs, labels = self.batch(step)
        outputs = self.network.outputs(inputs)
        predicted = outputs.detach().argmax(1)
        return self.loss_function(outputs, labels), predicted, labels

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

    def _snapshot(self) -> tuple[list[Tensor], RngState]:
        buffers = [buffer.clone() for buffer in self._buffers]
        return buffers, get_rng_state(self.device)

    def _take_back(self, snapshot: tuple[list[Tensor], RngState]) -> None:
        buffers, rng_state = snapshot
        for buffer, value in zip(self._buffers, buffers, strict=True):
            buffer.copy_(value)
        set_rng_state(rng_state, self.device)
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
