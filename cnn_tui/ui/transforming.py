"""What a transformation of a net would change, in lines."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from textual.content import Content

from cnn_tui import text
from cnn_tui.layers import ModelTable
from cnn_tui.shaping.difference import Pair, paired
from cnn_tui.shaping.outline import Outline, OutlineRow
from cnn_tui.shaping.transform import Offer, last_maps

HEADINGS = f"{'':<15}{'Δ parameters':>13}{'Δ multiply-adds':>17}   maps before the head"
LEGEND = "+ new  − gone  ~ resized"
_GONE, _NEW, _RESIZED, _SAME = "−", "+", "~", " "
_STYLES = {
    _GONE: "$text-error",
    _NEW: "$text-success",
    _RESIZED: "$text-warning",
    _SAME: "$foreground 60%",
}
_MOST_KEPT = 4
"""Unchanged layers in a row that are all listed."""

Cells = tuple[str, str, str, str, str]


def menu_line(offer: Offer, before: Outline, after: Outline | None) -> Content:
    """Returns a transformation and what it would change, or why it does not apply."""
    name = f"{offer.name:<15}"
    if after is None:
        return Content.assemble(name, (text.printable(offer.why_not), "dim"))
    old, new = before.table, after.table
    parameters = _signed(new.parameters - old.parameters, text.count)
    macs = _signed(new.multiply_adds - old.multiply_adds, text.quantity)
    return Content(f"{name}{parameters:>13}{macs:>17}   {_maps(old, new)}")


def totals_line(old: ModelTable, new: ModelTable) -> str:
    """Returns the size of a net before and after."""
    parameters = _arrow(text.count(old.parameters), text.count(new.parameters))
    macs = _arrow(text.quantity(old.multiply_adds), text.quantity(new.multiply_adds))
    return f"{parameters} parameters · {macs} multiply-adds"


def difference_lines(before: Outline, after: Outline) -> list[Content]:
    """Returns the layers of both nets, each marked as gone, new, other or the same."""
    rows = list(_shortened([_cells(pair) for pair in paired(before, after)]))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        Content.styled(
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip(),
            _STYLES[row[0]],
        )
        for row in rows
    ]


def _cells(pair: Pair) -> Cells:
    old, new = pair
    shown = new or old
    assert shown is not None
    layer = "  " * (len(shown.path) - 1) + _summary(shown)
    place = ".".join(str(index + 1) for index in shown.path)
    if old is None or new is None:
        return (_GONE if new is None else _NEW, place, layer, *_sizes(shown))
    sizes = list(map(_arrow, _sizes(old), _sizes(new)))
    mark = _SAME if _sizes(old) == _sizes(new) else _RESIZED
    return (mark, place, layer, sizes[0], sizes[1])


def _summary(row: OutlineRow) -> str:
    return row.arithmetic.summary if row.arithmetic else ""


def _sizes(row: OutlineRow) -> tuple[str, str]:
    if (known := row.arithmetic) is None:
        return "", ""
    parameters = text.count(known.parameters) if known.parameters else ""
    return text.shape(known.output_shape), parameters


def _shortened(rows: Sequence[Cells]) -> Iterator[Cells]:
    """Yields rows, long runs of unchanged ones as their ends and how many are left."""
    for is_same, some in groupby(rows, key=lambda row: row[0] == _SAME):
        run = list(some)
        if is_same and len(run) > _MOST_KEPT:
            yield run[0]
            yield (_SAME, "", f"… {len(run) - 2} the same", "", "")
            yield run[-1]
        else:
            yield from run


def _maps(old: ModelTable, new: ModelTable) -> str:
    shapes = [
        text.shape(maps) if maps else "none" for maps in map(last_maps, (old, new))
    ]
    return _arrow(*shapes)


def _arrow(old: str, new: str) -> str:
    return new if old == new else f"{old} → {new}"


def _signed(change: int, write: Callable[[int], str]) -> str:
    if not change:
        return "same"
    return f"{'+' if change > 0 else '−'}{write(abs(change))}"
