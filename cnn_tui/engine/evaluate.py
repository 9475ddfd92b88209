"""Evaluation of a model on a whole set of images."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnn_tui.engine.data import Splits
from cnn_tui.engine.device import first_line, is_out_of_memory, release_memory
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Network
from cnn_tui.engine.optimizers import LossFunction
from cnn_tui.engine.shards import joined
from cnn_tui.engine.team import ALONE, Team
from cnn_tui.errors import TrainingError

BATCH_SIZE = 1000
MAX_MISTAKES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a model does on a set; ``arrays`` are those of the run directory's format."""

    loss: float
    accuracy: float
    arrays: dict[str, "np.ndarray"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What an evaluation of the test set, and of a validation set, found."""

    values: dict[str, float]
    """By the names of the fields of a test row."""
    arrays: dict[str, "np.ndarray"]
    """Of the test set."""
    judged: float
    """The accuracy that the best weights are chosen by."""

    @property
    def non_finite(self) -> list[str]:
        """The names of values that are not finite, as they are in the row's file."""
        return [
            name.replace("_", "/") if "_" in name else f"test/{name}"
            for name, value in self.values.items()
            if not math.isfinite(value)
        ]


def evaluate_splits(
    network: Network,
    loss_function: LossFunction,
    splits: Splits,
    classes: int,
    team: Team = ALONE,
) -> Tested:
    """Evaluates on the test set, and on the validation set where there is one.

    All of a team have to do so at once: each takes its share of the images.
    """
    judged = test = evaluate(network, loss_function, splits.test, classes, team)
    values = {"loss": test.loss, "accuracy": test.accuracy}
    if splits.validation is not None:
        judged = evaluate(network, loss_function, splits.validation, classes, team)
        values["validation_loss"] = judged.loss
        values["validation_accuracy"] = judged.accuracy
    return Tested(values=values, arrays=test.arrays, judged=judged.accuracy)


def evaluate(
    network: Network,
    loss_function: LossFunction,
    images: Images,
    classes: int,
    team: Team = ALONE,
) -> Evaluation:
    """Evaluates a network, in eval mode, without touching any random state.

    Raises:
        TrainingError: if there is no memory even for one image at a time, or another
            process of the team is lost.
    """
    network.model.eval()
    try:
        with torch.inference_mode():
            loss, outputs = _outputs(network, loss_function, images, classes, team)
            return _summary(loss, outputs, images.labels, classes)
    finally:
        network.model.train()


def _outputs(
    network: Network,
    loss_function: LossFunction,
    images: Images,
    classes: int,
    team: Team,
) -> tuple[float, Tensor]:
    """Returns the mean loss, and the outputs, N×classes."""
    sums, outputs, most = [], [], BATCH_SIZE
    starts = range(0, len(images), BATCH_SIZE)
    for start in starts[team.rank :: team.size]:
        batch = images.part(start, start + BATCH_SIZE)
        found, most = _outputs_that_fit(network, batch, most)
        outputs.append(found)
        labels = batch.labels.to(found.device, non_blocking=True)
        sums.append(loss_function(found, labels) * len(batch))
    if team.size > 1:
        sums, outputs = _of_all(
            team, sums, outputs, len(starts), classes, network.device
        )
    mean = torch.stack(sums).cpu().double().sum() / len(images)
    return float(mean), torch.cat(outputs)[: len(images)]


def _outputs_that_fit(network: Network, batch: Images, most: int) -> tuple[Tensor, int]:
    """Returns the outputs of a batch, of ``most`` images at a time or less.

    As many as there was memory for is returned, too: what others of a team can do does
    not matter to it.
    """
    while True:
        try:
            pieces = [
                network(batch.part(start, start + most).at_target().images)
                for start in range(0, len(batch), most)
            ]
            return joined(pieces), most
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if most == 1:
                raise TrainingError(
                    "out of memory in the evaluation, even of one image at a time "
                    f"({first_line(error)})"
                ) from error
        release_memory()  # here what was computed so far is gone
        most //= 2


def _of_all(
    team: Team,
    sums: list[Tensor],
    outputs: list[Tensor],
    number: int,
    classes: int,
    device: torch.device,
) -> tuple[list[Tensor], list[Tensor]]:
    """Returns sums and outputs of all ``number`` batches, dealt to a team by turns.

    The outputs of the last one are padded to those of a whole batch.
    """
    size = 1 + BATCH_SIZE * classes
    own = torch.zeros(-(-number // team.size), size, device=device)
    for row, loss, given in zip(own, sums, outputs, strict=False):
        row[0] = loss
        row[1 : 1 + given.numel()] = given.flatten()
    everyone = team.gather(own).transpose(0, 1).flatten(0, 1)[:number]
    whole = everyone[:, 1:].reshape(number, BATCH_SIZE, classes)
    return list(everyone[:, 0]), list(whole)


def _summary(loss: float, outputs: Tensor, labels: Tensor, classes: int) -> Evaluation:
    outputs, labels = outputs.cpu(), labels.cpu()
    predicted = outputs.argmax(1)
    pairs = torch.bincount(labels * classes + predicted, minlength=classes * classes)
    confusion = pairs.reshape(classes, classes)
    correct = confusion.diagonal()
    confidence = outputs.softmax(1).gather(1, predicted[:, None])[:, 0]
    wrong = (predicted != labels).nonzero()[:, 0]
    worst = confidence[wrong].argsort(descending=True, stable=True)[:MAX_MISTAKES]
    mistakes = wrong[worst]
    arrays = {
        "confusion": confusion,  # rows: true class, columns: predicted class
        "class_counts": confusion.sum(1),
        "class_correct": correct,
        "mistake_index": mistakes,
        "mistake_predicted": predicted[mistakes],
        "mistake_true": labels[mistakes],
        "mistake_confidence": confidence[mistakes],
    }
    return Evaluation(
        loss=loss,
        accuracy=int(correct.sum()) / len(labels),
        arrays={name: tensor.numpy() for name, tensor in arrays.items()},
    )
