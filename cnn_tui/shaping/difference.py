"""Which layers of a net are not those of another."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from cnn_tui.shaping.edit import Item, Items, Path, nested_in, walk
from cnn_tui.shaping.outline import Outline, OutlineRow

Pair = tuple[OutlineRow | None, OutlineRow | None]
"""A layer before and now; None where it is not there."""


def changed_paths(before: Items, now: Items) -> frozenset[Path]:
    """Returns the layers of ``now`` that are new, or not as they were.

    A residual that holds other layers than before is not changed itself.
    """
    paths = [path for path, _ in walk(now)]
    blocks = _matcher(before, now).get_matching_blocks()
    kept = {i for block in blocks for i in range(block.b, block.b + block.size)}
    return frozenset(path for i, path in enumerate(paths) if i not in kept)


def paired(before: Outline, now: Outline) -> Iterator[Pair]:
    """Yields the rows of two nets side by side, those that are gone before new ones."""
    nets = [[r.item for r in o.rows if len(r.path) == 1] for o in (before, now)]
    for kind, a, b, c, d in _matcher(*nets).get_opcodes():
        old, new = before.rows[a:b], now.rows[c:d]
        if kind == "equal":
            yield from zip(old, new, strict=True)
        else:
            yield from ((row, None) for row in old)
            yield from ((None, row) for row in new)


def first_change(before: Items, now: Items) -> int:
    """Returns the row, from 0, at which two nets begin to differ."""
    old, new = _lines(before), _lines(now)
    same = (a == b for a, b in zip(old, new, strict=False))
    return next(
        (i for i, is_same in enumerate(same) if not is_same), min(len(old), len(new))
    )


def _matcher(before: Items, now: Items) -> SequenceMatcher[str]:
    return SequenceMatcher(None, _lines(before), _lines(now), autojunk=False)


def _lines(items: Items) -> list[str]:
    return [_line(path, item) for path, item in walk(items)]


def _line(path: Path, item: Item) -> str:
    return f"{len(path)} {'residual' if nested_in(item) is not None else item!r}"
