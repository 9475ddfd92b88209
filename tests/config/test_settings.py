"""Single values by key: ``--set lr=0.05``."""

import copy
from typing import Any

import pytest

from cnn_tui.config import (
    apply_settings,
    full_key,
    known_keys,
    parse_mapping,
    parse_settings,
    to_mapping,
    variants,
)
from cnn_tui.errors import ConfigError
from tests.config.mappings import config, mapping


def with_settings(value: dict[str, Any], *texts: str) -> dict[str, Any]:
    """Returns the mapping with settings as typed."""
    return apply_settings(value, parse_settings(texts))


def training(value: dict[str, Any], *texts: str) -> Any:
    """Returns the training section of what the settings make of a mapping."""
    return to_mapping(parse_mapping(with_settings(value, *texts)))["training"]


@pytest.mark.parametrize(
    ("key", "full"),
    [
        ("lr", "training.optimizer.lr"),
        ("batch_size", "training.batch_size"),
        ("optimizer.lr", "training.optimizer.lr"),
        ("optimizer", "training.optimizer.name"),
        ("training.loss", "training.loss.name"),
        ("normalize", "dataset.normalize"),
        ("dataset.name", "dataset.name"),
        ("title", "title"),
        ("step_size", "training.schedule.step_size"),
        ("model.layers.1.conv2d.bias", "model.layers.1.conv2d.bias"),
    ],
)
def test_a_unique_ending_is_enough(key: str, full: str) -> None:
    assert full_key(key) == full


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("iteration", "--set iteration: unknown key; did you mean iterations or "),
        ("optimiser", "--set optimiser: unknown key; did you mean optimizer?"),
        (
            "qqq",
            "--set qqq: unknown key; known are alpha, batch_size, betas, brightness, ",
        ),
        ("name", "--set name: means dataset.name or training.loss.name or "),
        ("training", "--set training: unknown key"),
        ("training.lr", "--set training.lr: unknown key; did you mean training.opti"),
        ("optimizer.seed", "--set optimizer.seed: unknown key; did you mean training"),
        ("", "--set : unknown key"),
        ("\x1b[2J", r"--set \x1b[2J: unknown key"),
        ("optimizer.", "--set optimizer.: unknown key"),
    ],
)
def test_other_keys_are_refused_with_the_nearest(key: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        full_key(key)
    assert str(caught.value).startswith(sentence)


def test_a_setting_is_a_key_and_a_value() -> None:
    assert parse_settings(["lr=1e-3", " seed =7", "title=a=b"]) == [
        ("training.optimizer.lr", 0.001),
        ("training.seed", 7),
        ("title", "a=b"),
    ]
    with pytest.raises(ConfigError, match="--set lr: must be KEY=VALUE"):
        parse_settings(["lr"])


def test_settings_leave_the_mapping_as_it_was() -> None:
    value = mapping(training={"optimizer": {"lr": 0.1}})
    before = copy.deepcopy(value)
    assert training(value, "lr=0.5")["optimizer"]["lr"] == 0.5
    assert value == before


def test_a_missing_section_is_made() -> None:
    assert training(mapping(), "lr=0.5")["optimizer"]["lr"] == 0.5
    assert with_settings(mapping(), "train_images=5")["dataset"] == {"train_images": 5}


@pytest.mark.parametrize("length", [{"iterations": 5}, {"epochs": 2}, {}])
def test_one_length_replaces_the_other(length: dict[str, int]) -> None:
    value = mapping(training=length)
    by_epochs = training(value, "epochs=3")
    assert by_epochs["epochs"] == 3
    assert "iterations" not in by_epochs
    by_iterations = training(value, "iterations=9")
    assert by_iterations["iterations"] == 9
    assert "epochs" not in by_iterations


@pytest.mark.parametrize(
    "optimizer", [{"lr": 0.1, "nesterov": True, "momentum": 0.9}, "sgd", {}]
)
def test_another_optimizer_keeps_what_both_know(optimizer: Any) -> None:
    changed = training(mapping(training={"optimizer": optimizer}), "optimizer=adam")
    lr = 0.1 if "lr" in optimizer else 0.001
    assert changed["optimizer"] == {
        "name": "adam",
        "lr": lr,
        "betas": [0.9, 0.999],
        "eps": 1e-8,
        "weight_decay": 0.0,
        "decay_norms_and_biases": True,
    }


def test_settings_are_applied_in_order() -> None:
    changed = training(mapping(), "schedule=step", "step_size=5", "step_size=7")
    assert changed["schedule"]["step_size"] == 7
    assert training(mapping(), "lr=1", "optimizer=adamw")["optimizer"]["lr"] == 1


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("model.layers.1.dropout.p=0.25", "p", 0.25),
        ("model.layers.2.linear.bias=false", "bias", False),
        ("model.layers.3=tanh", None, "tanh"),
    ],
)
def test_layers_are_numbered_from_one(text: str, key: str | None, value: Any) -> None:
    layers = ["dropout", {"linear": {"out_features": 10}}, "relu"]
    place = int(text.split(".")[2].split("=")[0]) - 1
    changed = with_settings({"model": {"layers": layers}}, text)["model"]["layers"]
    found = changed[place] if key is None else next(iter(changed[place].values()))[key]
    assert found == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("model.layers.0=relu", "layers are numbered from 1 to 2"),
        ("model.layers.3=relu", "layers are numbered from 1 to 2"),
        ("model.layers.x=relu", "layers are numbered from 1 to 2"),
        ("model.layers.²=relu", "layers are numbered from 1 to 2"),
        ("model.layers.=relu", "layers are numbered from 1 to 2"),
        ("model.layers.2.linear.bias.x=1", "there is no such key here"),
    ],
)
def test_a_layer_that_is_not_there_is_refused(text: str, sentence: str) -> None:
    value = mapping(["flatten", {"linear": {"out_features": 10, "bias": True}}])
    with pytest.raises(ConfigError, match=sentence):
        with_settings(value, text)


def test_every_known_key_can_be_set_by_itself() -> None:
    for key in known_keys():
        assert full_key(key) == key
    assert set(variants("training.optimizer")) == {"sgd", "adam", "adamw", "rmsprop"}
    assert set(variants("training.schedule")) == {
        "constant",
        "step",
        "cosine",
        "one_cycle",
    }
    assert set(variants("training.loss")) == {"cross_entropy", "mse", "bce"}


@pytest.mark.parametrize("name", ["adam", "adamw", "rmsprop", "sgd"])
def test_a_resolved_config_takes_settings_as_a_preset_does(name: str) -> None:
    resolved = to_mapping(config())
    assert training(resolved, f"optimizer={name}")["optimizer"]["name"] == name
