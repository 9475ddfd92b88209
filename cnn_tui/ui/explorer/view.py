"""Everything that the screen of one value is drawn from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cnn_tui.layers import Layer, stages
from cnn_tui.look.messages import Explanation, LayerFacts, Rectangle, Seen, Term
from cnn_tui.runs.config import read_config

Place = tuple[int, int, int]
"""Channel, row and column; of a flat output, the feature and 0, 0."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """One value of a layer, and what is around it.

    Attributes:
        before: What the layer got: C×H×W, or flat.
        before_number: Whose output that is.
        shape: Of a flat input, how it is arranged: C×H×W before it was flattened.
        class_names: Where the outputs are the scores of classes, else none.
        visited: Which places of the channel were looked at, H×W.
        first: The place, in the order of size, of the term that is shown first.
    """

    facts: LayerFacts
    layer: Layer
    seen: Seen
    before: np.ndarray
    before_number: str
    shape: tuple[int, ...]
    class_names: tuple[str, ...]
    told: Explanation
    place: Place
    visited: np.ndarray
    first: int = 0

    @property
    def is_flat(self) -> bool:
        """Whether the value is made from all of a flat input, by weights."""
        return self.before.ndim == 1 and self.term.weights is not None

    @property
    def is_projected(self) -> bool:
        """Whether it is of a residual whose shortcut mixes all channels."""
        facts = self.facts
        return facts.type == "residual" and facts.input_shape != facts.output_shape

    @property
    def terms(self) -> list[Term]:
        """The parts of the value, the strongest first."""
        return sorted(self.told.terms, key=lambda term: -abs(term.total))

    @property
    def term(self) -> Term:
        """The part that is looked at."""
        return self.terms[self.first]

    @property
    def input_channel(self) -> int:
        """Which channel of the layer's input is looked at."""
        if self.facts.type == "flatten":
            return self.place[0] // math.prod(self.before.shape[1:])
        return min(self.term.channel, len(self.before) - 1)

    @property
    def window(self) -> Rectangle:
        """What the value is made from, of the layer's input."""
        if self.facts.type == "flatten":
            width = self.before.shape[2]
            y, x = divmod(self.place[0] % math.prod(self.before.shape[1:]), width)
            return Rectangle(top=y, left=x, height=1, width=1)
        return self.told.window or self.told.regions[self.before_number]

    @property
    def origin(self) -> Place:
        """Where the value comes from, in what the layer got: the middle of a window.

        Of all features, the one with the largest weight × value.
        """
        if self.before.ndim == 1:
            weights = self.term.weights
            if weights is None:
                return self.place
            return int(np.abs(self.term.values * weights).argmax()), 0, 0
        _, height, width = self.before.shape
        y = self.window.top + self.window.height // 2
        x = self.window.left + self.window.width // 2
        return (
            self.input_channel,
            min(max(y, 0), height - 1),
            min(max(x, 0), width - 1),
        )


def layer_of(run: Path, number: str) -> Layer:
    """Returns a layer of a run, by its number; raises InputError if none can be."""
    config = read_config(run)
    facts = config.dataset.facts
    every = stages(config.model.layers, facts.input_shape, facts.classes)
    return next(stage.layer for stage in every if stage.number == number)


def shape_before(layers: Sequence[LayerFacts], number: str) -> tuple[int, ...]:
    """Returns the shape that a layer's input had before it was flattened."""
    index = [layer.number for layer in layers].index(number)
    shape = layers[index].input_shape
    for layer in reversed(layers[:index]):
        if layer.type == "flatten":
            return layer.input_shape
        if layer.input_shape != shape:
            break
    return shape
