"""Compiled models: the same layers, computed by fewer and larger kernels."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

import torch
from platformdirs import user_cache_path
from torch import nn

from cnn_tui.config.models import TrainingConfig
from cnn_tui.engine.device import first_line, is_out_of_memory
from cnn_tui.engine.network import Network
from cnn_tui.errors import DeviceError


def compiled(network: Network, training: TrainingConfig) -> Network:
    """Returns a network that computes as this one and has its weights, or itself.

    It compiles at the first batch of each size, in a training's own mode.
    """
    if training.compile == "off":
        return network
    folder = user_cache_path("cnn-tui") / "compiled"
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder))
    # Else a process that has trained some such models would compile no more of them.
    torch.compiler.reset()
    # dynamic: what a kernel computes must not depend on the sizes seen before.
    model = torch.compile(
        network.model, mode=training.compile, dynamic=False, fullgraph=True
    )
    return replace(network, model=cast(nn.Sequential, model))


@contextmanager
def compiling(device: torch.device) -> Iterator[None]:
    """Says in one sentence why something cannot be compiled.

    Raises:
        DeviceError: if it cannot.
    """
    try:
        yield
    except RuntimeError as error:
        if isinstance(error, torch.AcceleratorError) or is_out_of_memory(error):
            raise
        cause = getattr(error, "inner_exception", error)
        compiler = "triton" if device.type == "cuda" else "a C++ compiler such as g++"
        raise DeviceError(
            f"the model cannot be compiled for {device}: {first_line(cause)}; install "
            f"{compiler}, or set training.compile to off"
        ) from error
