"""How a device computes: with which precision, and whether the same bits come again."""

import os
from typing import Any

import torch

from cnn_tui.config import RunConfig, layer_table
from cnn_tui.config.models import TrainingConfig
from cnn_tui.engine.device import device_label
from cnn_tui.errors import DeviceError
from cnn_tui.layers import AdaptiveAvgPool2d

_AMPERE = (8, 0)
"""The first compute capability with TF32 and bfloat16 in its hardware."""


def decided(training: TrainingConfig, device: torch.device) -> dict[str, Any]:
    """Returns what a device decides where the config leaves it open, by its keys."""
    is_cuda, is_mps = device.type == "cuda", device.type == "mps"
    return {
        # channels_last convolutions were wrong on Apple GPUs more than once.
        "memory_format": training.memory_format
        or ("contiguous" if is_mps else "channels_last"),
        "deterministic": is_cuda
        if training.deterministic is None
        else training.deterministic,
    }


def is_inexact(training: TrainingConfig, device: torch.device) -> bool:
    """Tells whether another training like this one may end with other bits."""
    return device.type == "cuda" and training.deterministic is False


def set_numerics(config: RunConfig, device: torch.device) -> None:
    """Makes torch compute in this process as the config says.

    Raises:
        DeviceError: if the device has no such precision or no CUDA graphs, or would not
            give the same bits again for one of the layers.
    """
    training = config.training
    _check_precision(training.precision, device)
    if training.compile == "reduce-overhead" and device.type != "cuda":
        raise DeviceError(
            f"{device_label(device)} has no CUDA graphs: training.compile can be off "
            "or default there"
        )
    set_precision(training)
    if training.deterministic:
        _check_layers(config, device)
        # Read when cuBLAS is first used.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(bool(training.deterministic))


def set_precision(training: TrainingConfig) -> None:
    """Lets CUDA round what it multiplies as the config says, and no more."""
    precision = "tf32" if training.precision == "tf32" else "ieee"
    torch.backends.cudnn.conv.fp32_precision = precision  # type: ignore[attr-defined]
    torch.backends.cuda.matmul.fp32_precision = precision


def precisions(device: torch.device) -> tuple[str, ...]:
    """Returns the values of ``training.precision`` that a device has."""
    if device.type == "cpu":
        return ("float32", "bfloat16")
    if device.type != "cuda" or torch.cuda.get_device_capability(device) < _AMPERE:
        return ("float32",)
    return ("float32", "tf32", "bfloat16")


def _check_precision(precision: str, device: torch.device) -> None:
    if precision not in precisions(device):
        raise DeviceError(
            f"{device_label(device)} has no {precision}: training.precision can be "
            "float32 there"
        )


def _check_layers(config: RunConfig, device: torch.device) -> None:
    """Refuses what torch has no deterministic gradient for on CUDA."""
    if device.type != "cuda":
        return
    for row in layer_table(config).rows:
        if row.type == AdaptiveAvgPool2d.type and row.output_shape[1:] != (1, 1):
            raise DeviceError(
                f"layer {row.number}, {row.type}: on {device_label(device)} its "
                "gradient is not the same bit for bit each time: set output_size to 1, "
                "use avg_pool2d, or set training.deterministic to false"
            )
