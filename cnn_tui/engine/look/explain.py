"""How one value of a layer comes about, in the numbers that torch computed with."""

from collections.abc import Sequence

from cnn_tui.engine.look.parts import Parts, parts_of
from cnn_tui.engine.look.trace import Trace
from cnn_tui.engine.network import Network
from cnn_tui.errors import InputError
from cnn_tui.layers import (
    AdaptiveAvgPool2d,
    AvgPool2d,
    Conv2d,
    Linear,
    MaxPool2d,
    Region,
    Residual,
    Stage,
    receptive_field,
)
from cnn_tui.layers.effects import pool_axis
from cnn_tui.look.messages import Explanation, Rectangle, Step

_SHOWN = 9
"""Values written out in a formula."""


def explain(
    network: Network,
    stages: Sequence[Stage],
    found: Trace,
    stage: Stage,
    place: tuple[int, int, int],
    step: int,
) -> Explanation:
    """Explains the value at a place (channel, y, x) of a layer's output.

    Of a flat output, the channel is the feature and y and x are 0.

    Raises:
        InputError: if there is no such place.
    """
    channel, y, x = place
    output = found.outputs[stage.number][0]
    sizes = (*output.shape, 1, 1)[:3]
    if not all(0 <= at < size for at, size in zip(place, sizes, strict=True)):
        raise InputError(f"layer {stage.number} has no value at {place}")
    region = Region.at(y, x) if output.ndim == 3 else Region.at(0, channel)
    module = network.model.get_submodule(stage.path)
    parts = parts_of(stage, module, found.inputs[stage.number][0], channel, region)
    value = float(output[place] if output.ndim == 3 else output[channel])
    regions = receptive_field(stages, stage, region)
    return Explanation(
        step=step,
        value=value,
        formula=_formula(parts, value),
        then=_then(stages, found, stage, place),
        regions={number: rectangle(region) for number, region in regions.items()},
        kind=parts.kind,
        terms=parts.terms,
        bias=parts.bias,
        window=None if parts.window is None else rectangle(parts.window),
        dilation=parts.dilation,
        winner=parts.winner,
        padding=parts.padding,
    )


def _formula(parts: Parts, value: float) -> str:
    first = parts.terms[0]
    match parts.kind:
        case "sum":
            return f"{_sum(parts)} = {value:.4g}"
        case "max":
            held = first.values.flatten()
            more = " …" if held.size > _SHOWN else ""
            numbers = "  ".join(f"{number:.4g}" for number in held[:_SHOWN])
            return f"max({numbers}{more}) = {value:.4g}"
        case "mean":
            return f"{first.values.sum():.4g} ÷ {parts.divisor} = {value:.4g}"
        case _:
            return f"{first.total:.4g} → {value:.4g}"


def _sum(parts: Parts) -> str:
    sums = [_signed(term.total) for term in parts.terms[:_SHOWN]]
    if len(parts.terms) > _SHOWN:
        sums.append(f"+ … {len(parts.terms) - _SHOWN} more")
    if parts.bias is not None:
        sums.append(f"{_signed(parts.bias)} bias")
    return " ".join(sums).removeprefix("+ ")


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.4g}"


def _then(
    stages: Sequence[Stage], found: Trace, stage: Stage, place: tuple[int, int, int]
) -> tuple[Step, ...]:
    """Follows one value through the layers behind that leave it at its place.

    A pooling behind them ends it: what became of the window that the value is in.
    """
    after: list[Step] = []
    at: tuple[int, int, int] | None = place
    for later in stages[list(stages).index(stage) + 1 :]:
        is_pooling = isinstance(later.layer, MaxPool2d | AvgPool2d)
        if later.number.count(".") != stage.number.count("."):
            break
        at = _pooled(later, place) if is_pooling else place
        if at is None or not (is_pooling or _keeps_places(later)):
            break
        output = found.outputs[later.number][0]
        value = float(output[at] if output.ndim == 3 else output[at[0]])
        after.append(Step(layer=later.number, summary=later.layer.type, value=value))
        if is_pooling:
            break
    return tuple(after)


def _keeps_places(stage: Stage) -> bool:
    return stage.input_shape == stage.output_shape and not isinstance(
        stage.layer, Conv2d | AdaptiveAvgPool2d | Linear | Residual
    )


def _pooled(stage: Stage, place: tuple[int, int, int]) -> tuple[int, int, int] | None:
    """Returns the place of the last window that has a place; None where none has."""
    assert isinstance(stage.layer, MaxPool2d | AvgPool2d)
    found = [place[0]]
    for index, at in enumerate(place[1:]):
        axis = pool_axis(stage.layer, stage.input_shape, index)
        padded = at + axis.padding[0]
        window = min(padded // axis.stride, axis.output_size - 1)
        inside = padded - window * axis.stride
        if inside >= axis.reach or inside % axis.dilation:
            return None
        found.append(window)
    return found[0], found[1], found[2]


def rectangle(region: Region) -> Rectangle:
    """Returns a region as it is sent."""
    return Rectangle(
        top=region.top, left=region.left, height=region.height, width=region.width
    )
