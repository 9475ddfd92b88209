"""A confusion matrix, and what it says of each class."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Confusion:
    """How many pictures of each class, by rows, were taken for which, by columns."""

    step: int
    counts: "np.ndarray"
    class_names: tuple[str, ...]

    @cached_property
    def shares(self) -> "np.ndarray":
        """Of the pictures of the true class; 0 where there are none."""
        return np.asarray(self.counts / np.maximum(self.counts.sum(1)[:, None], 1))

    @cached_property
    def recall(self) -> "np.ndarray":
        """Of the pictures of a class, those that were found; NaN without any."""
        return _ratio(self.counts.diagonal(), self.counts.sum(1))

    @cached_property
    def precision(self) -> "np.ndarray":
        """Of those taken for a class, those that are of it; NaN without any."""
        return _ratio(self.counts.diagonal(), self.counts.sum(0))

    @property
    def accuracy(self) -> float:
        """Of all; NaN without any."""
        return float(_ratio(self.counts.trace(), self.counts.sum()))

    @property
    def worst(self) -> tuple[int, int]:
        """Row and column of the cell with the most mistakes."""
        mistakes = self.counts * (1 - np.eye(len(self.counts), dtype=np.int64))
        row, column = divmod(int(mistakes.argmax()), len(mistakes))
        return row, column

    @cached_property
    def strengths(self) -> "np.ndarray":
        """The colours, 0 to 1: shares, those of mistakes by the worst of them."""
        shares = self.shares
        mistakes = shares * (1 - np.eye(len(shares)))
        worst = mistakes.max() or 1.0
        return np.where(np.eye(len(shares)) > 0, shares, mistakes / worst)


def _ratio(part: "np.ndarray", whole: "np.ndarray") -> "np.ndarray":
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
