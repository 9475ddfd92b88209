"""Which layers of a net are not those of another."""

from difflib import SequenceMatcher

from cnn_tui.shaping.edit import Item, Items, Path, nested_in, walk


def changed_paths(before: Items, now: Items) -> frozenset[Path]:
    """Returns the layers of ``now`` that are new, or not as they were.

    A residual that holds other layers than before is not changed itself.
    """
    old, new = _lines(before), _lines(now)
    paths = [path for path, _ in walk(now)]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    kept = {i for block in blocks for i in range(block.b, block.b + block.size)}
    return frozenset(path for i, path in enumerate(paths) if i not in kept)


def first_change(before: Items, now: Items) -> int:
    """Returns the row, from 0, at which two nets begin to differ."""
    old, new = _lines(before), _lines(now)
    same = (a == b for a, b in zip(old, new, strict=False))
    return next(
        (i for i, is_same in enumerate(same) if not is_same), min(len(old), len(new))
    )


def _lines(items: Items) -> list[str]:
    return [_line(path, item) for path, item in walk(items)]


def _line(path: Path, item: Item) -> str:
    return f"{len(path)} {'residual' if nested_in(item) is not None else item!r}"
