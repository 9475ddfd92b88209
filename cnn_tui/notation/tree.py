"""A net as a tree of its layers, the branches of residuals drawn as such."""

from collections.abc import Iterator, Sequence

from cnn_tui import text
from cnn_tui.config import RunConfig, layer_table
from cnn_tui.layers import LayerRow


def tree_lines(config: RunConfig) -> Iterator[str]:
    """Yields a line for each layer, with its shape and parameters, and the totals.

    Raises:
        ModelError: No image fits through the net.
    """
    table = layer_table(config)
    if config.title:
        yield text.printable(config.title)
    yield f"input {text.shape(table.input_shape)}"
    yield from _branch(table.rows, "")
    macs = text.quantity(table.multiply_adds)
    yield f"{text.count(table.parameters)} parameters, {macs} multiply-adds per image"


def _branch(rows: Sequence[LayerRow], before: str) -> Iterator[str]:
    """Yields the lines of one list of layers, of which the rows are all and nested."""
    depth = rows[0].depth
    places = [i for i, row in enumerate(rows) if row.depth == depth]
    for place, end in zip(places, [*places[1:], len(rows)], strict=True):
        is_last = end == len(rows)
        yield f"{before}{'└' if is_last else '├'}─ {_words(rows[place])}"
        if place + 1 < end:
            yield from _branch(
                rows[place + 1 : end], f"{before}{' ' if is_last else '│'}  "
            )


def _words(row: LayerRow) -> str:
    shape = text.shape(row.output_shape)
    arrow = "" if row.output_shape == row.input_shape else f" → {shape}"
    formula = f": {row.formula}" if row.type == "residual" else ""
    size = f" · {text.count(row.parameters)} parameters" * bool(row.parameters)
    return f"{row.number} {row.summary}{formula}{arrow}{size}"
