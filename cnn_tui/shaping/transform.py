"""Ways to expand and vary a net: each gives another net, or says why it does not."""

from collections.abc import Callable
from dataclasses import dataclass

from cnn_tui.errors import ModelError
from cnn_tui.layers import AdaptiveAvgPool2d, ModelTable, Shape
from cnn_tui.shaping.blocks import Rows
from cnn_tui.shaping.edit import Items
from cnn_tui.shaping.expansions import deeper, gentler, wider_head
from cnn_tui.shaping.outline import outline
from cnn_tui.shaping.variations import normalized, other_padding, other_pooling


@dataclass(frozen=True, slots=True, kw_only=True)
class Transformation:
    """A change of a whole net."""

    name: str
    words: str
    change: Callable[[Items, Rows], Items]
    """Raises a ModelError with the reason where there is nothing to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a transformation would make of a net."""

    name: str
    words: str
    items: Items | None
    """None where it does not apply."""
    why_not: str = ""


def offers(items: Items, input_shape: Shape, classes: int) -> list[Offer]:
    """Returns what each transformation would make of a net.

    Args:
        items: The net, possible or not; each net that is offered is.
        input_shape: (channels, height, width) of one image.
        classes: How many outputs the net must end in.
    """
    seen = outline(items, input_shape, classes)

    def made(how: Transformation) -> Items:
        if seen.fault:
            raise ModelError(f"the net must fit together first: {seen.fault}")
        changed = how.change(items, seen.rows)
        if fault := outline(changed, input_shape, classes).fault:
            raise ModelError(f"it would not fit: {fault}")
        return changed

    return [_offer(how, made) for how in TRANSFORMATIONS]


def last_maps(table: ModelTable) -> Shape | None:
    """Returns the last feature maps before the head, None where there are none.

    An adaptive pooling, which makes any maps the same size, is part of the head.
    """
    shapes = [
        row.output_shape
        for row in table.rows
        if row.depth == 0 and row.type != AdaptiveAvgPool2d.type
        if len(row.output_shape) == 3
    ]
    return shapes[-1] if shapes else None


def _offer(how: Transformation, made: Callable[[Transformation], Items]) -> Offer:
    try:
        return Offer(name=how.name, words=how.words, items=made(how))
    except ModelError as reason:
        return Offer(name=how.name, words=how.words, items=None, why_not=str(reason))


TRANSFORMATIONS = (
    Transformation(
        name="deeper",
        words="3×3 convolutions in place of larger ones, or one more",
        change=deeper,
    ),
    Transformation(
        name="gentler",
        words="half the largest step of a pooling or stride: larger maps",
        change=gentler,
    ),
    Transformation(
        name="wider head",
        words="a hidden layer before the readout, or twice as wide a one",
        change=wider_head,
    ),
    Transformation(
        name="max ↔ average",
        words="the other pooling: the largest value, or the mean",
        change=other_pooling,
    ),
    Transformation(
        name="same ↔ valid",
        words="convolutions with padding that keeps sizes, or with none",
        change=other_padding,
    ),
    Transformation(
        name="batch norm",
        words="batch normalization behind each convolution",
        change=normalized,
    ),
)
"""The three of the lesson first."""
