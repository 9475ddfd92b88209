"""A value of any layer is drawn on a screen of any size."""

from typing import Any

import numpy as np
import pytest
import torch
from textual.geometry import Size

from cnn_tui.config import parse_mapping
from cnn_tui.engine.look.explain import explain
from cnn_tui.engine.look.trace import Trace, trace
from cnn_tui.engine.network import Scaling, new_network
from cnn_tui.layers import Stage, stages
from cnn_tui.look.messages import LayerFacts, Seen
from cnn_tui.pictures.colours import diverging, limit_of
from cnn_tui.pictures.depth import Depth
from cnn_tui.ui.explorer.maps import sheets
from cnn_tui.ui.explorer.numbers import Signs
from cnn_tui.ui.explorer.page import page
from cnn_tui.ui.explorer.view import View

SIZES = [(160, 45), (80, 24), (60, 18)]


def conv(channels: int) -> dict[str, Any]:
    """Returns a convolution that keeps the size."""
    return {"conv2d": {"out_channels": channels, "kernel_size": 3, "padding": "same"}}


def linear(features: int) -> dict[str, Any]:
    """Returns a fully connected layer."""
    return {"linear": {"out_features": features}}


NETS: dict[str, list[Any]] = {
    "widening residual": [conv(3), {"residual": [conv(6), "relu"]}, "flatten"],
    "residual of linear layers": [
        "flatten",
        linear(12),
        {"residual": [linear(12), "relu", linear(12)]},
    ],
    "many features": ["flatten", linear(300), "relu", "dropout"],
}


def viewed(layers: list[Any]) -> list[View]:
    """Returns views of the last value of each layer of an untrained network."""
    readout = {"linear": {"out_features": "classes"}}
    config = parse_mapping({"model": {"layers": [*layers, readout]}})
    cpu = torch.device("cpu")
    network, _ = new_network(config, Scaling(mean=(0.1,), std=(0.3,)), cpu)
    network.model.eval()
    facts = config.dataset.facts
    every = stages(config.model.layers, facts.input_shape, facts.classes)
    picture = torch.arange(784, dtype=torch.uint8).reshape(1, 1, 28, 28)
    found = trace(network, every, picture)

    def view(stage: Stage) -> View:
        place = tuple(n - 1 for n in (*stage.output_shape, 1, 1)[:3])
        told = explain(network, every, found, stage, place, 1)  # type: ignore[arg-type]
        return View(
            facts=_facts(stage),
            layer=stage.layer,
            seen=_seen(found, stage, picture),
            before=found.inputs[stage.number][0].numpy(),
            before_number=next(iter(told.regions)),
            shape=stage.input_shape,
            class_names=(),
            told=told,
            place=place,  # type: ignore[arg-type]
            visited=np.zeros((*stage.output_shape, 1, 1)[1:3], bool),
        )

    return [view(stage) for stage in every]


def _facts(stage: Stage) -> LayerFacts:
    return LayerFacts(
        number=stage.number,
        type=stage.layer.type,
        summary=stage.layer.type,
        formula=None,
        input_shape=stage.input_shape,
        output_shape=stage.output_shape,
        receptive_field=(1, 1),
    )


def _seen(found: Trace, stage: Stage, picture: torch.Tensor) -> Seen:
    scores = list(found.outputs.values())[-1][0]
    return Seen(
        step=1,
        label=None,
        image=picture[0].numpy(),
        scores=scores.numpy(),
        probabilities=scores.softmax(0).numpy(),
        maps=found.outputs[stage.number][0].numpy(),
        filters=None,
        bias=None,
        net_limit=1.0,
    )


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("size", SIZES)
def test_the_last_value_of_each_layer_is_drawn(
    name: str, size: tuple[int, int]
) -> None:
    for view in viewed(NETS[name]):
        for depth in (Depth.TRUE_COLOUR, Depth.ASCII):
            drawn = page(view, Size(*size), depth, Signs(), shows_all=True)
            assert drawn.sums and drawn.details, view.facts


def test_flatten_shows_the_channel_that_its_feature_is_in() -> None:
    [*_, flatten, _] = viewed(NETS["widening residual"])
    _, shown = sheets(flatten, shows_all=False)
    last = diverging(flatten.before[-1], limit_of(flatten.before))
    assert (shown.pixels == last).all()
    assert shown.caption == "in 6/6"


def test_a_residual_that_widens_says_that_all_channels_count() -> None:
    captions = [
        [sheet.caption for sheet in sheets(view, shows_all=True)]
        for view in viewed(NETS["widening residual"])
        if view.facts.type == "residual"
    ]
    assert captions == [["picture 3×3", "in 3/3, all count", "out 6/6 · all"]]
