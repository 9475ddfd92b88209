"""Every way of training that a config can ask for does train."""

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from cnn_tui.engine.data import Splits
from tests.engine.making import (
    CONVOLUTION,
    LOGISTIC,
    RANDOM,
    losses,
    make_config,
    make_trainer,
    weights,
)

WAYS: list[dict[str, Any]] = [
    {"optimizer": {"lr": 0.1}},
    {"optimizer": {"lr": 0.1, "momentum": 0.9, "nesterov": True}},
    {"optimizer": {"lr": 0.1, "weight_decay": 0.01}},
    {"optimizer": {"name": "adam", "lr": 0.01, "betas": [0.8, 0.9], "eps": 1e-6}},
    {"optimizer": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1}},
    {"optimizer": {"name": "rmsprop", "lr": 0.001, "alpha": 0.9, "momentum": 0.5}},
    {"loss": {"label_smoothing": 0.1}, "optimizer": {"lr": 0.1}},
    {"loss": "mse", "optimizer": {"lr": 1}},
    {"loss": "bce", "optimizer": {"lr": 1}},
    {"schedule": {"warmup_iterations": 5}, "optimizer": {"lr": 0.1}},
    {"schedule": {"name": "step", "step_size": 5}, "optimizer": {"lr": 0.2}},
    {"schedule": "cosine", "optimizer": {"lr": 0.2}},
    {"schedule": "one_cycle", "optimizer": {"lr": 0.2}},
    {"precision": "bfloat16", "optimizer": {"lr": 0.1}},
    {"memory_format": "contiguous", "optimizer": {"lr": 0.1}},
    {"clip_grad_norm": 0.5, "optimizer": {"lr": 0.5}},
    {"epochs": 2, "iterations": None, "optimizer": {"lr": 0.1}},
    {"batch_size": 333, "optimizer": {"lr": 0.1}},
]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_the_loss_falls(way: dict[str, Any], splits: Splits) -> None:
    trainer = make_trainer(make_config(**way), splits)
    found = losses(trainer, 20)
    assert None not in found
    first, last = found[0] or 0, found[-1] or 0
    assert last < first
    assert trainer.weights_are_finite()


@pytest.mark.parametrize("memory_format", ["channels_last", "contiguous"])
def test_deterministic_algorithms_train_all_the_same(
    splits: Splits, memory_format: str
) -> None:
    config = make_config(RANDOM, memory_format=memory_format)
    expected = losses(make_trainer(config, splits), 5)
    torch.use_deterministic_algorithms(True)
    try:
        assert losses(make_trainer(config, splits), 5) == expected
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("cross_entropy", lambda x, y: F.cross_entropy(x, y)),
        (
            {"label_smoothing": 0.2},
            lambda x, y: F.cross_entropy(x, y, label_smoothing=0.2),
        ),
        ("mse", lambda x, y: ((x - torch.eye(10)[y]) ** 2).mean()),
        (
            "bce",
            lambda x, y: F.binary_cross_entropy(torch.sigmoid(x), torch.eye(10)[y]),
        ),
    ],
)
def test_losses_are_those_of_torch(loss: Any, expected: Any, splits: Splits) -> None:
    trainer = make_trainer(make_config(loss=loss), splits)
    outputs, labels = torch.randn(50, 10), splits.train.labels[:50]
    found = trainer.loss_function(outputs, labels)
    assert float(found) == pytest.approx(float(expected(outputs, labels)), rel=1e-5)


def test_a_row_tells_of_its_batch_before_the_update(splits: Splits) -> None:
    trainer = make_trainer(make_config(schedule={"warmup_iterations": 4}), splits)
    batch = trainer.batch(1)
    inputs, labels = batch.inputs, batch.labels
    outputs = trainer.model(inputs).detach()
    trainer.update()
    [row] = trainer.read_out()
    assert row.step == 1
    assert row.loss == float(F.cross_entropy(outputs, labels))
    assert row.accuracy == int((outputs.argmax(1) == labels).sum()) / 50
    assert row.lr == trainer.rates.at(1) == 0.0025
    assert trainer.read_out() == []


def test_a_batch_is_float_images_and_their_labels(splits: Splits) -> None:
    trainer = make_trainer(make_config(batch_size=300), splits)
    sizes = [len(trainer.batch(step).labels) for step in (1, 2, 3)]
    assert sizes == [300, 200, 300]
    batch = trainer.batch(1)
    inputs, labels = batch.inputs, batch.labels
    assert (inputs.shape, inputs.dtype) == ((300, 1, 28, 28), torch.float32)
    assert labels.shape == (300,)


def test_gradients_are_clipped_to_the_norm(splits: Splits) -> None:
    config = make_config(clip_grad_norm=1e-3, optimizer={"lr": 1})
    trainer = make_trainer(config, splits)
    before = torch.cat([value.flatten() for value in weights(trainer).values()])
    trainer.update()
    after = torch.cat([value.flatten() for value in weights(trainer).values()])
    assert float((after - before).norm()) == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.parametrize(
    ("total_steps", "steps"),
    [
        (20, list(range(1, 21))),
        (250_000, [1, 3, 6, 9, 12, 15, 18]),
        (200_001, [1, 3, 6, 9, 12, 15, 18]),
        (200_000, [1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20]),
    ],
)
def test_at_most_100_000_rows_are_kept(
    total_steps: int, steps: list[int], splits: Splits
) -> None:
    trainer = make_trainer(make_config(LOGISTIC), splits)
    trainer.plan_to(total_steps)
    for _ in range(20):
        trainer.update()
    assert [row.step for row in trainer.read_out()] == steps


def test_the_last_step_has_a_row(splits: Splits) -> None:
    config = make_config(LOGISTIC, iterations=250_001)
    trainer = make_trainer(config, splits)
    trainer.step = 249_999
    trainer.update()
    trainer.update()
    assert [row.step for row in trainer.read_out()] == [250_001]


def test_memory_is_laid_out_as_asked(splits: Splits) -> None:
    layers = [CONVOLUTION, {"conv2d": {"out_channels": 3, "kernel_size": 3}}, *LOGISTIC]
    for name, layout in (
        ("channels_last", torch.channels_last),
        ("contiguous", torch.contiguous_format),
    ):
        trainer = make_trainer(make_config(layers, memory_format=name), splits)
        weight = trainer.model.get_parameter("1.weight")
        assert weight.is_contiguous(memory_format=layout)
