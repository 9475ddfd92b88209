"""What every layer makes of pictures."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from cnn_tui.engine.network import Network
from cnn_tui.layers import Stage

IMAGE = "0"
"""The number of what the first layer gets."""
_BATCH_PIXELS = 2**18
"""That go through a network at once: its activations take memory beside a training."""

Note = Callable[[Stage, Tensor, Tensor], None]


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

    def keep(stage: Stage, inputs: Tensor, output: Tensor) -> None:
        found.inputs[stage.number] = inputs.float().cpu()
        found.outputs[stage.number] = output.float().cpu()

    with watching(model, stages, keep):
        yield


@contextmanager
def watching(model: nn.Module, stages: Iterable[Stage], note: Note) -> Iterator[None]:
    """Tells what goes into each layer and what comes out, while a model runs."""
    hooks = [
        model.get_submodule(stage.path).register_forward_hook(
            lambda module, inputs, output, stage=stage: note(stage, inputs[0], output)
        )
        for stage in stages
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def in_batches(network: Network, images: Tensor) -> Iterator[Tensor]:
    """Yields N×C×H×W in parts, fewer of large ones, where the network computes."""
    size = max(1, _BATCH_PIXELS // (images.shape[2] * images.shape[3]))
    for start in range(0, len(images), size):
        yield images[start : start + size].to(network.device)


def limit_of(found: Trace) -> float:
    """Returns the largest distance from zero of all values that are finite."""
    sizes = [out.nan_to_num(0, 0, 0).abs().max() for out in found.outputs.values()]
    return float(torch.stack(sizes).max())
