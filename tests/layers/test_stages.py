"""What a value is made from, against the gradients of torch."""

import pytest
import torch
from torch import Tensor

from cnn_tui.config import RunConfig, parse_mapping
from cnn_tui.engine.network import Network, Scaling, new_network
from cnn_tui.layers import Region, receptive_field, stages

SHAPE = (1, 28, 28)
NETS: dict[str, list[object]] = {
    "same": [{"conv2d": {"out_channels": 2, "kernel_size": 5, "padding": "same"}}],
    "stride": [{"conv2d": {"out_channels": 2, "kernel_size": 4, "stride": 3}}],
    "dilated": [
        {"conv2d": {"out_channels": 2, "kernel_size": 3, "dilation": 2, "padding": 2}}
    ],
    "pooled": [
        {"conv2d": {"out_channels": 2, "kernel_size": 3}},
        {"avg_pool2d": {"kernel_size": 3, "stride": 2, "padding": 1}},
        {"adaptive_avg_pool2d": {"output_size": 5}},
    ],
    "residual": [
        {"conv2d": {"out_channels": 2, "kernel_size": 3, "padding": 1}},
        {
            "residual": [
                {
                    "conv2d": {
                        "out_channels": 3,
                        "kernel_size": 3,
                        "stride": 2,
                        "padding": 1,
                    }
                },
                {"conv2d": {"out_channels": 3, "kernel_size": 3, "padding": "same"}},
            ]
        },
    ],
}


def config_of(layers: list[object]) -> RunConfig:
    """Returns a config whose model begins with these layers."""
    ending = ["flatten", {"linear": {"out_features": "classes"}}]
    return parse_mapping({"model": {"layers": [*layers, *ending]}})


def touched(gradient: Tensor) -> Region:
    """Returns the rectangle around what is not zero."""
    rows, columns = (gradient.abs().sum(axis).nonzero() for axis in (1, 0))
    top, left = int(rows.min()), int(columns.min())
    return Region(
        top=top,
        left=left,
        height=int(rows.max()) - top + 1,
        width=int(columns.max()) - left + 1,
    )


def output_of(module: torch.nn.Module, network: Network, inputs: Tensor) -> Tensor:
    """Returns what a module of a network puts out."""
    outputs: list[Tensor] = []
    hook = module.register_forward_hook(lambda *call: outputs.append(call[2]))
    network.model(inputs)
    hook.remove()
    return outputs[0]


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("where", ["first", "middle", "last"])
def test_a_value_depends_on_the_pixels_that_it_is_said_to_see(
    name: str, where: str
) -> None:
    config = config_of(NETS[name])
    network, _ = new_network(config, Scaling(), torch.device("cpu"))
    with torch.no_grad():
        for parameter in network.model.parameters():
            parameter.fill_(1.0)
    for stage in stages(config.model.layers, SHAPE, 10):
        if len(stage.output_shape) != 3:
            continue
        image = torch.ones(1, *SHAPE, requires_grad=True)
        output = output_of(network.model.get_submodule(stage.path), network, image)
        _, height, width = stage.output_shape
        share = {"first": (0, 1), "middle": (1, 2), "last": (1, 1)}[where]
        y, x = (min(n * share[0] // share[1], n - 1) for n in (height, width))
        [gradient] = torch.autograd.grad(output[0, :, y, x].sum(), image)
        found = receptive_field(
            stages(config.model.layers, SHAPE, 10), stage, Region.at(y, x)
        )
        assert found["0"] == touched(gradient[0, 0]), stage.number


def test_a_linear_layer_sees_all_and_each_layer_before_it_is_named() -> None:
    layers = config_of(NETS["residual"]).model.layers
    every = stages(layers, SHAPE, 10)
    assert [s.number for s in every] == ["1", "2", "2.1", "2.2", "3", "4"]
    assert [s.path for s in every] == ["0", "1", "1.body.0", "1.body.1", "2", "3"]
    found = receptive_field(every, every[-1], Region.at(0, 3))
    assert list(found) == ["3", "2", "1", "0"]
    assert found["0"] == Region(top=0, left=0, height=28, width=28)
    inner = receptive_field(every, every[3], Region.at(0, 0))
    assert list(inner) == ["2.1", "1", "0"]
