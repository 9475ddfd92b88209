"""The health of a run's layers as lines: small multiples over the run, and verdicts."""

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean

from textual.content import Content

from cnn_tui.runs.health import HealthRow, LayerHealth
from cnn_tui.runs.verdicts import verdicts
from cnn_tui.text import count, percent, printable, significant
from cnn_tui.ui.glyphs import Glyphs

_NAME_CELLS = 17
_VALUE_CELLS = 9

Value = Callable[[LayerHealth], float | None]
_COLUMNS: tuple[tuple[str, Value, Callable[[float | None], str], bool], ...] = (
    ("zeros", lambda layer: layer.zero_share, percent, False),
    ("gradient norm", lambda layer: layer.gradient_norm, significant, True),
    ("update ÷ weight", lambda layer: layer.update_to_weight, significant, True),
)
"""Title, value, how it is written, and whether its line is logarithmic."""


def health_lines(
    rows: Sequence[HealthRow], width: int, glyphs: Glyphs
) -> Iterator[Content]:
    """Yields a line for each layer, with a small line of each value over the run."""
    cells = max(6, (width - _NAME_CELLS) // len(_COLUMNS) - _VALUE_CELLS - 2)
    titles = "".join(f"{title:<{cells + _VALUE_CELLS + 2}}" for title, *_ in _COLUMNS)
    yield Content.styled(f"{'layer':<{_NAME_CELLS}}{titles}", "$foreground 60%")
    for name in [layer.name for layer in rows[-1].layers]:
        past = [_layer(row, name) for row in rows]
        yield Content.assemble(
            f"{printable(name)[: _NAME_CELLS - 1]:<{_NAME_CELLS}}",
            *_cells(past, cells, glyphs),
            _dead(past[-1]),
        )


def verdict_lines(rows: Sequence[HealthRow]) -> Iterator[Content]:
    """Yields what is wrong with a layer and what helps, or that nothing is."""
    found = verdicts(rows)
    for verdict in found:
        yield Content.styled(f"✗ {verdict.sentence}", "$text-warning")
    if not found:
        yield Content.styled("✓ nothing is wrong with any layer", "$text-success")


def fractions(values: Sequence[float | None], parts: int) -> list[float | None]:
    """Returns values as at most so many parts of their range, each a mean; 0…1.

    What is None, or not finite, is left out; a part of such values alone is None.
    """
    finite = [v if v is not None and math.isfinite(v) else None for v in values]
    known = [value for value in finite if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    return [
        None if mean is None else (mean - low) / (high - low) if high > low else 0.5
        for mean in _means(finite, min(parts, len(finite)))
    ]


def _cells(
    past: Sequence[LayerHealth], cells: int, glyphs: Glyphs
) -> Iterator[tuple[str, str]]:
    for _, value_of, written, is_logarithmic in _COLUMNS:
        values = [value_of(layer) for layer in past]
        shown = [_logarithm(value) for value in values] if is_logarithmic else values
        yield glyphs.sparkline(fractions(shown, cells), cells), "$accent"
        last = "–" if values[-1] is None else written(values[-1])
        yield f"{last:>{_VALUE_CELLS}}  ", ""


def _dead(layer: LayerHealth) -> str:
    if not layer.dead_channels:
        return ""
    return f"{count(layer.dead_channels)} of {count(layer.channels or 0)} dead"


def _layer(row: HealthRow, name: str) -> LayerHealth:
    found = (layer for layer in row.layers if layer.name == name)
    return next(found, LayerHealth(name=name))


def _logarithm(value: float | None) -> float | None:
    return math.log10(value) if value is not None and value > 0 else None


def _means(values: Sequence[float | None], parts: int) -> Iterator[float | None]:
    for part in range(parts):
        ends = (len(values) * part // parts, len(values) * (part + 1) // parts)
        known = [value for value in values[slice(*ends)] if value is not None]
        yield fmean(known) if known else None
