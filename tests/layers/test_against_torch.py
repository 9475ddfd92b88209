"""The arithmetic agrees with torch itself, on what is legal and on what is not."""

from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_tui.errors import ModelError
from cnn_tui.layers import (
    AvgPool2d,
    Conv2d,
    Dropout2d,
    Layer,
    Linear,
    MaxPool2d,
    Shape,
    output_shape,
    projection,
    trace,
)
from tests.layers import building

CLASSES = 7
ENDING: list[Any] = ["flatten", {"linear": {"out_features": "classes"}}]

pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")


def legal_stack(forms: list[Any], image: Shape) -> list[Layer]:
    """Returns the layers that an image fits through, with an ending."""
    chosen, shape = [], image
    for layer in building.LAYERS.validate_python(forms):
        try:
            shape = output_shape(layer, shape, CLASSES)
        except ModelError:
            continue
        chosen.append(layer)
    return chosen + building.LAYERS.validate_python(ENDING)


@settings(deadline=None, max_examples=250)
@given(forms=st.lists(building.FORMS, max_size=7), image=building.IMAGES)
def test_a_legal_stack_is_the_same_in_torch(forms: list[Any], image: Shape) -> None:
    layers = legal_stack(forms, image)
    table = trace(layers, image, CLASSES)
    network, shape = building.modules(layers, image, CLASSES)
    assert shape == (CLASSES,)
    shape = image
    for row, part in zip(
        [row for row in table.rows if row.depth == 0], network, strict=True
    ):
        assert row.input_shape == shape
        shape = building.torch_shape(part, shape)
        assert row.output_shape == shape
    weights = [tuple(weight.shape) for weight in network.parameters()]
    ours = [sizes for row in table.rows for sizes in row.parameter_shapes]
    assert ours == weights
    assert table.parameters == sum(weight.numel() for weight in network.parameters())


@settings(deadline=None, max_examples=50)
@given(forms=st.lists(building.FORMS, max_size=5), image=building.IMAGES)
def test_multiply_adds_are_half_of_the_operations_that_torch_counts_per_image(
    forms: list[Any], image: Shape
) -> None:
    layers = legal_stack(forms, image)
    network, _ = building.modules(layers, image, CLASSES)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network.eval()(torch.zeros(2, *image))
    operations = counter.get_total_flops()
    assert trace(layers, image, CLASSES).multiply_adds * 2 * 2 == operations


def is_our_stricter_rule(layer: Layer, shape: Shape) -> bool:
    """Says whether torch takes this shape by accident and we do not."""
    return (isinstance(layer, Linear) and len(shape) == 3) or (
        isinstance(layer, Dropout2d) and len(shape) == 1
    )


def assert_agrees(layer: Layer, shape: Shape) -> None:
    """Checks that torch gives the same shape, or refuses what we refuse."""
    try:
        expected = building.torch_shape(building.module(layer, shape, CLASSES), shape)
    except (RuntimeError, ValueError, IndexError):
        with pytest.raises(ModelError):
            output_shape(layer, shape, CLASSES)
    else:
        assert output_shape(layer, shape, CLASSES) == expected


@settings(deadline=None, max_examples=500)
@given(form=building.SIMPLE_FORMS, shape=building.SHAPES)
def test_a_layer_is_refused_where_torch_refuses_it(form: Any, shape: Shape) -> None:
    [layer] = building.LAYERS.validate_python([form])
    if is_our_stricter_rule(layer, shape):
        with pytest.raises(ModelError):
            output_shape(layer, shape, CLASSES)
    else:
        assert_agrees(layer, shape)


@pytest.mark.parametrize("kind", [MaxPool2d, AvgPool2d])
def test_every_small_window_in_ceil_mode(kind: type[MaxPool2d | AvgPool2d]) -> None:
    for size, kernel, stride, padding in product(
        *map(range, (1, 1, 1, 0), (8, 5, 6, 3))
    ):
        layer = kind(
            kernel_size=(kernel, kernel),
            stride=(stride, stride),
            padding=(padding, padding),
            ceil_mode=True,
        )
        assert_agrees(layer, (1, size, size))


@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
def test_every_small_padding(mode: str) -> None:
    for size, kernel, padding in product(range(1, 4), range(1, 9), [*range(5), "same"]):
        options = {"kernel_size": kernel, "padding": padding, "padding_mode": mode}
        form = {"conv2d": {"out_channels": 1, **options}}
        [layer] = building.LAYERS.validate_python([form])
        assert_agrees(layer, (1, size, size))


@settings(deadline=None, max_examples=100)
@given(before=building.IMAGES, after=building.IMAGES)
def test_a_projection_makes_the_shapes_equal_and_is_refused_only_where_none_does(
    before: Shape, after: Shape
) -> None:
    strides = [
        stride
        for stride in range(1, 13)
        if building.torch_shape(nn.Conv2d(before[0], after[0], 1, stride), before)
        == after
    ]
    if before == after:
        assert projection(before, after) is None
    elif not strides:
        with pytest.raises(ModelError, match="cannot be added"):
            projection(before, after)
    else:
        found = projection(before, after)
        assert isinstance(found, Conv2d)
        assert found.stride == (strides[0], strides[0])
        assert output_shape(found, before, CLASSES) == after
