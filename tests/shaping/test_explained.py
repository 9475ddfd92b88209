"""Layers explained: what is said is what the arithmetic gives."""

import re
from typing import Any

import pytest

from cnn_tui.layers import LAYER_TYPES
from cnn_tui.shaping.edit import Items
from cnn_tui.shaping.explained import explained, stages_of
from cnn_tui.shaping.outline import outline
from tests.notation.test_code import EVERYTHING

CONV = {"out_channels": 8, "kernel_size": 3}
_END: Items = ["flatten", {"linear": {"out_features": "classes"}}]


def said(item: Any, shape: tuple[int, ...] = (4, 28, 20)) -> dict[str, str]:
    """Returns what is said of a layer that gets an image."""
    return dict(explained(stages_of(outline([item, *_END], shape, 10))[0]))


def number_at_the_end(sentence: str) -> int:
    """Returns the result of the last equation, 0 where there is none."""
    found = re.search(r"= ([\d,]+)$", sentence)
    return int(found[1].replace(",", "")) if found else 0


def test_the_results_are_those_of_the_table_for_every_type_of_layer() -> None:
    seen = outline(EVERYTHING, (1, 28, 28), 10)
    assert seen.fault is None
    stages = stages_of(seen)
    assert {stage.layer.type for stage in stages} == set(LAYER_TYPES)
    for stage, row in zip(stages, seen.table.rows, strict=True):
        told = dict(explained(stage))
        assert number_at_the_end(told["parameters"]) == row.parameters
        assert number_at_the_end(told["multiply-adds"]) == row.multiply_adds
        assert told["does"]


def test_a_convolution_is_worked_out() -> None:
    assert said({"conv2d": {**CONV, "padding": 1, "groups": 2}}, (4, 28, 28)) == {
        "does": "8 kernels of 3×3 over 4 channels in 2 groups, stride 1, "
        "padding 1 of zeros",
        "size": "⌊(W − K + 2P)/S⌋ + 1 = ⌊(28 − 3 + 2·1)/1⌋ + 1 = 28",
        "parameters": "kernel × in/groups × out channels + biases: "
        "3·3 × 4/2 × 8 + 8 = 152",
        "multiply-adds": "kernel × in/groups channels × outputs: "
        "3·3 × 4/2 × 8·28·28 = 112,896",
    }


@pytest.mark.parametrize(
    ("item", "heading", "sentence"),
    [
        (
            {"conv2d": {**CONV, "stride": [2, 1]}},
            "height",
            "⌊(W − K + 2P)/S⌋ + 1 = ⌊(28 − 3 + 2·0)/2⌋ + 1 = 13",
        ),
        (
            {"conv2d": {**CONV, "dilation": 2, "padding": "same"}},
            "width",
            "⌊(W − (D·(K − 1) + 1) + 2P)/S⌋ + 1 = "
            "⌊(20 − (2·(3 − 1) + 1) + 2·2)/1⌋ + 1 = 20",
        ),
        (
            {"max_pool2d": {"kernel_size": 3, "stride": 2, "ceil_mode": True}},
            "height",
            "⌈(W − K + 2P)/S⌉ + 1 = ⌈(28 − 3 + 2·0)/2⌉ + 1 = 14",
        ),
        (
            {"conv2d": {**CONV, "kernel_size": 4, "padding": "same"}},
            "does",
            "8 kernels of 4×4 over 4 channels, stride 1, padding 1+2 × 1+2 of zeros",
        ),
        ("flatten", "does", "value (c, y, x) becomes feature c·560 + y·20 + x"),
        ("relu", "parameters", "none"),
        ({"residual": ["relu"]}, "size", "the same: x is added as it is"),
        (
            {"residual": [{"conv2d": {**CONV, "stride": 2, "padding": 1}}]},
            "shortcut",
            "8 kernels of 1×1 over 4 channels, stride 2, no padding",
        ),
    ],
)
def test_each_layer_says_its_own(item: Any, heading: str, sentence: str) -> None:
    assert said(item)[heading] == sentence


def test_layers_before_a_problem_are_explained_those_in_it_are_not() -> None:
    large = {"conv2d": {"out_channels": 8, "kernel_size": 99}}
    net = ["relu", {"residual": ["tanh", large]}, *_END]
    seen = outline(net, (1, 28, 28), 10)
    assert [stage.number for stage in stages_of(seen)] == ["1"]
