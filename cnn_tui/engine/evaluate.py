"""Evaluation of a model on a whole set of images."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cnn_tui.engine.data import Images
from cnn_tui.engine.loop import Trainer

BATCH_SIZE = 1000
MAX_MISTAKES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a model does on a set; ``arrays`` are those of the run directory's format."""

    loss: float
    accuracy: float
    arrays: dict[str, "np.ndarray"]


def evaluate(trainer: Trainer, images: Images, classes: int) -> Evaluation:
    """Evaluates the model, in eval mode, without touching any random state."""
    trainer.model.eval()
    try:
        with torch.inference_mode():
            loss, outputs = _outputs(trainer, images)
            return _summary(loss, outputs, images.labels, classes)
    finally:
        trainer.model.train()


def _outputs(trainer: Trainer, images: Images) -> tuple[float, Tensor]:
    """Returns the mean loss, and the outputs, N×classes."""
    sums, outputs = [], []
    for start in range(0, len(images), BATCH_SIZE):
        end = start + BATCH_SIZE
        inputs = trainer.scaling(images.images[start:end], trainer.memory_format)
        labels = images.labels[start:end]
        with trainer.autocast:
            outputs.append(trainer.model(inputs).float())
        sums.append(trainer.loss_function(outputs[-1], labels) * len(labels))
    mean = torch.stack(sums).cpu().double().sum() / len(images)
    return float(mean), torch.cat(outputs)


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
