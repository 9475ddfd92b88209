"""Evaluation: the numbers of a bare loop, and what was confused with what."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from cnn_tui.engine.data import Splits
from cnn_tui.engine.evaluate import MAX_MISTAKES, Evaluation, evaluate
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Scaling, load_network
from cnn_tui.engine.trainer import Trainer
from tests.engine.making import RANDOM, losses, make_config, make_trainer, same, weights
from tests.engine.running import rows, run, without_clock


@pytest.fixture
def trainer(splits: Splits) -> Trainer:
    """A net that knows a little."""
    trainer = make_trainer(make_config(RANDOM, optimizer={"lr": 0.1}), splits)
    losses(trainer, 15)
    return trainer


def evaluated(trainer: Trainer, images: Images) -> Evaluation:
    """Evaluates the network of a trainer."""
    return evaluate(trainer.network, trainer.loss_function, images, 10)


@pytest.fixture
def test_images(mnist: tuple[Images, Images]) -> Images:
    """2500 images: two and a half batches."""
    return mnist[1].subset(torch.arange(2500))


@pytest.fixture
def found(trainer: Trainer, test_images: Images) -> Evaluation:
    """The evaluation of that net on those images."""
    return evaluated(trainer, test_images)


def test_loss_and_accuracy_are_those_of_a_bare_loop(
    trainer: Trainer, test_images: Images, found: Evaluation
) -> None:
    trainer.model.eval()
    right, total = 0, 0.0
    with torch.inference_mode():
        for image, label in zip(test_images.images, test_images.labels, strict=True):
            outputs = trainer.model(image[None].float() / 255)
            right += int(outputs.argmax() == label)
            total += float(F.cross_entropy(outputs, label[None]))
    assert 0.2 < found.accuracy == right / 2500
    assert found.loss == pytest.approx(total / 2500, rel=1e-5)


def test_every_image_is_in_the_confusion_matrix(
    test_images: Images, found: Evaluation
) -> None:
    confusion = found.arrays["confusion"]
    counts = torch.bincount(test_images.labels, minlength=10).numpy()
    assert (confusion.sum(1) == counts).all()
    assert (found.arrays["class_counts"] == counts).all()
    assert (found.arrays["class_correct"] == np.diag(confusion)).all()
    assert np.trace(confusion) == round(found.accuracy * 2500)


def test_the_worst_mistakes_are_the_surest_ones(
    trainer: Trainer, test_images: Images, found: Evaluation
) -> None:
    trainer.model.eval()
    with torch.inference_mode():
        inputs = trainer.network.inputs(test_images.images)
        shares = trainer.model(inputs).softmax(1)
    confidence, predicted = shares.max(1)
    wrong = [int(i) for i in (predicted != test_images.labels).nonzero()[:, 0]]
    expected = sorted(wrong, key=lambda i: -float(confidence[i]))[:MAX_MISTAKES]
    arrays = found.arrays
    assert len(arrays["mistake_index"]) == MAX_MISTAKES
    assert set(arrays["mistake_index"]) == set(expected)
    assert (np.diff(arrays["mistake_confidence"]) <= 0).all()
    for place, index in enumerate(arrays["mistake_index"]):
        assert arrays["mistake_true"][place] == test_images.labels[index]
        assert arrays["mistake_predicted"][place] == predicted[index]
        assert arrays["mistake_confidence"][place] == pytest.approx(
            float(confidence[index]), rel=1e-5
        )


def test_mirror_images_can_be_judged_with(trainer: Trainer, splits: Splits) -> None:
    config = make_config(RANDOM, evaluate_flipped=True)
    weights = trainer.model.state_dict()
    network = load_network(config, Scaling(), weights, torch.device("cpu"))
    found = evaluate(network, trainer.evaluation_loss, splits.test, 10)
    trainer.model.eval()
    with torch.inference_mode():
        pictures = splits.test.images.float() / 255
        scores = [trainer.model(pictures), trainer.model(pictures.flip(3))]
    mean, labels = torch.stack(scores).mean(0), splits.test.labels
    assert not torch.equal(mean, scores[0])
    assert found.loss == pytest.approx(float(F.cross_entropy(mean, labels)), rel=1e-5)
    assert found.accuracy == int((mean.argmax(1) == labels).sum()) / len(labels)


def test_mirror_images_change_evaluations_alone(tmp_path: Path) -> None:
    plain, flipped = (
        run(make_config(RANDOM, evaluate_flipped=flag), tmp_path)[0]
        for flag in (False, True)
    )
    trained = [[without_clock(row) for row in rows(path)] for path in (plain, flipped)]
    assert trained[0] == trained[1]
    tested = [rows(path, "test/loss")[0]["test/loss"] for path in (plain, flipped)]
    assert tested[0] != tested[1]


def test_without_mistakes_there_are_none(trainer: Trainer, splits: Splits) -> None:
    trainer.model.eval()
    with torch.inference_mode():
        inputs = trainer.network.inputs(splits.test.images)
        guesses = trainer.model(inputs).argmax(1)
    right = evaluated(trainer, replace(splits.test, labels=guesses))
    assert right.accuracy == 1
    assert right.arrays["mistake_index"].shape == (0,)


def test_training_goes_on_as_if_nothing_had_been(splits: Splits) -> None:
    config = make_config(RANDOM)
    undisturbed, disturbed = (make_trainer(config, splits) for _ in range(2))
    expected = losses(undisturbed, 6)
    rng_state = torch.get_rng_state()

    torch.manual_seed(0)  # what building the second trainer left behind
    disturbed = make_trainer(config, splits)
    found = []
    for _ in range(6):
        found += losses(disturbed, 1)
        evaluated(disturbed, splits.test)
    assert found == expected
    assert same(weights(disturbed), weights(undisturbed))
    assert torch.equal(torch.get_rng_state(), rng_state)
    assert disturbed.model.training
