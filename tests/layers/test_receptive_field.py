"""The receptive field is the extent of the pixels that an output depends on."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnn_tui.errors import ModelError
from cnn_tui.layers import Layer, LayerRow, Shape, output_shape, trace
from tests.layers import building

IMAGE = (1, 17, 14)
ENDING = "[adaptive_avg_pool2d: {output_size: 1}, flatten, linear: {out_features: 1}]"

WINDOWS = st.fixed_dictionaries(
    {"kernel_size": st.integers(1, 4), "stride": st.integers(1, 3)}
)
CONVOLUTIONS = st.fixed_dictionaries(
    {"kernel_size": st.integers(1, 4), "out_channels": st.just(1)},
    optional={"stride": st.integers(1, 3), "dilation": st.integers(1, 3)},
)
FORMS = st.one_of(
    CONVOLUTIONS.map(lambda options: {"conv2d": options}),
    WINDOWS.map(lambda options: {"avg_pool2d": options}),
)


def that_fit(forms: list[Any]) -> list[Layer]:
    """Returns the layers that still find room for their window."""
    chosen: list[Layer] = []
    shape: Shape = IMAGE
    for layer in building.LAYERS.validate_python(forms):
        try:
            shape = output_shape(layer, shape, 1)
        except ModelError:
            continue
        chosen.append(layer)
    return chosen


def last_spatial_row(layers: list[Layer]) -> LayerRow:
    """Returns the row of the last given layer, in a model that is made complete."""
    return trace(layers + building.parse(ENDING), IMAGE, 1).rows[len(layers) - 1]


def seen(layers: list[Layer]) -> tuple[int, int]:
    """Returns the largest height and width of pixels with a gradient from one output.

    All weights are one, so that no two ways from a pixel to an output cancel out.
    """
    network, shape = building.modules(layers, IMAGE, 1)
    network.double()
    for weight in network.parameters():
        nn.init.ones_(weight)
    spans = [_gradient_extent(network, place) for place in range(shape[1] * shape[2])]
    return max(span[0] for span in spans), max(span[1] for span in spans)


def _gradient_extent(network: nn.Module, place: int) -> tuple[int, int]:
    pixels = torch.ones(1, *IMAGE, dtype=torch.float64, requires_grad=True)
    network(pixels).flatten()[place].backward()
    assert pixels.grad is not None
    _, _, rows, columns = pixels.grad.nonzero(as_tuple=True)
    return 1 + int(rows.max() - rows.min()), 1 + int(columns.max() - columns.min())


@settings(deadline=None, max_examples=40)
@given(forms=st.lists(FORMS, min_size=1, max_size=4))
def test_it_is_what_gradients_reach(forms: list[Any]) -> None:
    if layers := that_fit(forms):
        assert last_spatial_row(layers).receptive_field == seen(layers)


@settings(deadline=None, max_examples=25)
@given(height=st.integers(1, 20), width=st.integers(1, 20))
def test_adaptive_windows_reach_as_far_as_torch_s(height: int, width: int) -> None:
    layers = building.parse(
        f"[adaptive_avg_pool2d: {{output_size: [{height}, {width}]}}]"
    )
    assert last_spatial_row(layers).receptive_field == seen(layers)


def fields(text: str, image: Shape = (1, 28, 28)) -> list[tuple[int, int]]:
    """Returns the receptive fields of a model for one class, row by row."""
    return [row.receptive_field for row in trace(building.parse(text), image, 1).rows]


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        ("[conv2d: {out_channels: 1, kernel_size: 5, padding: same}]", (5, 5)),
        ("[relu]", (1, 1)),
        ("[conv2d: {out_channels: 2, kernel_size: [3, 1], padding: [1, 0]}]", (3, 1)),
    ],
)
def test_a_residual_sees_what_its_larger_way_sees(
    branch: str, expected: tuple[int, int]
) -> None:
    text = f"[residual: {branch}, flatten, linear: {{out_features: 1}}]"
    assert fields(text)[0] == expected


def test_the_stride_of_a_residual_counts_once() -> None:
    strided = "conv2d: {out_channels: 1, kernel_size: 3, stride: 2, padding: 1}"
    after = "conv2d: {out_channels: 1, kernel_size: 3, padding: same}"
    end = "flatten, linear: {out_features: 1}"
    with_residual = fields(f"[residual: [{strided}], {after}, {end}]")
    without = fields(f"[{strided}, {after}, {end}]")
    assert with_residual[2:] == without[1:]


def test_it_ends_at_the_image_and_linear_sees_all_of_it() -> None:
    text = (
        "[max_pool2d: {kernel_size: 2}, "
        "conv2d: {out_channels: 1, kernel_size: 9, padding: 4}, "
        "conv2d: {out_channels: 1, kernel_size: 3, padding: 1}, "
        "max_pool2d: {kernel_size: 8}, flatten, linear: {out_features: 1}]"
    )
    assert fields(text, (1, 20, 30)) == [
        (2, 2),
        (18, 18),
        (20, 22),
        (20, 30),
        (20, 30),
        (20, 30),
    ]
