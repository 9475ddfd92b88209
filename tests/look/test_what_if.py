"""What a kernel makes of a picture is what torch makes of it."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn import functional

from cnn_tui.errors import InputError, ModelError
from cnn_tui.layers import AvgPool2d, Conv2d, MaxPool2d
from cnn_tui.look.what_if import KERNELS, MODES, Mode, parse_kernel, slid

PICTURE = np.random.default_rng(3).random((11, 9))
TENSOR = torch.from_numpy(PICTURE)[None, None]
PADDINGS = ("same", "valid", (0, 0), (1, 1), (2, 2), (3, 1))
SIZES = ((1, 1), (2, 2), (3, 3), (5, 5), (3, 4))


def by_torch(layer: Conv2d, kernel: np.ndarray) -> np.ndarray:
    """Returns what torch makes of the picture."""
    module = torch.nn.Conv2d(
        1,
        1,
        layer.kernel_size,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        padding_mode=layer.padding_mode,
        bias=False,
        dtype=torch.float64,
    )
    with torch.inference_mode():
        module.weight.copy_(torch.from_numpy(kernel))
        result: np.ndarray = module(TENSOR)[0, 0].numpy()
    return result


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_convolutions(mode: Mode) -> None:
    computed = 0
    choices = itertools.product(SIZES, (1, 2, 3), PADDINGS, (1, 2, 3))
    for size, stride, padding, dilation in choices:
        layer = Conv2d(
            out_channels=1,
            kernel_size=size,
            stride=(stride, stride),
            padding=padding,  # type: ignore[arg-type]
            dilation=(dilation, dilation),
            padding_mode=mode,
        )
        kernel = np.random.default_rng(computed).normal(size=size)
        try:
            map_ = slid(layer, PICTURE, kernel)
        except ModelError:
            with pytest.raises((RuntimeError, ValueError)):
                by_torch(layer, kernel)
            continue
        expected = by_torch(layer, kernel)
        assert map_.shape == expected.shape, layer
        assert map_ == pytest.approx(expected, abs=1e-12), layer
        computed += 1
    assert computed > 150


def test_poolings() -> None:
    for size, stride, padding in itertools.product((2, 3, 5), (1, 2, 3), (0, 1)):
        parameters = {
            "kernel_size": (size, size),
            "stride": (stride, stride),
            "padding": (padding, padding),
        }
        average = AvgPool2d(**parameters)  # type: ignore[arg-type]
        expected = functional.avg_pool2d(TENSOR, size, stride, padding)[0, 0].numpy()
        assert slid(average, PICTURE) == pytest.approx(expected)
        for dilation in (1, 2):
            largest = MaxPool2d(**parameters, dilation=(dilation, dilation))  # type: ignore[arg-type]
            pooled = functional.max_pool2d(TENSOR, size, stride, padding, dilation)
            assert (slid(largest, PICTURE) == pooled[0, 0].numpy()).all()


def test_what_does_not_fit_is_a_sentence() -> None:
    with pytest.raises(ModelError, match="11×9 here, the kernel 12×"):
        slid(Conv2d(out_channels=1, kernel_size=(12, 12)), PICTURE, np.ones((12, 12)))


def test_kernels_that_one_knows() -> None:
    for name, kernel in KERNELS.items():
        for size in range(1, 12):
            assert kernel(size).shape == (size, size)
        total = {"identity": 1, "blur": 1, "sharpen": 1, "emboss": 1}.get(name, 0)
        assert kernel(3).sum() == pytest.approx(total), name
    assert KERNELS["sobel-x"](3).tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert KERNELS["sobel-y"](5)[:, 2].tolist() == [-6, -12, 0, 12, 6]
    assert KERNELS["sharpen"](3).tolist() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    assert KERNELS["emboss"](3).tolist() == [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    assert KERNELS["edge-ver"](2).tolist() == [[-1, 1], [-1, 1]]


def test_a_kernel_that_is_typed_in() -> None:
    assert parse_kernel("1 0 −1; 2,0,-2;1 0 -1.5").tolist() == [
        *([1, 0, -1], [2, 0, -2], [1, 0, -1.5])
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "1 to 31 rows"),
        ("1 2; 3", "of one length, these have 2, 1 numbers"),
        ("1 x", '"x" is no number'),
        ("nan", '"nan" is no number'),
        ("1 \x1b[0m", r"\\x1b"),
        ("1;" * 40, "1 to 31 rows"),
    ],
)
def test_what_is_no_kernel(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        parse_kernel(text)
