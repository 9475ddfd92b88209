"""The story of a run: what its files say, and what its network does now."""

from collections.abc import Iterator

import numpy as np
from torch import nn

from cnn_tui.datasets.telling import Tell
from cnn_tui.engine.evaluate import Evaluation
from cnn_tui.engine.look.judge import compute_as, judge, own_pictures
from cnn_tui.engine.look.source import Source, Weighed
from cnn_tui.engine.recorded import read_environment
from cnn_tui.errors import DataError, RunDirectoryError
from cnn_tui.export.story import Captioned, Story, panels_of
from cnn_tui.pictures.canvas import reduced, side_by_side
from cnn_tui.pictures.colours import Pixels, diverging, from_image, limit_of
from cnn_tui.runs.config import read_config_text
from cnn_tui.runs.confusion import Confusion
from cnn_tui.runs.layout import STATUS
from cnn_tui.runs.status import read_status
from cnn_tui.text import count, percent, printable, shape, significant

_MOST_FILTERS, _MOST_LAYERS, _MOST_MISTAKES = 64, 4, 24
_ACROSS = 16
_LARGEST_SIDE = 64
"""Of a picture, so that all of them stay a small file."""


def story_of(source: Source, weighed: Weighed, tell: Tell) -> Story:
    """Tests the network on its test pictures, and returns all that is known of a run.

    Where the pictures are not here, that part is left out, and a note says so.

    Raises:
        RunDirectoryError: if the run has no status that can be read.
    """
    status = read_status(source.run)
    if status is None:
        raise RunDirectoryError(f"{printable(source.run)} has no {STATUS}")
    tell("testing the network")
    found, notes = _judged(source, weighed)
    return Story(
        run=source.run,
        status=status,
        config=source.config,
        config_text=read_config_text(source.run),
        environment=read_environment(source.run),
        panels=panels_of(source.run),
        step=weighed.step,
        loss=found.loss if found else None,
        confusion=_confusion(source, weighed, found) if found else None,
        filters=tuple(_filters(source, weighed)),
        mistakes=tuple(_mistakes(source, found)) if found else (),
        notes=notes,
    )


def _judged(
    source: Source, weighed: Weighed
) -> tuple[Evaluation | None, tuple[str, ...]]:
    try:
        pictures = own_pictures(source, "test")
    except DataError as error:
        left_out = "the test pictures are not here, so the network was not tested anew"
        return None, (f"{left_out}: {error}",)
    compute_as(source)
    return judge(source, weighed, pictures), ()


def _confusion(source: Source, weighed: Weighed, found: Evaluation) -> Confusion:
    return Confusion(
        step=weighed.step,
        counts=found.arrays["confusion"],
        class_names=source.facts.class_names,
    )


def _filters(source: Source, weighed: Weighed) -> Iterator[Captioned]:
    """Yields the filters of the first convolutions, each by its first channel."""
    stages = [stage for stage in source.stages if stage.layer.type == "conv2d"]
    for stage in stages[:_MOST_LAYERS]:
        module = weighed.network.model.get_submodule(stage.path)
        assert isinstance(module, nn.Conv2d)
        filters = module.weight.detach().float().cpu().numpy()
        kernels, limit = filters[:_MOST_FILTERS, 0], limit_of(filters)
        of = f"{count(len(kernels))} of {count(len(filters))} filters"
        which = "" if filters.shape[1] == 1 else ", first channel"
        yield Captioned(
            words=f"layer {stage.number}, conv2d: {of}, {shape(filters.shape[2:])}"
            f"{which}, blue −{significant(limit)} to orange {significant(limit)}",
            pixels=side_by_side([diverging(one, limit) for one in kernels], _ACROSS),
        )


def _mistakes(source: Source, found: Evaluation) -> Iterator[Captioned]:
    """Yields the pictures whose wrong class the network is surest of."""
    names, images = source.facts.class_names, source.images("test").images
    columns = [
        found.arrays[f"mistake_{name}"].tolist()
        for name in ("index", "true", "predicted", "confidence")
    ]
    for index, true, predicted, confidence in list(zip(*columns, strict=True))[
        :_MOST_MISTAKES
    ]:
        taken = f"taken for {names[predicted]}, {percent(confidence)}"
        yield Captioned(
            words=f"{names[true]}, {taken} (test picture {count(index)})",
            pixels=_small(from_image(images[index].cpu().numpy())),
        )


def _small(pixels: Pixels) -> Pixels:
    sides = np.array(pixels.shape[:2])
    if sides.max() <= _LARGEST_SIDE:
        return pixels
    height, width = np.maximum(1, sides * _LARGEST_SIDE // sides.max())
    return reduced(pixels, int(height), int(width))
