"""Whether batches can be cut into fixed shards."""

from collections.abc import Iterator, Sequence

from cnn_tui.config.models import RunConfig
from cnn_tui.config.problems import Problem
from cnn_tui.layers import BatchNorm2d, Layer, Residual


def shards_problems(config: RunConfig) -> Iterator[Problem]:
    """Yields why a config cannot be trained in its shards."""
    training, path = config.training, ("training", "shards")
    last = config.dataset.images_trained_on % training.batch_size
    smallest = training.batch_size if training.drop_last or not last else last
    if training.shards is None:
        return
    if training.shards > smallest:
        advice = "" if smallest == training.batch_size else ", or drop_last true"
        yield Problem(
            path=path,
            message=f"must be at most {smallest:,}, the images of the smallest batch"
            f"{advice}, not {training.shards:,}",
        )
    if training.gradient_accumulation > 1:
        yield Problem(
            path=path,
            message="must be null where gradient_accumulation is above 1: shards are "
            "slices, too",
        )
    for number, norm in _batch_norms(config.model.layers):
        if norm.track_running_stats and norm.momentum is None:
            yield Problem(
                path=path,
                message=f"must be null where layer {number}, batch_norm2d, has "
                "momentum null: give it a number",
            )


def _batch_norms(
    layers: Sequence[Layer], prefix: str = ""
) -> Iterator[tuple[str, BatchNorm2d]]:
    for index, layer in enumerate(layers, start=1):
        number = f"{prefix}{index}"
        if isinstance(layer, BatchNorm2d):
            yield number, layer
        elif isinstance(layer, Residual):
            yield from _batch_norms(layer.layers, f"{number}.")
