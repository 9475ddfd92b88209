"""What keys do to the layers of a draft: a draft and a place in, both out."""

from collections.abc import Callable

from cnn_tui.shaping.difference import first_change
from cnn_tui.shaping.edit import (
    Path,
    after,
    delete,
    duplicate,
    insert,
    item_at,
    move,
    name_of,
    replace,
    walk,
)
from cnn_tui.shaping.kinds import new_item
from cnn_tui.shaping.outline import Outline, OutlineRow
from cnn_tui.shaping.typed import read_line
from cnn_tui.ui.draft import Draft

Step = tuple[Draft, Path | None]
"""The draft after an edit, and the layer to look at then."""


def _deleted(draft: Draft, path: Path) -> Step:
    return draft.with_layers(delete(draft.layers, path)), path


def _duplicated(draft: Draft, path: Path) -> Step:
    return draft.with_layers(duplicate(draft.layers, path)), after(path)


def _moved(draft: Draft, path: Path, step: int) -> Step:
    items, there = move(draft.layers, path, step)
    return draft.with_layers(items), there


AT_A_LAYER: dict[str, Callable[[Draft, Path], Step]] = {
    "delete": _deleted,
    "duplicate": _duplicated,
    "up": lambda draft, path: _moved(draft, path, -1),
    "down": lambda draft, path: _moved(draft, path, 1),
}


def looked_at(before: Draft, draft: Draft) -> Step:
    """Returns a draft that came about otherwise, with the first layer that differs."""
    paths = [path for path, _ in walk(draft.layers)]
    index = min(first_change(before.layers, draft.layers), len(paths) - 1)
    return draft, paths[index] if paths else None


def place_for_new(row: OutlineRow | None, *, is_folded: bool) -> Path:
    """Returns where a new layer goes: below a row, None being that of the input."""
    if row is None:
        return (0,)
    if row.is_residual and not is_folded:
        return (*row.path, 0)
    return after(row.path)


def with_new(draft: Draft, name: str, path: Path, outline: Outline) -> Draft:
    """Returns a draft with one more layer, made for what arrives there."""
    shape = outline.table.input_shape
    for row in outline.rows:
        if row.path < path and row.arithmetic is not None:
            nested = path[: len(row.path)] == row.path
            shape = (
                row.arithmetic.input_shape if nested else row.arithmetic.output_shape
            )
    return draft.with_layers(insert(draft.layers, path, new_item(name, shape)))


def with_line(before: Draft, draft: Draft, path: Path, text: str) -> Draft:
    """Returns ``before`` with the net of ``draft``, other parameters in one layer."""
    name = name_of(item_at(draft.layers, path))
    return before.with_layers(replace(draft.layers, path, read_line(name, text)))
