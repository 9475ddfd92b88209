"""How a network of a run does on pictures with classes, its own set's or another's."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from cnn_tui.config.dataset import DatasetConfig
from cnn_tui.datasets.form import Part
from cnn_tui.datasets.telling import Tell
from cnn_tui.engine.corrected import WholeSet
from cnn_tui.engine.data import load_whole
from cnn_tui.engine.evaluate import Evaluation, evaluate
from cnn_tui.engine.images import Images
from cnn_tui.engine.look.source import Source, Weighed
from cnn_tui.engine.numerics import set_numerics
from cnn_tui.engine.optimizers import make_loss
from cnn_tui.errors import InputError
from cnn_tui.text import printable, shape

Which = Literal[Part, "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Pictures that a network can be judged by; their labels are its classes."""

    images: Images
    note: str = ""
    """What is to be said about their classes."""


def compute_as(source: Source) -> None:
    """Lets torch compute in this process as the run's training does, to the bit."""
    threads = source.config.training.threads
    if threads is not None:
        torch.set_num_threads(threads)
    set_numerics(source.config, source.device)


def own_pictures(source: Source, which: Which) -> Pictures:
    """Returns a part of the pictures that a run uses, or all of them.

    Raises:
        InputError: if there is no such part.
    """
    if which != "all":
        return Pictures(images=source.images(which))
    parts = source.splits.train, source.splits.validation, source.splits.test
    return Pictures(images=_joined([part for part in parts if part is not None]))


def other_pictures(
    source: Source, dataset: DatasetConfig, which: Which, tell: Tell
) -> Pictures:
    """Returns a part of another data set, or all of it, for the network of a run.

    Classes are found by their names; where a name is unknown, but there are as many of
    them, by their places, which ``note`` says.

    Raises:
        InputError: if the pictures have another shape or other classes, or there is no
            such part.
    """
    whole, _ = load_whole(dataset, source.data_dir, tell)
    parts = whole.parts.values() if which == "all" else [_part(whole, which)]
    images = _joined(list(parts))
    if images.images.shape[1:] != source.facts.input_shape:
        raise InputError(
            f"pictures of {dataset.title} are {shape(images.images.shape[1:])}, the "
            f"network takes {shape(source.facts.input_shape)}"
        )
    places, note = _places(whole.class_names, source.facts.class_names, dataset.title)
    labels = places[images.labels]
    return Pictures(images=replace(images, labels=labels), note=note)


def judge(source: Source, weighed: Weighed, pictures: Pictures) -> Evaluation:
    """Evaluates a network as its training does, by the same loss."""
    classes = source.facts.classes
    loss = make_loss(source.config.training.loss, classes)
    images = pictures.images.to(source.device)
    return evaluate(weighed.network, loss, images, classes)


def _part(whole: WholeSet, which: Part) -> Images:
    if which not in whole.parts:
        raise InputError(f"it has no {which} pictures, only {', '.join(whole.parts)}")
    return whole.parts[which]


def _joined(parts: list[Images]) -> Images:
    if len(parts) == 1:
        return parts[0]
    return replace(
        parts[0],
        images=torch.cat([part.images for part in parts]),
        labels=torch.cat([part.labels for part in parts]),
    )


def _places(
    names: tuple[str, ...], known: tuple[str, ...], title: str
) -> tuple[Tensor, str]:
    """Returns the network's class of each class, int64 N, and what to say about it."""
    if set(names) <= set(known):
        return torch.tensor([known.index(name) for name in names]), ""
    if len(names) == len(known):
        note = "its classes have other names, and are taken by their order"
        return torch.arange(len(names)), note
    unknown = next(name for name in names if name not in known)
    raise InputError(
        f"{printable(title)} has a class {printable(unknown)}, which the network does "
        f"not know; it knows {printable(', '.join(known))}"
    )
