"""What the table says of a model: the lesson's numbers, formulas, totals."""

import pytest

from cnn_tui.layers import (
    ModelTable,
    Shape,
    output_shape,
    trace,
)
from tests.layers.building import parse

MNIST = (1, 28, 28)
END = "flatten, linear: {out_features: classes}"
MODEL_A = (
    "[conv2d: {out_channels: 16, kernel_size: 5, padding: same}, relu, "
    "max_pool2d: {kernel_size: 2}, "
    "conv2d: {out_channels: 32, kernel_size: 5, padding: same}, relu, "
    f"max_pool2d: {{kernel_size: 2}}, {END}]"
)
MODEL_C = MODEL_A.replace("same", "valid")


def table(text: str, image: Shape = MNIST) -> ModelTable:
    """Returns the table of a model for ten classes."""
    return trace(parse(text), image, 10)


def formula(layer: str, image: Shape = MNIST) -> str | None:
    """Returns the formula of the first layer of a model."""
    return table(f"[{layer}, {END}]", image).rows[0].formula


def test_the_lesson_s_model_a() -> None:
    model = table(MODEL_A)
    shapes = [sizes for row in model.rows for sizes in row.parameter_shapes]
    assert shapes == [(16, 1, 5, 5), (16,), (32, 16, 5, 5), (32,), (10, 1568), (10,)]
    assert model.parameters == 28_938
    assert [row.output_shape for row in model.rows if row.type == "max_pool2d"] == [
        (16, 14, 14),
        (32, 7, 7),
    ]


def test_the_lesson_s_model_c() -> None:
    model = table(MODEL_C)
    assert model.rows[-1].parameter_shapes == ((10, 512), (10,))
    assert model.parameters == 18_378
    assert model.multiply_adds == 230_400 + 819_200 + 5_120
    assert [row.receptive_field[0] for row in model.rows] == [
        5,
        5,
        6,
        14,
        14,
        16,
        16,
        28,
    ]
    assert [row.summary for row in model.rows] == [
        "conv2d 16, 5×5",
        "relu",
        "max_pool2d 2×2",
        "conv2d 32, 5×5",
        "relu",
        "max_pool2d 2×2",
        "flatten",
        "linear 10",
    ]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (
            "conv2d: {out_channels: 1, kernel_size: 5, padding: same}",
            "⌊(28 − 5 + 2·2)/1⌋ + 1 = 28",
        ),
        (
            "conv2d: {out_channels: 1, kernel_size: 4, padding: same}",
            "⌊(28 − 4 + 3)/1⌋ + 1 = 28",
        ),
        (
            "conv2d: {out_channels: 1, kernel_size: 5, padding: valid}",
            "⌊(28 − 5 + 2·0)/1⌋ + 1 = 24",
        ),
        (
            "conv2d: {out_channels: 1, kernel_size: 3, dilation: 2, stride: 2}",
            "⌊(28 − (2·(3 − 1) + 1) + 2·0)/2⌋ + 1 = 12",
        ),
        (
            "conv2d: {out_channels: 1, kernel_size: [3, 5], padding: [1, 0]}",
            "height ⌊(28 − 3 + 2·1)/1⌋ + 1 = 28, width ⌊(28 − 5 + 2·0)/1⌋ + 1 = 24",
        ),
        ("max_pool2d: {kernel_size: 3}", "⌊(28 − 3 + 2·0)/3⌋ + 1 = 9"),
        (
            "avg_pool2d: {kernel_size: 3, ceil_mode: true}",
            "⌈(28 − 3 + 2·0)/3⌉ + 1 = 10",
        ),
        (
            "max_pool2d: {kernel_size: 2, stride: 5, padding: 1, ceil_mode: true}",
            "⌈(28 − 2 + 2·1)/5⌉ + 1 − 1 = 6",
        ),
        (
            "adaptive_avg_pool2d: {output_size: 5}",
            "each output is the mean of a window of at most 7×7",
        ),
        ("batch_norm2d", "2·1 = 2 parameters"),
        ("batch_norm2d: {affine: false}", None),
        ("flatten", "1·28·28 = 784 features"),
        ("relu", None),
        ("residual: [relu]", "layers(x) + x"),
        (
            "residual: [conv2d: {out_channels: 4, kernel_size: 1, stride: 2}]",
            "layers(x) + 1×1 convolution of x with stride 2",
        ),
    ],
)
def test_the_formula_is_filled_in(layer: str, expected: str | None) -> None:
    assert formula(layer) == expected


@pytest.mark.parametrize(
    ("bias", "expected"),
    [
        ("true", "10·784 + 10 = 7,850 parameters"),
        ("false", "10·784 = 7,840 parameters"),
    ],
)
def test_a_linear_layer_counts_its_parameters(bias: str, expected: str) -> None:
    model = table(f"[flatten, linear: {{out_features: classes, bias: {bias}}}]")
    assert model.rows[1].formula == expected


@pytest.mark.parametrize(
    ("layer", "summary"),
    [
        (
            "conv2d: {out_channels: 8, kernel_size: 3, stride: 2}",
            "conv2d 8, 3×3, stride 2",
        ),
        ("max_pool2d: {kernel_size: 3, stride: [2, 1]}", "max_pool2d 3×3, stride 2×1"),
        ("avg_pool2d: {kernel_size: [2, 3]}", "avg_pool2d 2×3"),
        ("adaptive_avg_pool2d: {output_size: 4}", "adaptive_avg_pool2d 4×4"),
        ("leaky_relu", "leaky_relu 0.01"),
        ("dropout: {p: 0.25}", "dropout 0.25"),
    ],
)
def test_the_summary_shows_the_main_parameters(layer: str, summary: str) -> None:
    assert table(f"[{layer}, {END}]").rows[0].summary == summary


def test_a_residual_is_counted_once_with_its_projection_in_its_own_row() -> None:
    strided = "conv2d: {out_channels: 4, kernel_size: 3, stride: 2, padding: 1}"
    model = table(f"[relu, residual: [{strided}, residual: [relu]], {END}]")
    assert [(row.number, row.depth, row.parameters) for row in model.rows] == [
        ("1", 0, 0),
        ("2", 0, 4),
        ("2.1", 1, 40),
        ("2.2", 1, 0),
        ("2.2.1", 2, 0),
        ("3", 0, 0),
        ("4", 0, 7_850),
    ]
    assert model.rows[1].parameter_shapes == ((4, 1, 1, 1),)
    assert model.rows[1].activations == 2 * model.rows[2].activations == 2 * 4 * 14 * 14
    assert model.parameters == sum(row.parameters for row in model.rows)
    assert model.multiply_adds == 4 * 14 * 14 * (1 + 9) + 7_840


def test_a_flat_residual_is_projected_by_a_linear_layer() -> None:
    residual = "residual: [linear: {out_features: 20}, relu]"
    row = table(f"[flatten, {residual}, {END}]").rows[1]
    assert row.parameter_shapes == ((20, 784),)
    assert row.formula == "layers(x) + linear layer of x"


def test_a_padded_copy_of_the_input_counts_as_memory() -> None:
    options = "out_channels: 1, kernel_size: 5, padding: same"
    zeros = table(f"[conv2d: {{{options}}}, {END}]")
    copied = table(f"[conv2d: {{{options}, padding_mode: replicate}}, {END}]")
    assert copied.activations - zeros.activations == 32 * 32


def test_an_image_may_have_any_size_and_a_layer_any_place() -> None:
    [layer] = parse("[conv2d: {out_channels: 3, kernel_size: [2, 4], stride: [1, 2]}]")
    assert output_shape(layer, (5, 9, 11), 10) == (3, 8, 4)
