"""Channels over many pictures: which are never active, and what the others look for."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from cnn_tui.engine.images import Images
from cnn_tui.engine.look.trace import in_batches, watching
from cnn_tui.engine.network import Network
from cnn_tui.layers import Region, Stage, receptive_field

SAMPLE = 500
"""Pictures that a channel has to leave cold to count as dead."""
MOST_PICTURES = 10_000
"""Of the test set, looked through for what excites a channel."""
BEST = 9

Tell = Callable[[int, int], None]


def dead_channels(
    network: Network,
    stages: Sequence[Stage],
    images: Tensor,
    tell: Tell = lambda done, total: None,
) -> dict[str, tuple[int, ...]]:
    """Returns the channels whose output is nowhere above 0, by layer.

    ``images`` is uint8 N×C×H×W. A channel of a convolution that is below 0 everywhere
    is dead once a ReLU follows. ``tell`` hears how far it is, and may raise to end it.
    """
    spatial = [stage for stage in stages if len(stage.output_shape) == 3]
    active: dict[str, Tensor] = {}

    def note(stage: Stage, inputs: Tensor, output: Tensor) -> None:
        here = (output > 0).any(3).any(2).any(0)
        active[stage.number] = active.get(stage.number, here) | here

    done = 0
    with torch.inference_mode(), watching(network.model, spatial, note):
        for batch in in_batches(network, images):
            network(batch)
            done += len(batch)
            tell(done, len(images))
    return {
        number: tuple((~some).nonzero()[:, 0].tolist())
        for number, some in active.items()
    }


def best_patches(
    network: Network,
    stages: Sequence[Stage],
    stage: Stage,
    channel: int,
    images: Images,
    tell: Tell = lambda done, total: None,
) -> list[tuple[int, float, Region]]:
    """Returns the places that excite a channel most, one a picture, best first.

    Each is a picture's index, the value, and what it sees of the picture. ``tell``
    hears how far it is, and may raise to end it.
    """
    values: list[Tensor] = []
    places: list[Tensor] = []
    sample = images.images[:MOST_PICTURES]
    for batch in in_batches(network, sample):
        best, where = _best_of(network, stage, channel, batch)
        values.append(best)
        places.append(where)
        tell(sum(map(len, values)), len(sample))
    together, at = torch.cat(values), torch.cat(places)
    chosen = together.argsort(descending=True, stable=True)[:BEST]
    width = stage.output_shape[2] if len(stage.output_shape) == 3 else 1
    return [
        (
            index,
            float(together[index]),
            _seen(stages, stage, channel, divmod(int(at[index]), width)),
        )
        for index in chosen.tolist()
    ]


def _best_of(
    network: Network, stage: Stage, channel: int, images: Tensor
) -> tuple[Tensor, Tensor]:
    """Returns the largest value of a channel for each image, N, and its place."""
    found: list[Tensor] = []

    def note(stage: Stage, inputs: Tensor, output: Tensor) -> None:
        found.append(output[:, channel].float().flatten(1).cpu())

    with torch.inference_mode(), watching(network.model, [stage], note):
        network(images)
    best = found[0].max(1)
    return best.values, best.indices


def _seen(
    stages: Sequence[Stage], stage: Stage, channel: int, place: tuple[int, int]
) -> Region:
    flat = len(stage.output_shape) == 1
    region = Region.at(0, channel) if flat else Region.at(*place)
    return receptive_field(stages, stage, region)["0"]
