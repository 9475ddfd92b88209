"""Images to measure with: those of the run if they are here, else random ones."""

from pathlib import Path

import torch

from cnn_tui.config import RunConfig
from cnn_tui.engine.data import Splits, load_splits
from cnn_tui.engine.device import room_for_images
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Scaling
from cnn_tui.errors import DataError

_MOST_BYTES = 2**28
"""Of random images. More would show nothing else."""


def images_for(
    config: RunConfig, data_dir: Path | None, device: torch.device
) -> tuple[Splits, str]:
    """Returns images on the device, and what they are, in words.

    Nothing is fetched or decoded: it is the shape of images that takes time.
    """
    if config.dataset.name is not None:
        room_bytes = room_for_images(config, device)
        try:
            splits = load_splits(
                *(config, data_dir, device),
                room_bytes=room_bytes,
                may_download=False,
            )
        except DataError:
            pass
        else:
            return splits, config.dataset.title
    return _random(config, device), "random images"


def _random(config: RunConfig, device: torch.device) -> Splits:
    dataset = config.dataset
    facts, held_out = dataset.facts, dataset.validation_images
    most = _MOST_BYTES // torch.Size(facts.input_shape).numel()
    most = max(most, config.training.batch_size)

    def some(count: int) -> Images:
        count = min(count, most)
        return Images(
            images=torch.randint(256, (count, *facts.input_shape), dtype=torch.uint8),
            labels=torch.arange(count) % facts.classes,
        ).to(device)

    is_scaled = dataset.normalize != "none"
    half = (0.5,) * facts.input_shape[0]
    return Splits(
        train=some(dataset.images_trained_on),
        validation=some(held_out) if held_out else None,
        test=some(facts.test_images),
        scaling=Scaling(mean=half, std=half) if is_scaled else Scaling(),
    )
