"""What every layer makes of pictures."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from cnn_tui.engine.network import Network
from cnn_tui.layers import Stage

IMAGE = "0"
"""The number of what the first layer gets."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trace:
    """What went into each layer and what came out, by the layers' numbers.

    N×…, in float32, in this machine's memory.
    """

    inputs: dict[str, Tensor] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)


def trace(network: Network, stages: Iterable[Stage], images: Tensor) -> Trace:
    """Takes uint8 N×C×H×W; the network is in eval mode, and stays as it is."""
    found = Trace()
    with torch.inference_mode():
        inputs = network.inputs(images.to(network.device))
        found.outputs[IMAGE] = inputs.cpu()
        with recording(network.model, stages, found):
            network.outputs(inputs)
    return found


@contextmanager
def recording(
    model: nn.Module, stages: Iterable[Stage], found: Trace
) -> Iterator[None]:
    """Keeps what passes the layers while a model runs."""
    hooks = [
        model.get_submodule(stage.path).register_forward_hook(_keeper(stage, found))
        for stage in stages
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _keeper(stage: Stage, found: Trace):  # type: ignore[no-untyped-def]
    def keep(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        found.inputs[stage.number] = inputs[0].float().cpu()
        found.outputs[stage.number] = output.float().cpu()

    return keep


def in_batches(network: Network, images: Tensor, size: int) -> Iterator[Tensor]:
    """Yields N×… in parts of at most ``size``, where the network computes."""
    for start in range(0, len(images), size):
        yield images[start : start + size].to(network.device)


def limit_of(found: Trace) -> float:
    """Returns the largest distance from zero of all values that are finite."""
    sizes = [out.nan_to_num(0, 0, 0).abs().max() for out in found.outputs.values()]
    return float(torch.stack(sizes).max())
