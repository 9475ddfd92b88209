"""Models that cannot be are refused with the layer, the reason and the way out."""

import time

import pytest

from cnn_tui.errors import ModelError
from cnn_tui.layers import MAX_ACTIVATIONS, MAX_PARAMETERS, trace
from tests.layers.building import parse

MNIST = (1, 28, 28)
END = "flatten, linear: {out_features: classes}"


def refusal(text: str) -> str:
    """Returns what is said of a model that cannot be."""
    with pytest.raises(ModelError) as caught:
        trace(parse(text), MNIST, 10)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "the model has no layers"),
        (
            f"[conv2d: {{out_channels: 1, kernel_size: 25}}, relu, "
            f"max_pool2d: {{kernel_size: 7}}, {END}]",
            "layer 3, max_pool2d: the picture is 4×4 here, the kernel 7×7: it must "
            "not be larger",
        ),
        (
            f"[conv2d: {{out_channels: 1, kernel_size: [31, 1], padding: 1}}, {END}]",
            "layer 1, conv2d: the picture is 28×28 here and padded to 30×30, the "
            "kernel 31×1: it must not be larger",
        ),
        (
            f"[residual: [relu, max_pool2d: {{kernel_size: 3, dilation: 20}}], {END}]",
            "layer 1.2, max_pool2d: the picture is 28×28 here, the kernel 3×3 dilated "
            "to 41×41: it must not be larger",
        ),
        (
            "[flatten, conv2d: {out_channels: 1, kernel_size: 1}]",
            "layer 2, conv2d: needs channels×height×width, got 784 features; it must "
            "come before flatten",
        ),
        (
            "[linear: {out_features: classes}]",
            "layer 1, linear: needs flat features, got 1×28×28; put flatten before it",
        ),
        (
            f"[conv2d: {{out_channels: 4, kernel_size: 1, groups: 4}}, {END}]",
            "layer 1, conv2d: groups 4 must divide its 1 input channels",
        ),
        (
            "[conv2d: {out_channels: 4, kernel_size: 1}, "
            f"conv2d: {{out_channels: 6, kernel_size: 1, groups: 4}}, {END}]",
            "layer 2, conv2d: groups 4 must divide its 6 output channels",
        ),
        (
            f"[conv2d: {{out_channels: 4, kernel_size: 1, padding: same, "
            f"stride: 2}}, {END}]",
            "layer 1, conv2d: padding same needs stride 1, got stride 2; give the "
            "padding as a number",
        ),
        (
            f"[avg_pool2d: {{kernel_size: 3, padding: 2}}, {END}]",
            "layer 1, avg_pool2d: padding 2 must be at most half of kernel_size 3",
        ),
        (
            "[conv2d: {out_channels: 1, kernel_size: 1, padding: 28, "
            f"padding_mode: reflect}}, {END}]",
            "layer 1, conv2d: padding 28 with padding_mode reflect must be smaller "
            "than its input size 28",
        ),
        (
            "[conv2d: {out_channels: 1, kernel_size: 1, padding: 29, "
            f"padding_mode: circular}}, {END}]",
            "layer 1, conv2d: padding 29 with padding_mode circular must be at most "
            "its input size 28",
        ),
        (
            f"[residual: [conv2d: {{out_channels: 1, kernel_size: 3}}], {END}]",
            "layer 1, residual: its input 1×28×28 cannot be added to its output "
            "1×26×26: neither as it is nor through a 1×1 convolution; pad so that the "
            "sizes stay the same or are divided by a stride",
        ),
        (
            "[conv2d: {out_channels: 32, kernel_size: 22}]",
            "the model ends in 32×7×7, it must end in 10 outputs, one per class: end "
            "it with flatten and linear: {out_features: classes}",
        ),
        (
            "[flatten]",
            "the model ends in 784 features, it must end in 10 outputs, one per class: "
            "end it with linear: {out_features: classes}",
        ),
        (
            f"[flatten, linear: {{out_features: 10000}}, relu, "
            f"linear: {{out_features: 1000000}}, {END}]",
            "layer 4, linear: with it the model has 10.0 G parameters, allowed "
            "are 2.00 G",
        ),
        (
            "[relu, adaptive_avg_pool2d: {output_size: 10000}, "
            "conv2d: {out_channels: 20, kernel_size: 1}, "
            f"adaptive_avg_pool2d: {{output_size: 1}}, {END}]",
            "layer 3, conv2d: with it the model has 2.10 G values per image, allowed "
            "are 2.00 G",
        ),
    ],
)
def test_an_impossible_model_is_refused_with_number_type_and_reason(
    text: str, message: str
) -> None:
    assert refusal(text) == message


@pytest.mark.parametrize("layer", ["dropout2d", "batch_norm2d"])
def test_channel_layers_want_channels(layer: str) -> None:
    assert "it must come before flatten" in refusal(f"[flatten, {layer}]")


def test_exactly_the_limit_of_parameters_is_legal() -> None:
    layers = parse("[flatten, linear: {out_features: classes, bias: false}]")
    most = MAX_PARAMETERS // 10
    assert trace(layers, (1, 1, most), 10).parameters == MAX_PARAMETERS
    with pytest.raises(ModelError, match="layer 2, linear"):
        trace(layers, (1, 1, most + 1), 10)


def test_exactly_the_limit_of_activations_is_legal() -> None:
    layers = parse(f"[relu, adaptive_avg_pool2d: {{output_size: 1}}, {END}]")
    most = MAX_ACTIVATIONS - 1 - 1 - 10  # the outputs of the layers after relu
    assert trace(layers, (1, 1, most), 10).activations == MAX_ACTIVATIONS
    with pytest.raises(ModelError, match="layer 4, linear"):
        trace(layers, (1, 1, most + 1), 10)


@pytest.mark.parametrize(
    "layer",
    [
        "conv2d: {out_channels: 1, kernel_size: 1, stride: 10000, padding: 10000}",
        "conv2d: {out_channels: 1, kernel_size: 10000, dilation: 10000, padding: same}",
        "conv2d: {out_channels: 1, kernel_size: 1, padding: 10000}",
        "adaptive_avg_pool2d: {output_size: [9973, 9967]}",
    ],
)
def test_hostile_values_take_no_time(layer: str) -> None:
    started = time.process_time()
    layers = parse(f"[{', '.join([layer] * 198)}, {END}]")
    try:
        trace(layers, MNIST, 10)
    except ModelError as error:
        assert len(str(error)) < 300
    assert time.process_time() - started < 2


def test_a_deep_nest_of_residuals_is_traced() -> None:
    text = "relu"
    for _ in range(100):
        text = f"residual: [{text}]"
    model = trace(parse(f"[{text}, {END}]"), MNIST, 10)
    assert model.rows[100].depth == 100
