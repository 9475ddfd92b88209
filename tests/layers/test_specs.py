"""The layer vocabulary: its YAML forms, its defaults, and what it says to mistakes."""

import inspect
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from torch import nn

from cnn_tui.layers import (
    LAYER_TYPES,
    MAX_LAYERS,
    Conv2d,
    Layer,
    Layers,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    to_yaml_form,
)
from tests.layers import building
from tests.layers.building import parse


class Model(BaseModel):
    """A model as a config holds it."""

    layers: Layers


def problems(items: Any) -> list[tuple[tuple[int | str, ...], str, str]]:
    """Returns (place, type, message) of all that is wrong with a list of layers."""
    with pytest.raises(ValidationError) as caught:
        building.LAYERS.validate_python(items)
    return [
        (error["loc"], error["type"], error["msg"]) for error in caught.value.errors()
    ]


def test_the_three_forms() -> None:
    assert parse(
        "[relu, linear: {out_features: classes}, "
        "residual: [conv2d: {out_channels: 8, kernel_size: [3, 5], padding: same}]]"
    ) == [
        ReLU(),
        Linear(out_features="classes"),
        Residual([Conv2d(out_channels=8, kernel_size=(3, 5), padding="same")]),
    ]


@pytest.mark.parametrize("text", ["[relu]", "[relu: ]", "[relu: {}]"])
def test_a_layer_without_parameters_may_be_written_out(text: str) -> None:
    assert parse(text) == [ReLU()]


def test_layers_that_are_read_already_pass() -> None:
    layers: list[Layer] = [ReLU(), Residual([ReLU()])]
    assert Model(layers=layers).layers == layers


def test_one_number_stands_for_height_and_width() -> None:
    [pool] = parse("[max_pool2d: {kernel_size: 2, stride: [2, 1]}]")
    assert pool == MaxPool2d(kernel_size=(2, 2), stride=(2, 1))


@pytest.mark.parametrize("name", sorted(LAYER_TYPES.keys() - {"linear", "residual"}))
def test_defaults_are_torch_s(name: str) -> None:
    def paired(value: object) -> object:
        return (value, value) if type(value) is int and name != "groups" else value

    module = next(kind for kind in vars(nn).values() if _is_named(kind, name))
    theirs = inspect.signature(module).parameters
    for key, field in LAYER_TYPES[name].model_fields.items():
        default = theirs[key].default
        if field.is_required():
            assert default is inspect.Parameter.empty
        else:
            assert field.default in (default, paired(default))


def _is_named(kind: object, name: str) -> bool:
    return isinstance(kind, type) and kind.__name__.lower() == name.replace("_", "")


@settings(deadline=None, max_examples=300)
@given(forms=st.lists(building.FORMS, max_size=5))
def test_the_yaml_form_reads_back_as_the_same_layers(forms: list[Any]) -> None:
    layers = building.LAYERS.validate_python(forms)
    written = yaml.safe_dump([to_yaml_form(layer) for layer in layers])
    assert parse(written) == layers


@given(forms=st.lists(building.FORMS, max_size=3))
def test_a_model_dumps_to_what_it_reads(forms: list[Any]) -> None:
    model = Model.model_validate({"layers": forms})
    assert Model.model_validate(model.model_dump()) == model
    assert Model.model_validate_json(model.model_dump_json()) == model


def test_the_yaml_form_is_the_shortest() -> None:
    layers: list[Layer] = parse(
        "[relu: {}, conv2d: {out_channels: 4, kernel_size: [3, 3], stride: 1, "
        "padding: [0, 1]}, residual: [dropout: {p: 0.5}]]"
    )
    assert [to_yaml_form(layer) for layer in layers] == [
        "relu",
        {"conv2d": {"out_channels": 4, "kernel_size": 3, "padding": [0, 1]}},
        {"residual": ["dropout"]},
    ]


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        ("[conv2d]", (0, "conv2d", "out_channels"), "missing"),
        ("[relu, flatten: {x: 1}]", (1, "flatten", "x"), "extra_forbidden"),
        (
            "[relu, residual: [tanh, max_pool2d: {kernel_size: 0}]]",
            (1, "residual", 1, "max_pool2d", "kernel_size"),
            "greater_than_equal",
        ),
        (
            "[max_pool2d: {kernel_size: 10001}]",
            (0, "max_pool2d", "kernel_size"),
            "less_than_equal",
        ),
        (
            "[max_pool2d: {kernel_size: true}]",
            (0, "max_pool2d", "kernel_size"),
            "int_type",
        ),
        (
            "[max_pool2d: {kernel_size: [2, 2.0]}]",
            (0, "max_pool2d", "kernel_size"),
            "int_type",
        ),
        (
            "[max_pool2d: {kernel_size: [1, 2, 3]}]",
            (0, "max_pool2d", "kernel_size"),
            "pair",
        ),
        (
            "[max_pool2d: {kernel_size: 2, ceil_mode: 1}]",
            (0, "max_pool2d", "ceil_mode"),
            "bool_type",
        ),
        (
            "[adaptive_avg_pool2d: {output_size: '7'}]",
            (0, "adaptive_avg_pool2d", "output_size"),
            "int_type",
        ),
        (
            "[linear: {out_features: class}]",
            (0, "linear", "out_features"),
            "literal_error",
        ),
        (
            "[linear: {out_features: 1000001}]",
            (0, "linear", "out_features"),
            "less_than_equal",
        ),
        ("[dropout: {p: .nan}]", (0, "dropout", "p"), "finite_number"),
        ("[dropout: {p: 1.5}]", (0, "dropout", "p"), "less_than_equal"),
        ("[dropout: {p: yes}]", (0, "dropout", "p"), "float_type"),
        ("[batch_norm2d: {eps: 0}]", (0, "batch_norm2d", "eps"), "greater_than"),
        ("[gelu: {approximate: erf}]", (0, "gelu", "approximate"), "literal_error"),
        ("[relu: 5]", (0, "relu"), "model_type"),
        ("[residual]", (0, "residual"), "list_type"),
        ("[residual: []]", (0, "residual"), "too_short"),
        ("[7]", (0,), "layer_form"),
        ("[null]", (0,), "layer_form"),
        ("[{}]", (0,), "layer_form"),
        ("[[relu]]", (0,), "layer_form"),
        ("[3: relu]", (0,), "unknown_layer"),
        ("{relu: }", (), "list_type"),
    ],
)
def test_a_mistake_is_named_at_its_place_in_the_yaml(
    text: str, place: tuple[int | str, ...], kind: str
) -> None:
    assert (place, kind) in [
        (loc, kind_found) for loc, kind_found, _ in problems(yaml.safe_load(text))
    ]


@pytest.mark.parametrize("padding", ["half", True, -1, None, [1], 1.0])
def test_padding_is_a_size_or_same_or_valid(padding: object) -> None:
    options = {"out_channels": 1, "kernel_size": 1, "padding": padding}
    assert [place for place, _, _ in problems([{"conv2d": options}])] == [
        (0, "conv2d", "padding")
    ]


def test_an_unknown_layer_is_told_the_nearest_ones() -> None:
    [(_, _, message)] = problems(["maxpool"])
    assert message == (
        "Unknown layer 'maxpool'; the nearest are max_pool2d, avg_pool2d"
    )


def test_a_layer_like_no_other_is_told_all() -> None:
    [(_, _, message)] = problems(["zzz"])
    assert all(name in message for name in LAYER_TYPES)


def test_a_hostile_name_is_cut_and_made_printable() -> None:
    [(_, _, message)] = problems(["\x1b[2J{evil}" + "x" * 10_000])
    assert "\x1b" not in message
    assert len(message) < 400


def test_parameters_beside_the_name_are_explained() -> None:
    [(_, _, message)] = problems([{"conv2d": None, "out_channels": 4}])
    assert "indented under it, got 2 keys" in message


@pytest.mark.parametrize(
    "items",
    [
        ["relu"] * (MAX_LAYERS + 1),
        [{"residual": ["relu"] * MAX_LAYERS}],
        [{"residual": ["relu"] * 100}] * 2,
    ],
)
def test_the_number_of_layers_is_bounded_nested_ones_counted(items: Any) -> None:
    assert problems(items)[0][1] == "too_many_layers"


def test_endless_nesting_is_refused_at_once() -> None:
    items: list[Any] = ["relu"]
    for _ in range(100_000):
        items = [{"residual": items}]
    assert problems(items)[0][1] == "too_many_layers"
    while isinstance(items[0], dict):  # unnest: freeing it at once would recurse
        items = items[0]["residual"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
NAMES = st.sampled_from([*LAYER_TYPES, "conv", "type"])
KEYS = st.sampled_from(["kernel_size", "out_channels", "p", "padding", "type"])


@settings(deadline=None, max_examples=100)
@given(
    items=JSON
    | st.lists(JSON | NAMES | st.dictionaries(NAMES, st.dictionaries(KEYS, JSON)))
)
def test_anything_else_is_a_validation_error(items: object) -> None:
    try:
        layers = building.LAYERS.validate_python(items)
    except ValidationError:
        return
    forms = [to_yaml_form(layer) for layer in layers]
    assert building.LAYERS.validate_python(forms) == layers
