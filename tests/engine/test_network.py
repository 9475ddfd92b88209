"""From the layers of a config to torch modules."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from cnn_tui.config import RunConfig, layer_table, parse_mapping
from cnn_tui.engine import network
from cnn_tui.engine.network import (
    Residual,
    Scaling,
    load_network,
    new_network,
    to_safetensors,
)
from cnn_tui.io.safe_yaml import load
from cnn_tui.layers import LAYER_TYPES, Tanh
from tests.engine.making import LOGISTIC, make_config, same

CPU = torch.device("cpu")
CONV: dict[str, Any] = {"conv2d": {"out_channels": 6, "kernel_size": [3, 5]}}
HALVING: dict[str, Any] = {
    "conv2d": {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1}
}
EXAMPLES: dict[str, list[Any]] = {
    "conv2d": [
        CONV,
        {
            "conv2d": {
                "out_channels": 4,
                "kernel_size": [5, 3],
                "stride": [2, 1],
                "padding": [2, 1],
                "padding_mode": "reflect",
                "dilation": [1, 2],
                "groups": 2,
                "bias": False,
            }
        },
        {
            "conv2d": {
                "out_channels": 2,
                "kernel_size": 4,
                "padding": "same",
                "padding_mode": "circular",
            }
        },
    ],
    "max_pool2d": [
        {"max_pool2d": {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}}
    ],
    "avg_pool2d": [
        {"avg_pool2d": {"kernel_size": 3, "padding": 1, "count_include_pad": False}}
    ],
    "adaptive_avg_pool2d": [{"adaptive_avg_pool2d": {"output_size": [3, 2]}}],
    "batch_norm2d": [CONV, {"batch_norm2d": {"eps": 0.1, "momentum": None}}],
    "relu": ["relu"],
    "leaky_relu": [{"leaky_relu": {"negative_slope": 0.2}}],
    "gelu": [{"gelu": {"approximate": "tanh"}}],
    "silu": ["silu"],
    "tanh": ["tanh"],
    "sigmoid": ["sigmoid"],
    "dropout": [{"dropout": {"p": 0.2}}],
    "dropout2d": [{"dropout2d": {"p": 0.2}}],
    "flatten": ["flatten"],
    "linear": ["flatten", {"linear": {"out_features": 20, "bias": False}}],
    "residual": [
        CONV,
        {"residual": [HALVING]},
        {"residual": ["relu", {"residual": ["tanh"]}]},
    ],
}


def test_there_is_an_example_of_every_layer() -> None:
    assert EXAMPLES.keys() == LAYER_TYPES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_layer_has_the_shapes_of_the_table(name: str) -> None:
    config = make_config([*EXAMPLES[name], *LOGISTIC])
    table, model = layer_table(config), build(config)
    values = torch.rand(2, *table.input_shape)
    rows = [row for row in table.rows if row.depth == 0]
    for row, module in zip(rows, model, strict=True):
        values = module(values)
        assert tuple(values.shape[1:]) == row.output_shape
        nested = [r for r in table.rows if r.number.startswith(f"{row.number}.")]
        shapes = [tuple(parameter.shape) for parameter in module.parameters()]
        expected = [shape for r in (row, *nested) for shape in r.parameter_shapes]
        assert sorted(shapes) == sorted(expected)


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (EXAMPLES["conv2d"][1:2], "padding_mode=reflect"),
        (EXAMPLES["max_pool2d"], "kernel_size=(3, 3), stride=(2, 2), padding=(1, 1)"),
        (EXAMPLES["batch_norm2d"], "eps=0.1, momentum=None"),
        (EXAMPLES["leaky_relu"], "negative_slope=0.2"),
        (EXAMPLES["gelu"], "approximate='tanh'"),
        (EXAMPLES["dropout"], "p=0.2"),
        (EXAMPLES["linear"], "in_features=784, out_features=20, bias=False"),
    ],
)
def test_parameters_arrive_at_torch(layers: list[Any], expected: str) -> None:
    if "groups" in str(layers):
        layers = [{"conv2d": {"out_channels": 2, "kernel_size": 1}}, *layers]
    assert expected in repr(build(make_config([*layers, *LOGISTIC])))


def build(config: RunConfig) -> nn.Sequential:
    """Returns the model of a new network."""
    return new_network(config, Scaling(), CPU)[0].model


def residual_of(layers: list[Any]) -> Residual:
    """Returns the module of a residual that comes first."""
    module = build(make_config([{"residual": layers}, *LOGISTIC]))[0]
    assert isinstance(module, Residual)
    return module


def test_a_residual_adds_its_input() -> None:
    images = torch.rand(2, 1, 28, 28)
    residual = residual_of(["tanh"])
    assert torch.equal(residual(images), images + images.tanh())
    assert isinstance(residual.shortcut, nn.Identity)


def test_a_residual_projects_its_input_where_the_shapes_differ() -> None:
    images = torch.rand(2, 1, 28, 28)
    residual = residual_of([HALVING])
    shortcut = residual.shortcut
    assert isinstance(shortcut, nn.Conv2d)
    assert (shortcut.kernel_size, shortcut.stride) == ((1, 1), (2, 2))
    assert torch.equal(residual(images), residual.body(images) + shortcut(images))


def test_the_weights_are_those_of_the_seed_and_of_torch_s_initialization() -> None:
    config = make_config([CONV, "relu", *LOGISTIC], seed=7)
    first, second = build(config), build(config)
    assert same(first.state_dict(), second.state_dict())
    torch.manual_seed(7)
    plain = nn.Sequential(
        nn.Conv2d(1, 6, (3, 5)), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 26 * 24, 10)
    )
    assert same(first.state_dict(), plain.state_dict())
    other = build(make_config([CONV, "relu", *LOGISTIC], seed=8))
    assert not same(first.state_dict(), other.state_dict())


@pytest.mark.parametrize("kind", [nn.PReLU, partial(nn.BatchNorm1d, 1, affine=False)])
def test_a_module_whose_weights_nobody_draws_is_refused_by_its_name(
    kind: Callable[[], nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would begin with whatever lay in memory."""
    monkeypatch.setitem(network._SAME_ARGUMENTS, Tanh, kind)
    with pytest.raises(TypeError, match=type(kind()).__name__):
        build(make_config(["tanh", *LOGISTIC]))


def test_a_network_is_read_without_disturbing_who_trains() -> None:
    """Dropout of the training draws from torch's own generator, and so nobody else."""
    config = make_config([CONV, {"dropout": {"p": 0.5}}, *LOGISTIC])
    weights = build(config).state_dict()
    torch.manual_seed(5)
    before = torch.get_rng_state()
    new_network(config, Scaling(), CPU)
    read = load_network(config, Scaling(), weights, CPU)
    assert torch.equal(torch.get_rng_state(), before)
    assert same(read.model.state_dict(), weights)


def test_all_of_a_network_is_in_its_file(tmp_path: Path) -> None:
    config = make_config([CONV, "batch_norm2d", "relu", *LOGISTIC])
    scaling = Scaling(mean=(0.1307,), std=(0.3081,))
    written, _ = new_network(config, scaling, CPU)
    images = torch.randint(0, 256, (3, 1, 28, 28), dtype=torch.uint8)
    expected = written(images)
    path = tmp_path / "model.safetensors"
    path.write_bytes(to_safetensors(written, config, 7))
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    names = json.loads(metadata["classes"])
    assert names == list(config.dataset.facts.class_names)
    stored = parse_mapping(load(metadata["config"].encode(), "config").value)
    read = load_network(
        stored,
        msgspec.json.decode(metadata["scaling"], type=Scaling),
        load_file(path),
        CPU,
    )
    assert torch.equal(read(images), expected)
