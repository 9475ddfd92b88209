"""A network as one module, from stored pictures to probabilities, and its proof."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import torch
from torch import Tensor, nn

from cnn_tui.config import to_yaml
from cnn_tui.engine.look.source import Source, Weighed
from cnn_tui.errors import DataError, TrainingError
from cnn_tui.runs.layout import FORMAT
from cnn_tui.text import count

INPUT, OUTPUTS = "images", ("scores", "probabilities")
TOLERANCE = 1e-5
_CHECKED = 100

Run = Callable[["np.ndarray"], "np.ndarray"]
"""From uint8 N×C×H×W to probabilities, float32 N×classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The bytes of a network's file, and what is to be said of them."""

    data: bytes
    note: str


class Graph(nn.Module):
    """Takes uint8 N×C×H×W; returns scores and probabilities, float32 N×classes.

    It does what an evaluation does, always in float32.
    """

    def __init__(self, weighed: Weighed) -> None:
        """Takes over the model, which is in eval mode."""
        super().__init__()
        network = weighed.network
        self.model = network.model.to(memory_format=torch.contiguous_format)
        self.is_flipped_too = network.is_flipped_too
        self.mean = nn.Buffer(torch.tensor(network.scaling.mean).view(-1, 1, 1))
        self.std = nn.Buffer(torch.tensor(network.scaling.std).view(-1, 1, 1))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """See the class."""
        inputs = images.to(torch.float32).div(255).sub(self.mean).div(self.std)
        scores: Tensor = self.model(inputs)
        if self.is_flipped_too:
            scores = scores.add(self.model(inputs.flip(3))).div(2)
        return scores, scores.softmax(1)


def exported(graph: Graph, source: Source) -> torch.export.ExportedProgram:
    """Returns the graph as torch.export has it, for any number of pictures at once."""
    example = torch.zeros(2, *source.facts.input_shape, dtype=torch.uint8)
    batch = torch.export.Dim("batch", min=1)
    with torch.no_grad():
        return torch.export.export(graph, (example,), dynamic_shapes=({0: batch},))


def facts(source: Source, weighed: Weighed) -> dict[str, str]:
    """Returns what goes with a network, by name: as text, for metadata."""
    is_averaged = source.config.training.ema_decay is not None
    return {
        "format": str(FORMAT),
        "run": source.run.name,
        "step": str(weighed.step),
        "classes": msgspec.json.encode(source.facts.class_names).decode(),
        "scaling": msgspec.json.encode(weighed.network.scaling).decode(),
        "weights": "ema" if is_averaged else "raw",
        "config": to_yaml(source.config),
    }


def check(run: Run, graph: Graph, source: Source, what: str) -> str:
    """Compares what was written with torch on pictures; returns what was found.

    Raises:
        TrainingError: if the probabilities of any picture differ by more than 1e-5.
    """
    images, which = _pictures(source)
    with torch.no_grad():
        expected = graph(images)[1].numpy()
    worst = float(np.abs(run(images.numpy()) - expected).max())
    alone = float(np.abs(run(images[:1].numpy()) - expected[:1]).max())
    if not max(worst, alone) <= TOLERANCE:
        raise TrainingError(
            f"{what} differs from torch by {max(worst, alone):.2g} on {which}, more "
            f"than {TOLERANCE:g}: nothing was written"
        )
    return f"{what} gives what torch gives on {which}, within {max(worst, alone):.1g}"


def _pictures(source: Source) -> tuple[Tensor, str]:
    """Returns pictures of the test set, or random ones where there is none."""
    try:
        images = source.images("test").images[:_CHECKED].cpu()
    except DataError:
        generator = torch.Generator().manual_seed(0)
        sizes: Any = (_CHECKED, *source.facts.input_shape)
        images = torch.randint(256, sizes, dtype=torch.uint8, generator=generator)
        return images, f"{_CHECKED} random pictures (the data set is not here)"
    return images, f"{count(len(images))} test pictures"
