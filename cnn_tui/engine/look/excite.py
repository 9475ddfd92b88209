"""Channels over many pictures: which are never active, and what the others look for."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from cnn_tui.engine.images import Images
from cnn_tui.engine.look.trace import Trace, in_batches, recording, trace
from cnn_tui.engine.network import Network
from cnn_tui.layers import Region, Stage, receptive_field

SAMPLE = 500
"""Pictures that a channel has to leave cold to count as dead."""
MOST_PICTURES = 10_000
"""Of the test set, looked through for what excites a channel."""
BEST = 9
_BATCH_SIZE = 250


def dead_channels(
    network: Network, stages: Sequence[Stage], images: Tensor
) -> dict[str, tuple[int, ...]]:
    """Returns the channels whose output is nowhere above 0, by layer.

    ``images`` is uint8 N×C×H×W. A channel of a convolution that is below 0 everywhere
    is dead once a ReLU follows.
    """
    spatial = [stage for stage in stages if len(stage.output_shape) == 3]
    found = trace(network, spatial, images)
    return {
        stage.number: tuple((~active).nonzero()[:, 0].tolist())
        for stage in spatial
        if (active := (found.outputs[stage.number] > 0).any((0, 2, 3))) is not None
    }


def best_patches(
    network: Network,
    stages: Sequence[Stage],
    stage: Stage,
    channel: int,
    images: Images,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> list[tuple[int, float, Region]]:
    """Returns the places that excite a channel most, one a picture, best first.

    Each is a picture's index, the value, and what it sees of the picture. ``tell``
    hears how far it is, and may raise to end it.
    """
    values: list[Tensor] = []
    places: list[Tensor] = []
    sample = images.images[:MOST_PICTURES]
    for outputs in _outputs(network, stage, sample):
        tell(sum(map(len, values)), len(sample))
        of_channel = outputs[:, channel].flatten(1)
        best = of_channel.max(1)
        values.append(best.values)
        places.append(best.indices)
    together, where = torch.cat(values), torch.cat(places)
    chosen = together.argsort(descending=True, stable=True)[:BEST]
    width = stage.output_shape[2] if len(stage.output_shape) == 3 else 1
    return [
        (
            index,
            float(together[index]),
            _seen(stages, stage, channel, divmod(int(where[index]), width)),
        )
        for index in chosen.tolist()
    ]


def _outputs(network: Network, stage: Stage, images: Tensor) -> Iterator[Tensor]:
    """Yields a layer's outputs for all images, N×C×… a batch."""
    for batch in in_batches(network, images, _BATCH_SIZE):
        found = Trace()
        with torch.inference_mode(), recording(network.model, [stage], found):
            network(batch)
        yield found.outputs[stage.number]


def _seen(
    stages: Sequence[Stage], stage: Stage, channel: int, place: tuple[int, int]
) -> Region:
    flat = len(stage.output_shape) == 1
    region = Region.at(0, channel) if flat else Region.at(*place)
    return receptive_field(stages, stage, region)["0"]
