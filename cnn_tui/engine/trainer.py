"""The trainer computes: one optimizer update on one batch at a time."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from cnn_tui.config import RunConfig
from cnn_tui.engine.augment import Batch
from cnn_tui.engine.before import Before, remember
from cnn_tui.engine.checkpoint import Checkpoint
from cnn_tui.engine.compiled import compiled, compiling
from cnn_tui.engine.data import Splits
from cnn_tui.engine.gate import Gate
from cnn_tui.engine.inputs import TrainingInputs
from cnn_tui.engine.marks import Mark, unmarked
from cnn_tui.engine.moving_average import averaging
from cnn_tui.engine.network import Network, new_network
from cnn_tui.engine.optimizers import (
    can_fuse,
    class_weights,
    gradient_norm,
    load_state,
    make_loss,
    make_optimizer,
    set_value,
)
from cnn_tui.engine.rates import RatePlan
from cnn_tui.engine.rng import RngState, get_rng_state, seed_rngs, set_rng_state
from cnn_tui.engine.shards import is_random, joined, own_rows, shards_of
from cnn_tui.engine.team import ALONE, Team
from cnn_tui.engine.train_rows import TrainRow, TrainRows
from cnn_tui.runs.events import Value

_CHECKED_AFTER = 100
"""Updates that are checked one by one after a bad one: often more follow."""


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
        team: Team = ALONE,
    ) -> None:
        """``clock`` gives the training seconds so far, for the rows."""
        training = config.training
        self.device, self.rates, self.team = device, rates, team
        self.mark: Mark = unmarked
        """Is called where a part of an update ends."""
        self.step = 0
        self.network, drawn = new_network(config, splits.scaling, device)
        self._learning = compiled(self.network, training)
        seed_rngs(drawn, training.seed, device)
        self._parameters = list(self.model.parameters())
        self._buffers = list(self.model.buffers())
        self._average = averaging(self.network.model, training.ema_decay)
        self._optimizer_config = training.optimizer
        is_fused = can_fuse(training.optimizer, device)
        self.optimizer = make_optimizer(
            training.optimizer, self._parameters, fused=is_fused
        )
        # The first update makes the optimizer's state, also where it is let through.
        self._checked_until = 1.0 if is_fused else math.inf
        self._gate = Gate(self.optimizer, self._buffers) if is_fused else None
        self._is_random = is_random(self.model)
        self._rng_states: list[RngState] = []
        names = config.dataset.facts.class_names
        labels = splits.train.labels
        weights = class_weights(training.loss, labels, names, device)
        self.loss_function = make_loss(training.loss, len(names), weights)
        self.evaluation_loss = make_loss(training.loss, len(names))
        own = own_rows(training.shards, team)
        self.inputs = TrainingInputs(config, splits.train, weights, own)
        self.inputs.prepare(self.network.scaling, self.network.memory_format)
        self._shards = shards_of(training, self.model, team)
        self._clip_grad_norm = training.clip_grad_norm
        self._rows = TrainRows(rates.horizon, clock)

    @property
    def model(self) -> nn.Module:
        """The layers of the network."""
        return self.network.model

    @property
    def evaluated(self) -> Network:
        """The network that is evaluated and kept: its weights may be averages."""
        if self._average is None:
            return self.network
        return replace(self.network, model=self._average.model)

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one pass over the training images."""
        return self.inputs.steps_per_epoch

    @property
    def images_per_update(self) -> float:
        """Images in a batch, on average."""
        return self.inputs.images_per_update

    @property
    def checks_each_update(self) -> bool:
        """Whether the next update is checked before it changes a weight."""
        return self.step < self._checked_until

    def check_until(self, step: int) -> None:
        """Checks the updates up to ``step`` one by one, whatever the device."""
        self._checked_until = max(self._checked_until, step)

    def plan_to(self, total_steps: int) -> None:
        """Sets the number of updates in all, which decides how many rows are kept."""
        self._rows.plan_to(total_steps)

    def rehearse(self) -> None:
        """Makes gradients and takes them back; DeviceError if they are not compiled."""
        before = self._snapshot()
        with compiling(self.device):
            self._make_gradients(1)
            self._make_gradients(self.steps_per_epoch)  # that batch may be smaller
        self._take_back(before)

    def update(self) -> bool:
        """Makes the next update.

        Returns False, with weights, buffers and random numbers as they were, if its
        loss or gradient is not finite and updates are checked one by one.
        """
        step = self.step + 1
        is_checked = self.checks_each_update
        before = self._snapshot()
        lr = self._set_rate(step)
        self.mark("checks")
        loss, predicted, labels = self._make_gradients(step)
        checked = loss + self._gradient_norm()
        if self._gate is not None and not is_checked:
            self._gate.close_unless_finite(checked, before.buffers)
            self._rng_states.append(before.rng)
        elif not math.isfinite(checked.item()):
            self._take_back(before)
            return False
        self.mark("checks")
        self.optimizer.step()
        self.mark("optimizer")
        self.step = step
        self._follow()
        self.mark("average")
        self._rows.note(step, lr, loss, predicted, labels)
        self.mark("rows")
        return True

    def skip(self) -> None:
        """Passes over the next update: weights and optimizer stay as they are."""
        self.step += 1
        self._rows.note_skipped(self.step, self._set_rate(self.step))

    def read_out(self) -> list[TrainRow]:
        """Returns the rows since the last call; waits for the device.

        Where an update since then was not finite, training stands before it now: the
        next ``update`` is it, and is checked, as are some after it.
        """
        if self._gate is not None:
            self._go_back_by(self._gate.take_refused())
        return self._rows.take()

    def state_dict(self) -> dict[str, Any]:
        """Returns the parts of a checkpoint that are the trainer's."""
        return {
            "step": self.step,
            "model": self.model.state_dict(),
            "ema": self._average.model.state_dict() if self._average else None,
            "scaling": self.network.scaling,
            "optimizer": self.optimizer.state_dict(),
            "rng": get_rng_state(self.device),
        }

    def load_state_dict(self, checkpoint: Checkpoint) -> None:
        """Goes to the state of a checkpoint; rows not read out are forgotten."""
        if self._gate is not None:
            self._gate.take_refused()
        self._rng_states = []
        self._rows.forget()
        self.step = checkpoint.step
        self.model.load_state_dict(checkpoint.model)
        if self._average is not None:
            self._average.model.load_state_dict(checkpoint.ema or checkpoint.model)
        if checkpoint.scaling is not None:
            self.network = replace(self.network, scaling=checkpoint.scaling)
            self.inputs.prepare(self.network.scaling, self.network.memory_format)
        self._load_optimizer(checkpoint.optimizer)
        set_rng_state(checkpoint.rng, self.device)

    def set_optimizer_value(self, name: str, value: Value) -> None:
        """Sets a hyperparameter of the optimizer, from the next update on."""
        self.check_until(self.step + 1)  # it may make more state
        set_value(self._optimizer_config, self.optimizer, name, value)

    def weights_are_finite(self) -> bool:
        """Tells whether all weights and buffers are finite, and their averages."""
        values = [*self._parameters, *self._buffers]
        if self._average is not None:
            values += self._average.model.state_dict().values()
        return all(bool(torch.isfinite(value).all()) for value in values)

    def batch(self, step: int) -> Batch:
        """Returns what update ``step`` trains on."""
        return self.inputs.batch(step)

    def parts(self, step: int) -> list[Batch]:
        """Returns that in as many slices as it takes: often one."""
        return self.inputs.parts(step, self.mark)

    def seed_part(self, step: int, index: int) -> None:
        """Lets layers draw for a part as its update does, if that is a shard."""
        if self._shards is not None:
            self._shards.seed(step, index)

    def _make_gradients(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the loss, the predicted classes and the labels of a batch."""
        parts = self.inputs.own_parts(step, self.mark)
        labels = joined([part.labels for part in parts])
        if self._shards is not None:
            loss, predicted = self._shards.gradients(step, parts, self._pass)
            return loss, predicted, labels
        self._forget_gradients()
        losses, found = zip(*[self._pass(part) for part in parts], strict=True)
        loss = losses[0] if len(losses) == 1 else torch.stack(losses).sum()
        return loss, joined(found), labels

    def _pass(self, part: Batch) -> tuple[Tensor, Tensor]:
        """Adds the gradients of a slice; returns its loss and predicted classes."""
        outputs = self._learning.outputs(part.inputs)
        self.mark("forward")
        loss = part.loss(outputs, self.loss_function)
        self.mark("loss")
        torch.autograd.backward(loss)
        self.mark("backward")
        predicted = outputs.detach().argmax(1)
        self.mark("rows")
        return loss.detach(), predicted

    def _follow(self) -> None:
        if self._average is None:
            return
        share, gate = self._average.share(self.step), self._gate
        self._average.follow(share if gate is None else gate.unless_closed(share))

    def _forget_gradients(self) -> None:
        # What zero_grad does, without what a profiler would want to know of it.
        for parameter in self._parameters:
            parameter.grad = None

    def _gradient_norm(self) -> Tensor:
        norm = gradient_norm(self._parameters)
        if self._clip_grad_norm is not None:
            nn.utils.clip_grads_with_norm_(self._parameters, self._clip_grad_norm, norm)
        return norm

    def _set_rate(self, step: int) -> float:
        lr = self.rates.at(step)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        return lr

    def _load_optimizer(self, state: dict[str, Any]) -> None:
        load_state(self.optimizer, state)
        self.check_until(self.step + 1)  # there may be no state yet

    def _go_back_by(self, updates: int) -> None:
        if updates:
            set_rng_state(self._rng_states[-updates], self.device)
            self.step -= updates
            self._rows.go_back_to(self.step)
            self.check_until(self.step + _CHECKED_AFTER)
        self._rng_states = []

    def _snapshot(self) -> Before:
        return remember(self._buffers, self.device, draws=self._is_random)

    def _take_back(self, before: Before) -> None:
        before.restore(self._buffers)
        self._forget_gradients()
