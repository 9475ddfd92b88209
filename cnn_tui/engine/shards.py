"""Fixed shards: an update whose parts are computed one by one, wherever that is.

The gradient of each shard is made by itself, and they are summed in a fixed tree, so it
does not matter to a bit how many processes share them.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.config.models import TrainingConfig
from cnn_tui.engine.augment import Batch
from cnn_tui.engine.batches import Rows
from cnn_tui.engine.before import remember
from cnn_tui.engine.rng import seed_layers
from cnn_tui.engine.team import Team

_RANDOM = (nn.Dropout, nn.Dropout2d)

Pass = Callable[[Batch], tuple[Tensor, Tensor]]
"""Adds the gradients of a shard; returns its loss and the predicted classes."""


def tree_sum(values: Iterable[Tensor]) -> Tensor:
    """Returns the sum of pairs, of pairs of pairs, and so on; there is at least one.

    What 2^k neighbours add up to, from a multiple of 2^k on, is a branch of the tree.
    """
    branches: list[tuple[int, Tensor]] = []
    for value in values:
        size, branch = 1, value
        while branches and branches[-1][0] == size:
            size, branch = 2 * size, branches.pop()[1] + branch
        branches.append((size, branch))
    _, total = branches.pop()
    while branches:
        total = branches.pop()[1] + total
    return total


def joined(pieces: Sequence[Tensor]) -> Tensor:
    """Returns the pieces of a batch as one; copies nothing where there is one."""
    return pieces[0] if len(pieces) == 1 else torch.cat(list(pieces))


def is_random(model: nn.Module) -> bool:
    """Tells whether any layer draws random numbers."""
    return any(isinstance(module, _RANDOM) for module in model.modules())


def own_rows(shards: int | None, team: Team) -> Rows | None:
    """Returns which rows of a batch are in the shards of this process; None for all."""
    if shards is None or team.size == 1:
        return None
    own = team.share_of(range(shards))

    def rows(size: int) -> slice:
        each, larger = divmod(size, shards)  # as tensor_split cuts
        starts = (i * each + min(i, larger) for i in (own[0], own[-1] + 1))
        return slice(*starts)

    return rows


def shards_of(
    training: TrainingConfig, model: nn.Module, team: "Team"
) -> "Shards | None":
    """Returns what makes the gradients of a run that has shards; else None."""
    if training.shards is None:
        return None
    most, seed = training.slice_size, training.seed
    return Shards(training.shards, model, team, most=most, seed=seed)


class Shards:
    """Makes the gradients of updates, with the other processes of a team."""

    def __init__(
        self, number: int, model: nn.Module, team: Team, *, most: int, seed: int
    ) -> None:
        """Cuts batches into ``number`` shards of at most ``most`` images each."""
        self._number, self._most, self._team, self._seed = number, most, team, seed
        self._parameters = list(model.parameters())
        self._is_random = is_random(model)
        norms = [
            module
            for module in model.modules()
            if isinstance(module, nn.BatchNorm2d) and module.running_mean is not None
        ]
        self._counts = [norm.get_buffer("num_batches_tracked") for norm in norms]
        self._running = [
            norm.get_buffer(name)
            for norm in norms
            for name in ("running_mean", "running_var")
        ]
        kept = [1 - (norm.momentum or 0.0) for norm in norms for _ in range(2)]
        powers = [[k ** (number - 1 - i) for k in kept] for i in range(number)]
        self._kept = self._of_running([k**number for k in kept])
        self._weights = [self._of_running(row) for row in powers]

    def seed(self, step: int, shard: int) -> None:
        """Lets the layers draw what is of this shard of this update alone."""
        if self._is_random:
            seed_layers(self._parameters[0].device, self._seed, step, shard)

    def gradients(
        self, step: int, parts: Sequence[Batch], make: Pass
    ) -> tuple[Tensor, Tensor]:
        """Leaves the gradients of update ``step`` in the parameters.

        Takes all shards of its batch, and makes those of this process. Buffers are
        moved by all of them in their order; random numbers stay. Returns the loss of
        the batch, a scalar, and the predicted classes, N.

        Raises:
            TrainingError: if another process of the team is lost.
        """
        buffers = [*self._running, *self._counts]
        device = self._parameters[0].device
        before = remember(buffers, device, draws=self._is_random)
        notes: list[Tensor] = []
        total = tree_sum(self._made(step, parts, make, notes))
        sums, gathered = self._gathered(total, notes)
        before.restore(buffers)
        self._move_running([note[: len(self._kept)] for note in gathered])
        predicted = [
            note[len(self._kept) :][: len(part.labels)]
            for note, part in zip(gathered, parts, strict=True)
        ]
        self._take(sums[1:])
        return sums[0], joined(predicted).long()

    def _made(
        self, step: int, parts: Sequence[Batch], make: Pass, notes: list[Tensor]
    ) -> Iterator[Tensor]:
        """Yields loss and gradients of each shard of this process, as one tensor.

        ``notes`` gets what it adds to running values, and the predicted classes.
        """
        for shard in self._team.share_of(range(self._number)):
            self.seed(step, shard)
            for parameter in self._parameters:
                parameter.grad = None
            for buffer in self._running:
                buffer.zero_()
            loss, predicted = make(parts[shard])
            missing = self._most - len(predicted)
            notes.append(
                torch.cat([*self._running, F.pad(predicted.float(), (0, missing))])
            )
            yield torch.cat([loss.reshape(1), *map(_flat_gradient, self._parameters)])

    def _gathered(
        self, total: Tensor, notes: Sequence[Tensor]
    ) -> tuple[Tensor, Sequence[Tensor]]:
        """Returns the sum of all processes, and the notes of all shards in order."""
        everyone = self._team.gather(torch.cat([total, *notes]))
        sums = tree_sum(everyone[:, : len(total)])
        return sums, everyone[:, len(total) :].reshape(self._number, -1).unbind()

    def _move_running(self, added: Sequence[Tensor]) -> None:
        """Moves running values as the shards would, one after another."""
        for count in self._counts:
            count.add_(self._number)
        if not self._running:
            return
        moved = torch.cat([*self._running]).mul_(self._kept)
        for values, weights in zip(added, self._weights, strict=True):
            moved.add_(values * weights)
        sizes = [buffer.numel() for buffer in self._running]
        torch._foreach_copy_(self._running, torch.split(moved, sizes))

    def _take(self, flat: Tensor) -> None:
        sizes = [parameter.numel() for parameter in self._parameters]
        for parameter, values in zip(
            self._parameters, torch.split(flat, sizes), strict=True
        ):
            assert parameter.grad is not None
            parameter.grad.copy_(values.view(parameter.shape))

    def _of_running(self, values: Sequence[float]) -> Tensor:
        """Returns a number for each running value, from those of each buffer."""
        device = self._parameters[0].device
        pieces = [
            torch.full_like(buffer, value)
            for buffer, value in zip(self._running, values, strict=True)
        ]
        return torch.cat(pieces) if pieces else torch.empty(0, device=device)


def _flat_gradient(parameter: nn.Parameter) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad.flatten()
