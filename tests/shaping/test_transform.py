"""Transformations of whole nets: against the lesson's presets, and of any net."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.io.safe_yaml import load
from cnn_tui.layers import to_yaml_form
from cnn_tui.presets.files import BUILTIN_ORDER, find_preset
from cnn_tui.shaping.edit import Items
from cnn_tui.shaping.outline import outline, read
from cnn_tui.shaping.transform import TRANSFORMATIONS, Offer, last_maps, offers
from tests.layers.building import CONVOLUTIONS, FORMS, modules, parse

MNIST = (1, 28, 28)
_END: Items = ["flatten", {"linear": {"out_features": "classes"}}]


def layers_of(preset: str) -> Items:
    """Returns the layers of a preset, in their shortest form."""
    path = find_preset(preset).path
    value = load(path.read_bytes(), preset).value
    return [shortest(item) for item in value["model"]["layers"]]


def shortest(item: Any) -> Any:
    """Returns a layer in the shortest form that means it."""
    layer: Any = read(item)
    return to_yaml_form(layer)


def offer(name: str, items: Items, shape: tuple[int, ...] = MNIST) -> Offer:
    """Returns what one transformation makes of a net."""
    return next(o for o in offers(items, shape, 10) if o.name == name)


def made(name: str, items: Items, shape: tuple[int, ...] = MNIST) -> Items:
    """Returns the net that a transformation gives."""
    found = offer(name, items, shape)
    assert found.items is not None, found.why_not
    return [shortest(item) for item in found.items]


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("model-a", "deeper", "deeper"),
        ("model-a", "gentler", "gentler"),
        ("model-a", "wider head", "wider-head"),
        ("model-a", "max ↔ average", "model-b"),
        ("model-b", "max ↔ average", "model-a"),
        ("model-a", "same ↔ valid", "model-c"),
        ("model-c", "same ↔ valid", "model-a"),
        ("model-c", "max ↔ average", "model-c-avg"),
    ],
)
def test_they_lead_from_one_preset_to_another(
    before: str, name: str, after: str
) -> None:
    assert made(name, layers_of(before)) == layers_of(after)


def test_deeper_adds_a_block_like_its_neighbour_where_kernels_are_small() -> None:
    conv = {"conv2d": {"out_channels": 6, "kernel_size": 3, "stride": 2}}
    block = [conv, "batch_norm2d", "gelu", {"max_pool2d": {"kernel_size": 2}}]
    more = {"conv2d": {"out_channels": 6, "kernel_size": 3, "padding": "same"}}
    assert made("deeper", [*block, *_END]) == [
        *(conv, "batch_norm2d", "gelu"),
        *(more, "batch_norm2d", "gelu", block[3]),
        *_END,
    ]


def test_deeper_reaches_into_a_residual_block() -> None:
    conv = {"conv2d": {"out_channels": 4, "kernel_size": 3, "padding": "same"}}
    net = [conv, "silu", {"residual": [conv, "batch_norm2d"]}, *_END]
    inner = [conv, "batch_norm2d", "silu", conv, "batch_norm2d"]
    assert made("deeper", net) == [conv, "silu", {"residual": inner}, *_END]


@pytest.mark.parametrize(
    ("padding", "small"), [(None, None), (3, 1), ("same", "same"), (1, None)]
)
def test_a_large_kernel_becomes_small_ones_only_where_the_sizes_stay(
    padding: Any, small: Any
) -> None:
    own = {} if padding is None else {"padding": padding}
    large = {"conv2d": {"out_channels": 4, "kernel_size": 7, **own}}
    net = made("deeper", [large, *_END])
    before = outline([large, *_END], MNIST, 10).table.rows
    after = outline(net, MNIST, 10).table.rows
    if padding == 1:  # does not part into three
        assert net[0] == large and len(net) == 5
    else:
        assert [item.get("conv2d", {}).get("padding") for item in net[0:5:2]] == (
            [small] * 3
        )
        assert after[4].output_shape == before[0].output_shape
        assert after[4].receptive_field == before[0].receptive_field == (7, 7)


@pytest.mark.parametrize(
    ("layer", "gentle"),
    [
        ({"max_pool2d": {"kernel_size": 4}}, {"max_pool2d": {"kernel_size": 2}}),
        (
            {"avg_pool2d": {"kernel_size": [4, 1]}},
            {"avg_pool2d": {"kernel_size": [2, 1]}},
        ),
        (
            {"conv2d": {"out_channels": 4, "kernel_size": 3, "stride": 2}},
            {"conv2d": {"out_channels": 4, "kernel_size": 3}},
        ),
    ],
)
def test_gentler_halves_the_largest_step(layer: Any, gentle: Any) -> None:
    weaker = {"max_pool2d": {"kernel_size": [2, 1]}}
    net = [layer, *_END] if "conv2d" in layer else [layer, weaker, *_END]
    assert made("gentler", net) == [gentle, *net[1:]]


def test_a_wider_head_doubles_what_is_hidden_already() -> None:
    net = layers_of("feedforward")
    assert made("wider head", net)[1] == {"linear": {"out_features": 200}}
    twice = made("wider head", made("wider head", layers_of("model-a")))
    assert twice[-3:-1] == [{"linear": {"out_features": 256}}, "relu"]


def test_batch_norm_goes_behind_each_convolution_that_has_none() -> None:
    net = made("batch norm", layers_of("model-a"))
    assert [net[1], net[5]] == ["batch_norm2d"] * 2 and len(net) == 10
    assert "already" in offer("batch norm", net).why_not
    assert "already" in offer("batch norm", layers_of("fast")).why_not


@pytest.mark.parametrize(
    ("name", "net", "reason"),
    [
        ("deeper", _END, "no convolution gives feature maps of 3×3 or more"),
        ("gentler", _END, "no pooling and no stride makes"),
        ("wider head", [*_END, "relu"], "the net ends in relu, not in linear"),
        ("max ↔ average", _END, "the net has no max_pool2d and no avg_pool2d"),
        ("same ↔ valid", _END, "there is no convolution larger than 1×1"),
        ("batch norm", _END, "there is no convolution to normalize"),
        ("deeper", ["relu"], "the net must fit together first: "),
        ("deeper", [], "the net must fit together first: the model has no layers"),
    ],
)
def test_what_does_not_apply_says_why(name: str, net: Items, reason: str) -> None:
    found = offer(name, net)
    assert found.items is None
    assert found.why_not.startswith(reason)


def test_what_would_not_fit_names_the_layer() -> None:
    conv = {"conv2d": {"out_channels": 4, "kernel_size": 5, "padding": "same"}}
    pool = {"max_pool2d": {"kernel_size": 2}}
    found = offer("same ↔ valid", [*[conv, pool] * 3, *_END])
    assert found.why_not.startswith(
        "it would not fit: layer 5, conv2d: the picture is 4×4 here, the kernel 5×5"
    )


@pytest.mark.parametrize("preset", BUILTIN_ORDER)
def test_every_preset_can_be_widened_or_says_why(preset: str) -> None:
    found = {o.name: o for o in offers(layers_of(preset), (3, 32, 32), 10)}
    assert list(found) == [how.name for how in TRANSFORMATIONS]
    assert all((o.items is None) == bool(o.why_not) for o in found.values())
    assert found["wider head"].items is not None
    if preset not in ("feedforward", "logistic"):
        table = outline(layers_of(preset), (3, 32, 32), 10).table
        gentler = found["gentler"].items
        assert gentler is not None
        small = last_maps(table)
        large = last_maps(outline(gentler, (3, 32, 32), 10).table)
        assert small is not None and large is not None and large[1] > small[1]


@given(st.lists(CONVOLUTIONS | FORMS, max_size=4))
@settings(max_examples=60, deadline=None)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
def test_torch_takes_every_net_that_is_offered(layers: Items) -> None:
    for found in offers([*layers, *_END], (2, 12, 12), 10):
        if found.items is not None:
            _, shape = modules(parse(yaml.safe_dump(found.items)), (2, 12, 12), 10)
            assert shape == (10,)
