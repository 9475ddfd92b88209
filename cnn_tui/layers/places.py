"""What arrives at a layer: a shape, and how much of the image its values see."""

import math
from dataclasses import dataclass
from fractions import Fraction

from cnn_tui.layers.axes import Scan
from cnn_tui.layers.effects import STILL, Effect
from cnn_tui.layers.shapes import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """How many pixels of one dimension a value sees, and its neighbour's distance.

    r += (K − 1)·j, j *= S per layer (Araujo, Norris, Sim 2019, "Computing Receptive
    Fields of Convolutional Neural Networks", distill.pub), with K the dilated kernel.
    """

    limit: int
    size: Fraction | int = 1
    step: Fraction | int = 1

    def through(self, scan: Scan) -> "Sight":
        """Returns what is seen after windows that move like this."""
        size = self.size + scan.extra * self.step
        return Sight(limit=self.limit, size=size, step=self.step * scan.step)

    def joined(self, other: "Sight") -> "Sight":
        """Returns what the sum of two values sees."""
        size, step = max(self.size, other.size), max(self.step, other.step)
        return Sight(limit=self.limit, size=size, step=step)

    @property
    def whole(self) -> "Sight":
        """All of the image."""
        return Sight(limit=self.limit, size=self.limit, step=self.step)

    @property
    def pixels(self) -> int:
        """The pixels seen, no more than there are."""
        return min(math.ceil(self.size), self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What arrives at a layer: a shape, and what its values see in height and width."""

    shape: Shape
    height: Sight
    width: Sight

    def after(self, change: Effect) -> "Place":
        """Returns what leaves a layer."""
        shape = change.output_shape
        if change.scans is None:
            return Place(shape=shape, height=self.height.whole, width=self.width.whole)
        if change.scans is STILL:
            return Place(shape=shape, height=self.height, width=self.width)
        height, width = change.scans
        return Place(
            shape=shape,
            height=self.height.through(height),
            width=self.width.through(width),
        )

    def joined(self, other: "Place") -> "Place":
        """Returns the sum of this and another of the same shape."""
        return Place(
            shape=self.shape,
            height=self.height.joined(other.height),
            width=self.width.joined(other.width),
        )
