"""A net as a list of items, each at a path of indices; edits give another list.

Nothing is changed in place: lists are copied, and items that an edit does not touch are
the same objects before and after it.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from cnn_tui.layers import Residual

Item = Any
"""A layer's YAML form, valid or not: ``relu``, ``{conv2d: {out_channels: 16}}``."""
Items = list[Any]
Path = tuple[int, ...]
"""Indices from 0: (6,) is layer 7, (6, 1) the second one nested in it."""


def is_net(value: object) -> bool:
    """Tells whether a value is a list of items, however wrong their parameters."""
    if not isinstance(value, list):
        return False
    items = [item for item in value if not isinstance(item, str)]
    return all(
        isinstance(item, dict)
        and len(item) == 1
        and isinstance(name_of(item), str)
        and (Residual.type not in item or is_net(item[Residual.type]))
        for item in items
    )


def name_of(item: Item) -> str:
    """Returns the type of a layer: "conv2d"."""
    name: str = next(iter(item)) if isinstance(item, dict) else item
    return name


def parameters_of(item: Item) -> Mapping[str, Any]:
    """Returns the parameters that are given; none for a residual."""
    given = item[name_of(item)] if isinstance(item, dict) else None
    return given if isinstance(given, dict) else {}


def nested_in(item: Item) -> Items | None:
    """Returns the layers of a residual, None for any other layer."""
    if not isinstance(item, dict) or Residual.type not in item:
        return None
    layers: Items = item[Residual.type]
    return layers


def make_item(name: str, parameters: Mapping[str, Any]) -> Item:
    """Returns the shortest item with a name and parameters."""
    return {name: dict(parameters)} if parameters else name


def number(path: Path) -> str:
    """Returns the number that a layer is shown with: "7.2"."""
    return ".".join(str(index + 1) for index in path)


def walk(items: Items, parent: Path = ()) -> Iterator[tuple[Path, Item]]:
    """Yields every layer with its path, a residual before those nested in it."""
    for index, item in enumerate(items):
        path = (*parent, index)
        yield path, item
        yield from walk(nested_in(item) or [], path)


def item_at(items: Items, path: Path) -> Item:
    """Returns the layer at a path."""
    index, *rest = path
    return item_at(nested_in(items[index]) or [], tuple(rest)) if rest else items[index]


def insert(items: Items, path: Path, item: Item) -> Items:
    """Returns the net with one more layer, which then is at ``path``."""
    return _spliced(items, path, 0, [item])


def replace(items: Items, path: Path, item: Item) -> Items:
    """Returns the net with another layer at ``path``."""
    return _spliced(items, path, 1, [item])


def delete(items: Items, path: Path) -> Items:
    """Returns the net without a layer; a residual goes with the last one in it."""
    return _spliced(items, path, 1, [])


def duplicate(items: Items, path: Path) -> Items:
    """Returns the net with a layer twice, the second right after the first."""
    return insert(items, after(path), deepcopy(item_at(items, path)))


def after(path: Path) -> Path:
    """Returns the place right after a layer, in the same list."""
    return (*path[:-1], path[-1] + 1)


def move(items: Items, path: Path, step: int) -> tuple[Items, Path]:
    """Returns the net with a layer one place further down (1) or up (-1), and where.

    It goes into a residual that it meets, unless it is one, and out at its ends.
    """
    target = _place_beside(items, path, step)
    if target is None:
        return items, path
    return insert(delete(items, path), target, item_at(items, path)), target


def _place_beside(items: Items, path: Path, step: int) -> Path | None:
    """Returns where a layer moves to, in the net without it; None at the net's ends."""
    *parent, index = path
    siblings = nested_in(item_at(items, tuple(parent))) if parent else items
    beside = index + step
    if siblings and 0 <= beside < len(siblings):
        entered = nested_in(siblings[beside])
        if entered is None or nested_in(siblings[index]) is not None:
            return (*parent, beside)
        return (*parent, min(index, beside), 0 if step > 0 else len(entered))
    if not parent:
        return None
    is_left_behind = siblings is not None and len(siblings) > 1
    return after(tuple(parent)) if step > 0 and is_left_behind else tuple(parent)


def _spliced(items: Items, path: Path, removed: int, added: Items) -> Items:
    index, *rest = path
    if not rest:
        return [*items[:index], *added, *items[index + removed :]]
    inner = _spliced(nested_in(items[index]) or [], tuple(rest), removed, added)
    return [
        *items[:index],
        *[{Residual.type: inner}] * bool(inner),
        *items[index + 1 :],
    ]
