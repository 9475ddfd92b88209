"""What would make an impossible net possible at the layer where it stops to be."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

from cnn_tui.errors import ModelError
from cnn_tui.layers import (
    MAX_LAYERS,
    AvgPool2d,
    Conv2d,
    Layer,
    Linear,
    MaxPool2d,
    Shape,
    Unreadable,
    output_shape,
)
from cnn_tui.shaping.edit import (
    Item,
    Items,
    Path,
    delete,
    insert,
    make_item,
    name_of,
    nested_in,
    parameters_of,
    replace,
    walk,
)
from cnn_tui.shaping.kinds import new_item, parameter_names
from cnn_tui.shaping.outline import Outline, read
from cnn_tui.shaping.typed import write

Change = tuple[str, Item]
_CLASSES = {"linear": {"out_features": "classes"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """An edit that takes a problem away, perhaps not the only one."""

    words: str
    """What it does: "padding same", or "drop the pooling"."""
    items: Items


def remedy(items: Items, seen: Outline, classes: int) -> Remedy | None:
    """Returns a remedy for the problem that an outline of the net names, if any is."""
    fault, problem = seen.fault, seen.problem
    if fault is None or len(seen.rows) > MAX_LAYERS:
        return None
    if problem is None or not fault.number:
        return _other_end(items, fault.input_shape)
    if problem.arithmetic is not None:  # a layer that fits, in a net that is too large
        return None
    for words, item in _changes(problem.item, fault.input_shape):
        if _fits(read(item), fault.input_shape, classes):
            return Remedy(words=words, items=replace(items, problem.path, item))
    return _without(items, problem.path, problem.item, fault.input_shape)


def _fits(layer: Layer | Unreadable, shape: Shape, classes: int) -> bool:
    try:
        return not isinstance(layer, Unreadable) and bool(
            output_shape(layer, shape, classes)
        )
    except ModelError:
        return False


def _other_end(items: Items, shape: Shape) -> Remedy:
    """Returns the net with an end that has an output for each class."""
    if len(shape) > 1:
        ended = [*items, "flatten", _CLASSES]
        return Remedy(words="end with flatten and linear", items=ended)
    if items and name_of(items[-1]) == Linear.type:
        given = {**parameters_of(items[-1]), "out_features": "classes"}
        ended = [*items[:-1], make_item(Linear.type, given)]
        return Remedy(words="out_features classes", items=ended)
    return Remedy(words="end with linear", items=[*items, _CLASSES])


def _without(items: Items, path: Path, item: Item, shape: Shape) -> Remedy:
    """Returns the net with flatten before a linear layer, or without the layer."""
    if name_of(item) == Linear.type and len(shape) > 1:
        return Remedy(words="flatten before it", items=insert(items, path, "flatten"))
    rest = delete(items, path)
    if layers := nested_in(item):
        opened = reduce(lambda net, one: insert(net, path, one), layers[::-1], rest)
        return Remedy(words="its layers without the sum", items=opened)
    name = "the pooling" if "pool" in name_of(item) else name_of(item)
    return Remedy(words=f"drop {name}", items=rest)


def _changes(item: Item, shape: Shape) -> Iterator[Change]:
    """Yields other parameters for a layer, what changes it the least first."""
    layer = read(item)
    match layer:
        case Unreadable():
            yield _readable(item, shape)
        case Conv2d() if len(shape) == 3:
            half = [size // 2 for size in layer.kernel_size]
            yield _changed(item, padding="same")
            yield _changed(item, padding=_short(half))
            yield _changed(item, kernel_size=_odd(min(shape[1:])))
            yield _changed(item, groups=1)
            yield _changed(item, padding_mode="zeros")
        case MaxPool2d() | AvgPool2d() if len(shape) == 3:
            half = [size // 2 for size in layer.kernel_size]
            if any(p > most for p, most in zip(layer.padding, half, strict=True)):
                yield _changed(item, padding=_short(half))
            elif min(shape[1:]) > 1:
                yield _changed(item, kernel_size=min(shape[1:]))
        case _ if nested_in(item):
            yield "padding same in it", _padded(item)


def _changed(item: Item, **parameters: Any) -> Change:
    changed = make_item(name_of(item), {**parameters_of(item), **parameters})
    return write(make_item(name_of(item), parameters)), changed


def _readable(item: Item, shape: Shape) -> Change:
    """Returns the layer with the usual value in place of each that is none."""
    name = name_of(item)
    usual = parameters_of(new_item(name, shape)) if parameter_names(name) else {}
    right = {
        key: value
        for key, value in parameters_of(item).items()
        if key in parameter_names(name)
        if not isinstance(read(make_item(name, {**usual, key: value})), Unreadable)
    }
    new = {key: value for key, value in usual.items() if key not in right}
    gone = [key for key in parameters_of(item) if key not in {**new, **right}]
    words = [write(make_item(name, new)), *(f"without {key}" for key in gone)]
    return " ".join(filter(None, words)), make_item(name, {**new, **right})


def _padded(item: Item) -> Item:
    """Returns a residual whose convolutions keep the size."""
    for path, nested in walk([item]):
        if name_of(nested) == Conv2d.type:
            [item] = replace([item], path, _changed(nested, padding="same")[1])
    return item


def _odd(size: int) -> int:
    return max(1, size - 1 + size % 2)


def _short(pair: list[int]) -> int | list[int]:
    return pair[0] if pair[0] == pair[1] else pair
