"""From the points of a learning-rate range test to what its screen shows."""

from collections.abc import Iterator, Sequence

import numpy as np
from textual.content import Content

from cnn_tui.preflight.messages import RatePoint, RatesTried
from cnn_tui.preflight.rates import Suggestion, other_rules, shown
from cnn_tui.ui.charts import ChartData, Curve, Mark


def rate_chart(
    tried: RatesTried | None, points: Sequence[RatePoint], found: Suggestion | None
) -> ChartData:
    """Returns the loss over log₁₀ of the rate; the suggestion is marked."""
    limits = None
    if tried is not None:
        limits = float(np.log10(tried.low)), float(np.log10(tried.high))
    places, raw, average = shown(points)
    return ChartData(
        curves=(
            Curve("batch", places, raw, style="raw"),
            Curve("average", places, average),
        ),
        marks=tuple(_marks(found)),
        mark_names={"▲": "suggested", "✗": "bursts"},
        x_label="lr",
        x_kind="power",
        x_limits=limits,
        placeholder="no loss yet",
    )


def _marks(found: Suggestion | None) -> Iterator[Mark]:
    if found is not None and found.bursts_from is not None:
        at = float(np.log10(found.bursts_from))
        yield Mark(x=at, glyph="✗", text="bursts", role="error")
    if found is not None and found.rate is not None:
        at, text = float(np.log10(found.rate)), f"{found.rate:g}"
        yield Mark(x=at, glyph="▲", text=text, role="note", labelled=True)


def verdict_lines(tried: RatesTried, found: Suggestion) -> list[Content]:
    """Returns the suggestion, its reason, and what other rules say."""
    now = f"now {tried.lr:g}"
    if found.rate is None:
        head = Content.styled("no suggestion", "bold $text-warning")
        return [head + Content(f" · {now}"), Content(found.reason)]
    head = Content.styled(f"lr {found.rate:g}", "bold $accent")
    return [
        head + Content(f" · {now}"),
        Content(found.reason),
        Content.styled(other_rules(found), "$foreground 60%"),
    ]
