"""What samples of the layers say, and what to do about it: pure functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from cnn_tui.runs.health import HealthRow, LayerHealth
from cnn_tui.text import printable, significant

DEAD_SHARE = 0.4
"""Of the channels of a layer. CS231n, Neural Networks 1, on ReLU: as much as 40 % of a
network can be dead if the learning rate is set too high."""
USUAL_UPDATE = 1e-3
"""Of the weight. CS231n, Neural Networks 3, by Karpathy: this ratio should be somewhere
around 1e-3."""
FAR = 100
"""How many times more or less than usual is far from it. Of our own choice: AdamW has
0.02 at the peak of the preset `fast`, which learns well."""
EXPLODED = 10
"""How many times the usual norm of a gradient. Pascanu, Mikolov and Bengio 2013: it
works to clip at half to ten times the average norm."""
LEAST_EXPLODED = 10.0
"""A norm below this is not large, whatever it was before: it is often clipped at 1."""
VANISHED = 1e-4
"""Of the largest gradient of any layer. That they shrink from layer to layer: Glorot
and Bengio 2010. How much is too much is of our own choice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthVerdict:
    """Something about a layer that asks for a change."""

    kind: str
    """dead_channels, exploding_gradient, vanishing_gradient, large_updates,
    small_updates or not_finite."""
    layer: str
    since_step: int
    """The first sample from which on it was so without a break."""
    sentence: str
    """One line, safe to be shown."""


_Check = Callable[[Sequence[LayerHealth], HealthRow], str | None]
"""Takes a layer in some samples, the last of which is given as a whole; returns what is
wrong there and what to do, with "{since}" where the step belongs."""


def verdicts(rows: Sequence[HealthRow]) -> list[HealthVerdict]:
    """Returns what is wrong in the last of the samples, layer by layer."""
    if not rows:
        return []
    found = (
        _verdict(rows, past, kind, check)
        for past in _pasts(rows)
        for kind, check in _CHECKS.items()
    )
    return [verdict for verdict in found if verdict is not None]


def _pasts(rows: Sequence[HealthRow]) -> list[list[LayerHealth]]:
    """Returns each layer of the last sample in all samples; absent: no values."""
    by_name = [{layer.name: layer for layer in row.layers} for row in rows]
    return [
        [layers.get(name, LayerHealth(name=name)) for layers in by_name]
        for name in by_name[-1]
    ]


def _verdict(
    rows: Sequence[HealthRow], past: list[LayerHealth], kind: str, check: _Check
) -> HealthVerdict | None:
    sentence = check(past, rows[-1])
    if sentence is None:
        return None
    first = len(rows) - 1
    while first and check(past[:first], rows[first - 1]) is not None:
        first -= 1
    since = rows[first].step
    words = sentence.replace("{since}", f"since step {since:,}")
    return HealthVerdict(
        kind=kind,
        layer=past[-1].name,
        since_step=since,
        sentence=f"{printable(past[-1].name)}: {words}",
    )


def _not_finite(past: Sequence[LayerHealth], row: HealthRow) -> str | None:
    if past[-1].channels is None or past[-1].activation_mean is not None:
        return None
    return "its values are not finite {since}: go back, with a lower learning rate"


def _dead_channels(past: Sequence[LayerHealth], row: HealthRow) -> str | None:
    layer = past[-1]
    if not layer.channels or layer.dead_channels is None:
        return None
    share = layer.dead_channels / layer.channels
    if share < DEAD_SHARE:
        return None
    return (
        f"{share:.0%} of its channels are dead {{since}}: lower the learning rate, or "
        "use leaky_relu"
    ).replace("%", " %", 1)


def _exploding_gradient(past: Sequence[LayerHealth], row: HealthRow) -> str | None:
    before = [it.gradient_norm for it in past[:-1] if it.gradient_norm is not None]
    norm = past[-1].gradient_norm
    if norm is None or not before or norm < LEAST_EXPLODED:
        return None
    usual = median(before)
    if norm <= EXPLODED * usual:
        return None
    return (
        f"its gradient explodes {{since}}: {significant(norm)}, where "
        f"{significant(usual)} was usual: lower the learning rate, or set "
        "clip_grad_norm"
    )


def _vanishing_gradient(past: Sequence[LayerHealth], row: HealthRow) -> str | None:
    norm = past[-1].gradient_norm
    largest = max(layer.gradient_norm or 0.0 for layer in row.layers)
    if norm is None or norm >= VANISHED * largest:
        return None
    return (
        f"its gradient vanishes {{since}}: {significant(norm)}, where that of another "
        f"layer is {significant(largest)}: use batch_norm2d, residual, or relu in the "
        "place of sigmoid and tanh"
    )


def _large_updates(past: Sequence[LayerHealth], row: HealthRow) -> str | None:
    ratio = past[-1].update_to_weight
    if ratio is None or ratio <= USUAL_UPDATE * FAR:
        return None
    return _updates(ratio, "lower")


def _small_updates(past: Sequence[LayerHealth], row: HealthRow) -> str | None:
    """A rate that has fallen by its schedule is meant to be small: then it is well."""
    known = [it.update_to_weight for it in past if it.update_to_weight is not None]
    ratio = past[-1].update_to_weight
    if ratio is None or max(known) >= USUAL_UPDATE / FAR:
        return None
    return _updates(ratio, "raise")


def _updates(ratio: float, change: str) -> str:
    return (
        f"an update changes its weight by {significant(ratio)} of its size {{since}}, "
        f"{significant(USUAL_UPDATE, 1)} is usual: {change} the learning rate"
    )


_CHECKS: dict[str, _Check] = {
    "not_finite": _not_finite,
    "dead_channels": _dead_channels,
    "exploding_gradient": _exploding_gradient,
    "vanishing_gradient": _vanishing_gradient,
    "large_updates": _large_updates,
    "small_updates": _small_updates,
}
