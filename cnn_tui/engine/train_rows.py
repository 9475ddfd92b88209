"""What updates did, kept on the device until somebody wants to know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

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
    labels: Tensor


class TrainRows:
    """The rows since the last ``take``, at most 100,000 of a run in all."""

    def __init__(self, total_steps: int, clock: Callable[[], float]) -> None:
        """``clock`` gives the training seconds so far."""
        self._total_steps = total_steps
        self._clock = clock
        self._pending: list[_Pending] = []
        self._rows: list[TrainRow] = []

    def plan_to(self, total_steps: int) -> None:
        """Sets the number of updates in all, which decides how many rows are kept."""
        self._total_steps = total_steps

    def note(
        self, step: int, lr: float, loss: Tensor, predicted: Tensor, labels: Tensor
    ) -> None:
        """Takes what an update found.

        ``loss`` is a scalar without a graph; ``predicted`` is the class that each image
        of the batch was taken for, ``labels`` the one that it has.
        """
        if self._is_kept(step):
            self._pending.append(
                _Pending(
                    step=step,
                    seconds=self._clock(),
                    lr=lr,
                    loss=loss,
                    predicted=predicted,
                    labels=labels,
                )
            )

    def note_skipped(self, step: int, lr: float) -> None:
        """Takes note that an update was passed over."""
        self._rows += self._read_out()
        seconds = self._clock()
        self._rows.append(
            TrainRow(step=step, seconds=seconds, lr=lr, loss=None, accuracy=None)
        )

    def go_back_to(self, step: int) -> None:
        """Forgets what is still on the device of updates after ``step``."""
        self._pending = [update for update in self._pending if update.step <= step]

    def forget(self) -> None:
        """Forgets all rows that were not taken."""
        self._pending, self._rows = [], []

    def take(self) -> list[TrainRow]:
        """Returns the rows since the last call; waits for the device."""
        rows, self._rows = self._rows + self._read_out(), []
        return rows

    def _is_kept(self, step: int) -> bool:
        every = -(-self._total_steps // MAX_ROWS)
        return step % every == 0 or step in (1, self._total_steps)

    def _read_out(self) -> list[TrainRow]:
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
