"""Every number of an explanation is torch's."""

from typing import Any

import numpy as np
import pytest
import torch

from cnn_tui.config import parse_mapping
from cnn_tui.engine.look.explain import explain
from cnn_tui.engine.look.trace import Trace, trace
from cnn_tui.engine.network import Network, Scaling, new_network
from cnn_tui.errors import InputError
from cnn_tui.layers import Stage, stages
from cnn_tui.look.messages import Explanation

CPU = torch.device("cpu")
CONV: dict[str, Any] = {"out_channels": 4, "kernel_size": 3}


def conv(**values: Any) -> dict[str, Any]:
    """Returns a convolution in YAML form."""
    return {"conv2d": CONV | values}


HALVED = conv(stride=2, padding=1)
NETS: dict[str, list[Any]] = {
    "same": [conv(padding="same"), conv(padding="same", kernel_size=5)],
    "valid": [conv(), "relu", conv(bias=False)],
    "stride": [conv(stride=2, padding=1), conv(stride=3)],
    "dilated": [conv(dilation=2, padding=3)],
    "grouped": [conv(), conv(groups=2, padding=1)],
    "reflect": [conv(padding=2, padding_mode="reflect")],
    "replicate": [conv(padding=2, padding_mode="replicate")],
    "circular": [conv(padding=2, padding_mode="circular")],
    "max": [conv(), {"max_pool2d": {"kernel_size": 3, "stride": 2, "padding": 1}}],
    "max dilated": [conv(), {"max_pool2d": {"kernel_size": 2, "dilation": 3}}],
    "average": [conv(), {"avg_pool2d": {"kernel_size": 3, "padding": 1}}],
    "average of what is there": [
        {"avg_pool2d": {"kernel_size": 3, "padding": 1, "count_include_pad": False}}
    ],
    "average rounded up": [
        {"avg_pool2d": {"kernel_size": 5, "stride": 3, "padding": 2, "ceil_mode": True}}
    ],
    "adaptive": [conv(), {"adaptive_avg_pool2d": {"output_size": 5}}],
    "norm": [conv(padding="same"), "batch_norm2d", "silu"],
    "residual": [
        conv(),
        {"residual": [conv(padding="same"), "relu", conv(stride=2, padding=1)]},
    ],
}
ENDING = ["flatten", {"linear": {"out_features": 12}}, "tanh"]


def look_at(layers: list[Any]) -> tuple[Network, list[Stage], Trace]:
    """Returns a network of these layers, and what it makes of a picture."""
    readout = {"linear": {"out_features": "classes"}}
    config = parse_mapping({"model": {"layers": [*layers, *ENDING, readout]}})
    network, _ = new_network(config, Scaling(mean=(0.1,), std=(0.3,)), CPU)
    network.model.eval()
    facts = config.dataset.facts
    every = stages(config.model.layers, facts.input_shape, facts.classes)
    generator = torch.Generator().manual_seed(4)
    picture = torch.randint(0, 256, (1, 1, 28, 28), generator=generator)
    return network, every, trace(network, every, picture.to(torch.uint8))


def places(stage: Stage) -> list[tuple[int, int, int]]:
    """Returns corners, edges and inner places of a layer's output."""
    channels, height, width = (*stage.output_shape, 1, 1)[:3]
    some = [sorted({0, 1 % n, n // 2, n - 1}) for n in (height, width)]
    return [(c, y, x) for c in {0, channels - 1} for y in some[0] for x in some[1]]


def total_of(explanation: Explanation) -> float:
    """Returns the value that the parts of an explanation add up to."""
    totals = [term.total for term in explanation.terms]
    if explanation.kind == "max":
        assert explanation.winner is not None
        return float(explanation.terms[0].values[explanation.winner])
    return sum(totals) + (explanation.bias or 0.0)


@pytest.mark.parametrize("name", NETS)
def test_the_parts_of_every_value_add_up_to_it(name: str) -> None:
    network, every, found = look_at(NETS[name])
    for stage in every:
        for place in places(stage):
            told = explain(network, every, found, stage, place, 7)
            output = found.outputs[stage.number][0]
            value = float(output[place] if output.ndim == 3 else output[place[0]])
            assert told.value == value
            if told.kind != "pointwise":
                assert total_of(told) == pytest.approx(value, abs=2e-5), (stage, place)
            for term in told.terms:
                if term.weights is not None:
                    products = term.values.astype(float) * term.weights
                    assert term.total == pytest.approx(products.sum(), abs=1e-9)


@pytest.mark.parametrize("name", ["same", "reflect", "max", "average"])
def test_padding_is_marked_where_the_window_is_beyond_the_picture(name: str) -> None:
    network, every, found = look_at(NETS[name])
    stage = every[-5] if name in ("max", "average") else every[0]
    told = explain(network, every, found, stage, (0, 0, 0), 0)
    assert told.window is not None
    assert told.padding is not None
    assert told.window.top < 0
    assert told.padding[0].all()
    assert not told.padding[-1, -1]
    values = told.terms[0].values[told.padding]
    expected = {"max": -np.inf, "average": 0.0, "same": 0.0}.get(name)
    if expected is not None:
        weighed = network.scaling == Scaling()
        assert weighed or (values == expected).all()
    else:
        assert (values != 0).any()


def test_a_value_is_followed_through_the_layers_that_leave_it_at_its_place() -> None:
    network, every, found = look_at(NETS["norm"])
    told = explain(network, every, found, every[0], (2, 5, 6), 0)
    assert [step.summary for step in told.then] == ["batch_norm2d", "silu"]
    for step in told.then:
        assert step.value == float(found.outputs[step.layer][0, 2, 5, 6])
    assert told.regions["0"].height == 3


def test_a_value_is_followed_into_the_pooling_behind_it() -> None:
    pooling = {"max_pool2d": {"kernel_size": 3, "stride": 2, "padding": 1}}
    network, every, found = look_at([conv(padding="same"), "relu", pooling])
    told = explain(network, every, found, every[0], (1, 27, 6), 0)
    assert [step.summary for step in told.then] == ["relu", "max_pool2d"]
    relu, pooled = told.then
    window = found.outputs["2"][0, 1, 25:28, 5:8]
    assert pooled.value == float(window.max()) >= relu.value


def test_a_value_that_no_pooling_takes_is_followed_to_there() -> None:
    gaps = {"max_pool2d": {"kernel_size": 2, "stride": 3}}
    network, every, found = look_at([conv(padding="same"), "relu", gaps])
    steps = [
        len(explain(network, every, found, every[0], (1, y, 3), 0).then)
        for y in (6, 7, 8, 27)
    ]
    assert steps == [2, 2, 1, 1]


def test_formulas_are_filled_in() -> None:
    network, every, found = look_at(NETS["valid"])
    first = explain(network, every, found, every[0], (0, 3, 3), 0)
    assert first.formula.endswith(f" bias = {first.value:.4g}")
    relu = explain(network, every, found, every[1], (0, 3, 3), 0)
    assert relu.formula == f"{first.value:.4g} → {relu.value:.4g}"
    network, every, found = look_at(NETS["max"])
    pool = explain(network, every, found, every[1], (0, 4, 4), 0)
    assert pool.formula.startswith("max(")


@pytest.mark.parametrize("place", [(4, 0, 0), (0, 26, 0), (0, 0, -1)])
def test_a_place_that_is_not_there_is_refused(place: tuple[int, int, int]) -> None:
    network, every, found = look_at(NETS["valid"])
    with pytest.raises(InputError, match="has no value at"):
        explain(network, every, found, every[0], place, 0)
