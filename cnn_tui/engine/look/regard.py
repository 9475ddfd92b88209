"""Pictures as the network sees them: what it takes them for, and why."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from cnn_tui.engine.images import Images
from cnn_tui.engine.look.trace import Trace, in_batches, recording
from cnn_tui.engine.network import Network
from cnn_tui.layers import Linear, Stage
from cnn_tui.look.messages import OcclusionMap, Predictions

_WINDOWS_ACROSS = 7
"""Of an occlusion map: a window covers a seventh of the picture, and moves by half."""

Tell = Callable[[int, int], None]


def probabilities(network: Network, images: Tensor) -> Tensor:
    """Takes uint8 N×C×H×W, returns float32 N×classes that add up to 1 each."""
    with torch.inference_mode():
        batches = in_batches(network, images)
        return torch.cat([network(batch).softmax(1) for batch in batches]).cpu()


def predict(network: Network, images: Images, step: int, tell: Tell) -> Predictions:
    """Takes each picture for something; ``tell`` hears how far it is."""
    predicted, confidence = [], []
    for batch in in_batches(network, images.images):
        best = probabilities(network, batch).max(1)
        predicted.append(best.indices)
        confidence.append(best.values)
        tell(sum(map(len, predicted)), len(images))
    return Predictions(
        step=step,
        labels=images.labels.numpy(),
        predicted=torch.cat(predicted).numpy(),
        confidence=torch.cat(confidence).numpy(),
    )


def occlusion(network: Network, image: Tensor, label: int, step: int) -> OcclusionMap:
    """Covers a picture piece by piece, and sees how far a class falls.

    ``image`` is uint8 1×C×H×W; what is covered has the picture's mean colour (Zeiler,
    Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2).
    """
    height, width = image.shape[2:]
    window = max(2, min(height, width) // _WINDOWS_ACROSS)
    stride = max(1, window // 2)
    places = [
        (y, x)
        for y in _starts(height, window, stride)
        for x in _starts(width, window, stride)
    ]
    covered = image.repeat(len(places), 1, 1, 1)
    mean = image.float().mean((2, 3), keepdim=True).round().to(torch.uint8)
    for number, (y, x) in enumerate(places):
        covered[number, :, y : y + window, x : x + window] = mean[0]
    whole = probabilities(network, image)[0, label]
    falls = (whole - probabilities(network, covered)[:, label]).numpy()
    total, times = np.zeros((2, height, width))
    for fall, (y, x) in zip(falls, places, strict=True):
        total[y : y + window, x : x + window] += fall
        times[y : y + window, x : x + window] += 1
    drop = (total / times).astype(np.float32)
    return OcclusionMap(step=step, window=window, drop=drop)


def neighbours(
    here: Tensor, others: Iterable[Tensor], count: int
) -> tuple[list[int], list[float]]:
    """Returns which of others are nearest, and how far (Euclidean), nearest first.

    ``here`` is 1×features, ``others`` come in parts, each N×features.
    """
    distances = torch.cat([torch.cdist(part, here)[:, 0] for part in others])
    nearest = distances.argsort(stable=True)[:count]
    return nearest.tolist(), distances[nearest].tolist()


def features(
    network: Network,
    stages: Sequence[Stage],
    images: Tensor,
    tell: Tell = lambda done, total: None,
) -> Iterator[Tensor]:
    """Yields what the last linear layer gets, in parts of N×features, on the CPU.

    ``tell`` hears how far it is, and may raise to end it.
    """
    done, last = 0, _hidden(stages)
    for batch in in_batches(network, images):
        found = Trace()
        with torch.inference_mode(), recording(network.model, [last], found):
            network(batch)
        yield found.inputs[last.number].flatten(1)
        done += len(batch)
        tell(done, len(images))


def feature_bytes(stages: Sequence[Stage], pictures: int) -> int:
    """Returns how large the features of some pictures are."""
    return 4 * pictures * math.prod(_hidden(stages).input_shape)


def _hidden(stages: Sequence[Stage]) -> Stage:
    """Returns the last linear layer, or without one the last layer."""
    linear = [stage for stage in stages if isinstance(stage.layer, Linear)]
    return (linear or stages)[-1]


def _starts(size: int, window: int, stride: int) -> list[int]:
    """Returns where windows begin that cover a length, the last one at its end."""
    return sorted({*range(0, size - window, stride), max(0, size - window)})
