"""The keys, defaults and forms of a config."""

from typing import Any

import pytest
import yaml

from cnn_tui.config import parse_mapping, to_mapping, to_yaml
from tests.config.mappings import LOGISTIC, config, mapping


def test_the_defaults_are_those_of_the_format() -> None:
    assert to_mapping(config()) == {
        "format": 1,
        "title": "",
        "description": "",
        "dataset": {
            "name": "mnist",
            "augmentation": {
                "crop_padding": 0,
                "horizontal_flip": False,
                "rotate": 0.0,
                "scale": 0.0,
                "brightness": 0.0,
                "contrast": 0.0,
                "cutout": 0,
                "mixup": 0.0,
            },
            "normalize": "none",
            "train_images": None,
            "validation_images": 0,
        },
        "model": {"layers": LOGISTIC},
        "training": {
            "iterations": 3000,
            "batch_size": 100,
            "gradient_accumulation": 1,
            "shards": None,
            "drop_last": False,
            "loss": {
                "name": "cross_entropy",
                "label_smoothing": 0.0,
                "class_weights": None,
            },
            "optimizer": {
                "name": "sgd",
                "lr": 0.01,
                "momentum": 0.0,
                "nesterov": False,
                "weight_decay": 0.0,
                "decay_norms_and_biases": True,
            },
            "schedule": {"name": "constant", "warmup_iterations": 0},
            "evaluate_every": 500,
            "evaluate_flipped": False,
            "checkpoint_every": "30s",
            "history": 32,
            "health": True,
            "profile": True,
            "early_stopping_patience": None,
            "clip_grad_norm": None,
            "ema_decay": None,
            "on_non_finite": "stop",
            "precision": "float32",
            "memory_format": None,
            "deterministic": None,
            "compile": "off",
            "threads": None,
            "device": "auto",
            "seed": 0,
        },
    }


OPTIMIZERS = [
    {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-4},
    {"name": "adam", "lr": 1, "betas": [0.8, 0.9], "eps": 1e-6, "weight_decay": 0},
    {"name": "adamw", "lr": 0.1, "betas": [0.8, 0.9], "eps": 1e-6, "weight_decay": 0},
    {"name": "rmsprop", "lr": 0.1, "alpha": 0.9, "eps": 1e-6, "momentum": 0.5},
]
SCHEDULES = [
    {"name": "constant", "warmup_iterations": 5},
    {"name": "step", "step_size": 10, "gamma": 0.5, "warmup_iterations": 5},
    {"name": "cosine", "final_lr": 0.001, "warmup_iterations": 5},
    {"name": "one_cycle"},
]
LOSSES = [
    {"name": "cross_entropy", "label_smoothing": 0.1},
    {"name": "cross_entropy", "class_weights": "balanced"},
    {"name": "cross_entropy", "class_weights": [0.5, 1, 2.5, 1, 1, 1, 1, 1, 1, 9]},
    {"name": "mse"},
    {"name": "bce"},
]


@pytest.mark.parametrize(
    ("key", "value"),
    [("optimizer", value) for value in OPTIMIZERS]
    + [("schedule", value) for value in SCHEDULES]
    + [("loss", value) for value in LOSSES]
    + [
        ("epochs", 3),
        ("epochs", 0.5),
        ("drop_last", True),
        ("ema_decay", 0.999),
        ("evaluate_flipped", True),
        ("gradient_accumulation", 7),
        ("shards", 8),
        ("checkpoint_every", 100),
        ("checkpoint_every", "1.5s"),
        ("clip_grad_norm", 1.5),
        ("on_non_finite", "rollback"),
        ("precision", "bfloat16"),
        ("memory_format", "contiguous"),
        ("deterministic", True),
        ("compile", "off"),
        ("compile", "reduce-overhead"),
        ("threads", 2),
        ("device", "cuda:1"),
        ("seed", 2**63 - 1),
    ],
)
def test_every_key_of_the_training_survives_its_file(key: str, value: Any) -> None:
    parsed = config(training={key: value})
    again = parse_mapping(yaml.safe_load(to_yaml(parsed)))
    assert again == parsed
    written = to_mapping(again)["training"][key]
    if isinstance(value, dict):
        assert written | value == written
    else:
        assert written == value


@pytest.mark.parametrize(
    ("short", "written_out"),
    [
        ({"loss": "mse"}, {"loss": {"name": "mse"}}),
        ({"optimizer": "adam"}, {"optimizer": {"name": "adam"}}),
        ({"optimizer": {"lr": 0.5}}, {"optimizer": {"name": "sgd", "lr": 0.5}}),
        ({"schedule": "one_cycle"}, {"schedule": {"name": "one_cycle"}}),
        ({"loss": {"label_smoothing": 1}}, {"loss": {"name": "cross_entropy"}}),
    ],
)
def test_a_name_stands_for_a_mapping_and_a_mapping_for_the_usual_name(
    short: dict[str, Any], written_out: dict[str, Any]
) -> None:
    [key] = short
    found = to_mapping(config(training=short))["training"][key]
    assert found | written_out[key] == found


def test_the_length_is_in_iterations_or_in_epochs() -> None:
    images = {"train_images": 250}
    by_epochs = config(dataset=images, training={"epochs": 4, "batch_size": 100})
    assert (by_epochs.steps_per_epoch, by_epochs.total_steps) == (3, 12)
    by_iterations = config(dataset=images, training={"iterations": 7})
    assert (by_iterations.steps_per_epoch, by_iterations.total_steps) == (3, 7)
    assert "iterations" not in to_mapping(by_epochs)["training"]
    assert "epochs" not in to_mapping(by_iterations)["training"]


def test_a_last_smaller_batch_can_be_dropped() -> None:
    def steps_per_epoch(images: int) -> int:
        training = {"epochs": 1, "batch_size": 100, "drop_last": True}
        dataset = {"train_images": images}
        return config(dataset=dataset, training=training).steps_per_epoch

    assert [steps_per_epoch(images) for images in (100, 250, 300)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("epochs", "updates"), [(1, 3), (0.5, 2), (1.9, 6), (0.001, 1)]
)
def test_a_part_of_an_epoch_is_a_whole_number_of_updates(
    epochs: float, updates: int
) -> None:
    training = {"epochs": epochs, "batch_size": 100}
    parsed = config(dataset={"train_images": 250}, training=training)
    assert parsed.total_steps == updates


def test_whole_epochs_are_written_as_whole_numbers() -> None:
    assert "epochs: 4\n" in to_yaml(config(training={"epochs": 4}))
    assert "epochs: 0.5\n" in to_yaml(config(training={"epochs": 0.5}))


@pytest.mark.parametrize(
    ("dataset", "images"),
    [
        ({}, 60_000),
        ({"validation_images": 5_000}, 55_000),
        ({"train_images": 1_000, "validation_images": 5_000}, 1_000),
        ({"train_images": 55_000, "validation_images": 5_000}, 55_000),
    ],
)
def test_the_validation_images_are_not_trained_on(
    dataset: dict[str, Any], images: int
) -> None:
    assert config(dataset=dataset).dataset.images_trained_on == images


def test_a_config_has_one_format() -> None:
    assert parse_mapping(mapping(format=1)).format == 1
