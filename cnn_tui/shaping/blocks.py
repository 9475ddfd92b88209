"""What transformations ask of the rows of a net, and how they put layers into it."""

from collections.abc import Sequence
from functools import reduce

from cnn_tui.layers import BatchNorm2d, Conv2d, Linear, Shape
from cnn_tui.shaping.edit import Item, Items, Path, insert, name_of, replace
from cnn_tui.shaping.outline import OutlineRow

Rows = Sequence[OutlineRow]
"""All layers of a net that an image gets through, in order."""

CONV, NORM, LINEAR = Conv2d.type, BatchNorm2d.type, Linear.type
ACTIVATIONS = ("relu", "leaky_relu", "gelu", "silu", "tanh", "sigmoid")
_ENDS_OF_A_BLOCK = (CONV, LINEAR, "residual", "flatten")


def layers_of(rows: Rows, name: str) -> list[OutlineRow]:
    """Returns the layers of a type."""
    return [row for row in rows if name_of(row.item) == name]


def shape_after(row: OutlineRow) -> Shape:
    """Returns the shape that leaves a layer."""
    assert row.arithmetic is not None
    return row.arithmetic.output_shape


def activation_of(rows: Rows) -> Item:
    """Returns the activation that a net uses."""
    return next((row.item for row in rows if name_of(row.item) in ACTIVATIONS), "relu")


def block_after(rows: Rows, conv: OutlineRow) -> Items:
    """Returns the normalization and activation that follow a convolution."""
    found: dict[bool, Item] = {}
    for row in rows[rows.index(conv) + 1 :]:
        name = name_of(row.item)
        if name in _ENDS_OF_A_BLOCK or row.path[:-1] != conv.path[:-1]:
            break
        if name in (NORM, *ACTIVATIONS):
            found.setdefault(name == NORM, row.item)
    norm = [found[True]] if True in found else []
    return [*norm, found.get(False, activation_of(rows))]


def put(items: Items, path: Path, added: Items) -> Items:
    """Returns the net with some layers in the place of one."""
    *before, last = added
    changed = replace(items, path, last)
    return reduce(lambda net, item: insert(net, path, item), reversed(before), changed)


def short(pair: list[int]) -> int | list[int]:
    """Returns an equal pair as the one number that stands for both."""
    return pair[0] if pair[0] == pair[1] else pair
