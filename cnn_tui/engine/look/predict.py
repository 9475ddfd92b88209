"""What a network takes files of pictures for."""

import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from cnn_tui.datasets.decode import NotAPictureError
from cnn_tui.engine.look.regard import probabilities
from cnn_tui.engine.look.source import Source, Weighed
from cnn_tui.errors import InputError
from cnn_tui.look.messages import Moment
from cnn_tui.look.prepare import Preparation, prepare_file
from cnn_tui.text import NOT_FINITE, printable

_AT_ONCE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A class, and how probable it is."""

    label: int
    class_name: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicted:
    """What one file is taken for.

    Attributes:
        top: The most probable classes, best first.
        words: What was done to the picture first.
        true: The class that the folder around the file names.
        problem: Why the file is no usable picture; the rest is empty then.
    """

    file: str
    top: tuple[Guess, ...] = ()
    words: tuple[str, ...] = ()
    true: int | None = None
    problem: str | None = None


def weights_for(source: Source, moment: Moment | None) -> Weighed:
    """Returns the network of a moment; by default the best one, else the newest."""
    if moment is not None:
        return source.at(moment)
    try:
        return source.at("best")
    except InputError:
        return source.at("newest")


def predict_files(
    source: Source, weighed: Weighed, files: Iterable[str], most: int
) -> Iterator[Predicted]:
    """Yields what each file is taken for, in their order."""
    how = Preparation(
        input_shape=source.facts.input_shape,
        dataset=source.config.dataset.name,
        resize=source.config.dataset.resize,
    )
    remaining = iter(files)
    while some := list(islice(remaining, _AT_ONCE)):
        prepared = [_prepared(file, how) for file in some]
        images = [image for image, _ in prepared if image is not None]
        chances = iter(_chances(weighed, images) if images else ())
        for file, (image, words) in zip(some, prepared, strict=True):
            if image is None:
                yield Predicted(file=file, problem=words[0])
            else:
                yield _predicted(source, file, next(chances), words, most)


def files_of(paths: Iterable[str]) -> Iterator[str]:
    """Yields files, and those in and below folders, by name; no hidden ones.

    Raises:
        InputError: if there is no such file or folder.
    """
    for path in paths:
        if os.path.isdir(path):
            for folder, below, names in os.walk(path):
                below[:] = sorted(name for name in below if name[0] != ".")
                yield from (
                    os.path.join(folder, name)
                    for name in sorted(names)
                    if name[0] != "."
                )
        elif os.path.exists(path):
            yield path
        else:
            raise InputError(f"{printable(path)}: there is no such file or folder")


def _prepared(
    file: str, how: Preparation
) -> tuple["np.ndarray | None", tuple[str, ...]]:
    try:
        prepared = prepare_file(file, how)
    except NotAPictureError as error:
        return None, (str(error),)
    return prepared.image, prepared.words


def _chances(weighed: Weighed, images: list["np.ndarray"]) -> list[list[float]]:
    found: list[list[float]] = probabilities(
        weighed.network, torch.from_numpy(np.stack(images))
    ).tolist()
    return found


def _predicted(
    source: Source, file: str, chances: list[float], words: tuple[str, ...], most: int
) -> Predicted:
    if not all(map(math.isfinite, chances)):
        return Predicted(file=file, problem=NOT_FINITE)
    names = source.facts.class_names
    best = sorted(range(len(names)), key=lambda label: -chances[label])[:most]
    around = os.path.basename(os.path.dirname(os.path.abspath(file)))
    return Predicted(
        file=file,
        top=tuple(
            Guess(label=n, class_name=names[n], probability=chances[n]) for n in best
        ),
        words=words,
        true=names.index(around) if around in names else None,
    )
