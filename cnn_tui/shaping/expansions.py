"""Three ways to expand a net: deeper, with gentler downsampling, with a wider head."""

import math

from cnn_tui.errors import ModelError
from cnn_tui.layers import AvgPool2d, Conv2d, MaxPool2d
from cnn_tui.shaping.blocks import (
    CONV,
    LINEAR,
    Rows,
    activation_of,
    block_after,
    layers_of,
    put,
    shape_after,
    short,
)
from cnn_tui.shaping.edit import (
    Item,
    Items,
    delete,
    make_item,
    name_of,
    parameters_of,
    replace,
)
from cnn_tui.shaping.outline import OutlineRow, read

_SMALL_KERNEL = 3
_HIDDEN_FEATURES = 128


def deeper(items: Items, rows: Rows) -> Items:
    """Two 3×3 convolutions see what a 5×5 one does, with an activation more."""
    convs = layers_of(rows, CONV)
    split = [(row, parts) for row in convs if (parts := _small_kernels(row.item))]
    if not split:
        split = [(row, [row.item, _neighbour(row.item)]) for row in _large(convs)[-1:]]
    if not split:
        raise ModelError("no convolution gives feature maps of 3×3 or more")
    for row, (first, *more) in reversed(split):
        between = block_after(rows, row)
        added = [first, *(item for conv in more for item in (*between, conv))]
        items = put(items, row.path, added)
    return items


def _small_kernels(item: Item) -> list[Item]:
    """Returns 3×3 convolutions that give maps of the size that a larger one does.

    There are none for one that is small, not square, or skips places.
    """
    conv = read(item)
    if not isinstance(conv, Conv2d) or (conv.stride, conv.dilation) != ((1, 1), (1, 1)):
        return []
    size = conv.kernel_size[0]
    count, rest = divmod(size - 1, 2)
    if conv.kernel_size != (size, size) or rest or count < 2:
        return []
    small = {"kernel_size": _SMALL_KERNEL}
    if isinstance(conv.padding, tuple) and conv.padding != (0, 0):
        if conv.padding[0] != conv.padding[1] or conv.padding[0] % count:
            return []
        small["padding"] = conv.padding[0] // count
    return [make_item(CONV, {**parameters_of(item), **small})] * count


def _large(convs: Rows) -> list[OutlineRow]:
    return [row for row in convs if min(shape_after(row)[1:]) >= _SMALL_KERNEL]


def _neighbour(item: Item) -> Item:
    """Returns a 3×3 convolution with the channels of another, and of its kind."""
    given = dict(parameters_of(item))
    for key in ("stride", "dilation"):
        given.pop(key, None)
    small = {"kernel_size": _SMALL_KERNEL, "padding": "same"}
    return make_item(CONV, {**given, **small})


def gentler(items: Items, rows: Rows) -> Items:
    """Halves the largest step, the last one of these; a step of one is none."""
    steps = [row for row in rows if max(_step(row.item)) > 1]
    if not steps:
        raise ModelError("no pooling and no stride makes the feature maps smaller")
    row = max(reversed(steps), key=_reduction)
    smaller = _with_half_step(row.item)
    if smaller is None:
        return delete(items, row.path)
    return replace(items, row.path, smaller)


def _step(item: Item) -> tuple[int, int]:
    """Returns the stride of a layer in height and width."""
    match read(item):
        case Conv2d() as conv:
            return conv.stride
        case MaxPool2d() | AvgPool2d() as pool:
            return pool.stride or pool.kernel_size
    return (1, 1)


def _reduction(row: OutlineRow) -> float:
    """Returns how many times fewer places a layer's output has than its input."""
    assert row.arithmetic is not None
    before, after = row.arithmetic.input_shape, row.arithmetic.output_shape
    return math.prod(before[1:]) / math.prod(after[1:])


def _with_half_step(item: Item) -> Item | None:
    """Returns a layer with half the stride, None for a pooling without a step."""
    stride = [max(1, step // 2) for step in _step(item)]
    given = dict(parameters_of(item))
    given.pop("stride", None)
    if name_of(item) == CONV:
        own = {} if stride == [1, 1] else {"stride": short(stride)}
        return make_item(CONV, {**given, **own})
    if stride == [1, 1]:
        return None
    for key in ("padding", "dilation"):
        given.pop(key, None)
    return make_item(name_of(item), {**given, "kernel_size": short(stride)})


def wider_head(items: Items, rows: Rows) -> Items:
    """Puts a hidden layer before the readout, or doubles the last one there is."""
    last = rows[-1]
    if name_of(last.item) != LINEAR:
        raise ModelError(f"the net ends in {name_of(last.item)}, not in linear")
    hidden = [row for row in layers_of(rows, LINEAR) if len(row.path) == 1][:-1]
    if not hidden:
        added = [make_item(LINEAR, {"out_features": _HIDDEN_FEATURES})]
        return put(items, last.path, [*added, activation_of(rows), last.item])
    features = 2 * shape_after(hidden[-1])[0]
    given = {**parameters_of(hidden[-1].item), "out_features": features}
    return replace(items, hidden[-1].path, make_item(LINEAR, given))
