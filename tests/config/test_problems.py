"""What is said of a config that cannot be: key, value, and what is allowed."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.config import (
    InvalidConfigError,
    RunConfig,
    known_keys,
    parse_document,
    parse_mapping,
)
from cnn_tui.config.processes import check_shared, for_processes
from cnn_tui.errors import InputError
from cnn_tui.io.safe_yaml import dump, load
from cnn_tui.layers import LAYER_TYPES
from tests.config.mappings import LOGISTIC, config, mapping, problem, problems

CONV = {"conv2d": {"out_channels": 2, "kernel_size": 28}}


@pytest.mark.parametrize(
    ("training", "sentence"),
    [
        ({"batchsize": 5}, "training.batchsize: unknown key; did you mean batch_size?"),
        ({"zzz": 5}, "training.zzz: unknown key; known are batch_size, checkpoint_ev"),
        (
            {"optimizer": {"lerning_rate": 1}},
            "training.optimizer.lerning_rate: unknown key; known are decay_norms_",
        ),
        (
            {"optimizer": {"name": "adam", "beta": [0, 0]}},
            "training.optimizer.beta: unknown key; did you mean betas?",
        ),
        (
            {"optimizer": "adma"},
            "training.optimizer: unknown name adma; did you mean adam or adamw?",
        ),
        (
            {"schedule": {"name": "wavy"}},
            "training.schedule: unknown name wavy; known are constant, cosine, ",
        ),
        ({"schedule": "step"}, "training.schedule.step_size: is missing"),
        ({"batch_size": "5"}, "training.batch_size: must be a whole number, not '5'"),
        ({"batch_size": 5.0}, "training.batch_size: must be a whole number, not 5.0"),
        ({"batch_size": True}, "training.batch_size: must be a whole number, not true"),
        ({"batch_size": None}, "training.batch_size: is empty: must be a whole number"),
        ({"batch_size": 0}, "training.batch_size: must be greater than or equal to 1"),
        ({"epochs": 0}, "training.epochs: must be greater than 0, not 0"),
        ({"deterministic": 1}, "training.deterministic: must be true or false, not 1"),
        (
            {"optimizer": {"lr": "fast"}},
            "training.optimizer.lr: must be a number, not 'fast'",
        ),
        (
            {"optimizer": {"lr": None}},
            "training.optimizer.lr: is empty: must be a numb",
        ),
        ({"device": None}, "training.device: is empty: must be text"),
        ({"precision": None}, "training.precision: is empty: must be float32, tf32 or"),
        ({"lr": 0.1}, "training.lr: unknown key; did you mean training.optimizer.lr?"),
        ({"name": "adam"}, "training.name: unknown key; known are batch_size, "),
        (
            {"optimizer": {"name": "adam", "momentum": 0.9}},
            "training.optimizer.momentum: unknown key; known are betas, decay_nor",
        ),
        ({"optimizer": {"lr": 0}}, "training.optimizer.lr: must be greater than 0"),
        (
            {"optimizer": {"lr": float("nan")}},
            "training.optimizer.lr: must be a finite number, not nan",
        ),
        (
            {"optimizer": {"lr": float("inf")}},
            "training.optimizer.lr: must be a finite number, not inf",
        ),
        (
            {"optimizer": {"momentum": 1}},
            "training.optimizer.momentum: must be less than 1, not 1",
        ),
        ({"optimizer": {"nesterov": True}}, "training.optimizer: nesterov needs a mom"),
        ({"optimizer": [1]}, "training.optimizer: must be a mapping"),
        *(
            (
                {"loss": {"class_weights": weights}},
                "training.loss.class_weights: must be balanced, or a list of positive "
                f"numbers (from 0.000001 to 1000000), one per class, not {shown}",
            )
            for weights, shown in (
                ("even", "'even'"),
                ([], "a list of 0"),
                ([1, 0], "a list of 2"),
                ([1, 2_000_000], "a list of 2"),
                ([1, 1e-7], "a list of 2"),
                ([1, float("nan")], "a list of 2"),
                ([True] * 10, "a list of 10"),
                (2, "2"),
            )
        ),
        ({"ema_decay": 1}, "training.ema_decay: must be less than 1, not 1"),
        (
            {"gradient_accumulation": 101},
            "training.gradient_accumulation: must be at most the batch_size of 100, "
            "not 101",
        ),
        ({"shards": 101}, "training.shards: must be at most 100, the images of the s"),
        (
            {"shards": 2, "gradient_accumulation": 2},
            "training.shards: must be null where gradient_accumulation is above 1",
        ),
        (
            {"compile": "reduce-overhead", "shards": 2},
            "training.compile: must be off or default where shards is above 1",
        ),
        (
            {"loss": {"class_weights": [1, 2]}},
            "training.loss.class_weights: must be 10 numbers, one for each class of "
            "mnist, not 2",
        ),
        (
            {"loss": {"name": "mse", "class_weights": "balanced"}},
            "training.loss.class_weights: unknown key",
        ),
        (
            {"precision": "float16"},
            "training.precision: must be float32, tf32 or bfloat16",
        ),
        (
            {"compile": True},
            "training.compile: must be off, default or reduce-over",
        ),
        (
            {"compile": "reduce-overhead", "gradient_accumulation": 2},
            "training.compile: must be off or default where gradient_accumulation is",
        ),
        ({"device": "gpu"}, "training.device: must be auto, cpu, mps, cuda or cuda:N"),
        ({"device": "cuda:x"}, "training.device: must be auto, cpu, mps, cuda or cuda"),
        (
            {"checkpoint_every": "5m"},
            "training.checkpoint_every: must be seconds, such as 30s, or a number of "
            "updates, not '5m'",
        ),
        ({"checkpoint_every": "0s"}, "training.checkpoint_every: must be seconds"),
        ({"checkpoint_every": 0}, "training.checkpoint_every: must be at least 1"),
        ({"seed": -1}, "training.seed: must be greater than or equal to 0"),
        ({"seed": 2**63}, "training.seed: must be less than"),
        ({"iterations": 5, "epochs": 5}, "training: give either iterations or epochs"),
        (
            {"iterations": None, "epochs": None},
            "training: give either iterations or epochs",
        ),
        ("fast", "training: must be a mapping of keys to values, not 'fast'"),
        (
            {"batch_size": 60_001},
            "training.batch_size: must be at most the 60,000 images trained on, "
            "not 60,001",
        ),
        (
            {"schedule": {"name": "cosine", "warmup_iterations": 3000}},
            "training.schedule.warmup_iterations: must be below the 3,000 iterations "
            "of the run, not 3,000",
        ),
    ],
)
def test_problems_of_the_training(training: Any, sentence: str) -> None:
    assert problem(training=training).startswith(sentence)


@pytest.mark.parametrize(
    ("dataset", "sentence"),
    [
        (
            {"name": "mnits"},
            "dataset.name: must be mnist, fashion-mnist, kmnist, usps, cifar10, "
            "cifar100, stl10, svhn, qmnist, emnist-balanced, emnist-letters, "
            "emnist-digits, emnist-mnist, emnist-byclass or emnist-bymerge, "
            "not 'mnits'",
        ),
        ({"train_images": 0}, "dataset.train_images: must be greater than or equal"),
        (
            {"validation_images": 60_000},
            "dataset.validation_images: must be below the 60,000 images that mnist has",
        ),
        (
            {"validation_images": 10_000, "train_images": 50_001},
            "dataset.train_images: must be at most 50,000, what mnist has after the "
            "validation images",
        ),
        (
            {"train_images": 99},
            "training.batch_size: must be at most the 99 images trained on, not 100",
        ),
    ],
)
def test_problems_of_the_data_set(dataset: Any, sentence: str) -> None:
    assert problem(dataset=dataset).startswith(sentence)


@pytest.mark.parametrize(
    ("layers", "sentence"),
    [
        ([], "model.layers: the model has no layers"),
        ("relu", "model.layers: must be a list, not 'relu'"),
        (["flatten", "rely"], "layer 2: unknown layer rely; the nearest are relu"),
        (["flatten", 5], "layer 2: a layer is a name such as relu"),
        ([{"linear": {}}], "layer 1, linear.out_features: is missing"),
        (
            [{"conv2d": {"out_channels": 1, "kernel_size": 1, "strides": 2}}],
            "layer 1, conv2d.strides: unknown key; did you mean stride?",
        ),
        (
            [{"residual": ["relu", {"conv2d": {"out_channels": 0, "kernel_size": 1}}]}],
            "layer 1.2, conv2d.out_channels: must be greater than or equal to 1",
        ),
        (
            ["flatten"],
            "model.layers: the model ends in 784 features, it must end in 10",
        ),
        (
            [{"max_pool2d": {"kernel_size": 29}}, *LOGISTIC],
            "model.layers: layer 1, max_pool2d: the picture is 28×28 here, the kernel "
            "29×29: it must not be larger",
        ),
        (["relu"] * 201, "model.layers: a model has at most 200 layers"),
        (
            ["flatten", {"linear": {"out_features": 10**6}}] * 3,
            "model.layers: layer 4, linear: with it the model has 1.00 T parameters",
        ),
    ],
)
def test_problems_of_the_model(layers: Any, sentence: str) -> None:
    found = problems(mapping(layers))[0].removeprefix("f.yaml: ")
    assert found.startswith(sentence)


def test_batch_norm_does_not_see_a_batch_that_is_dropped() -> None:
    training = {"batch_size": 100, "drop_last": True}
    layers = [CONV, "batch_norm2d", *LOGISTIC]
    found = config(layers, dataset={"train_images": 101}, training=training)
    assert found.steps_per_epoch == 1


@pytest.mark.parametrize(
    ("dataset", "training"),
    [
        ({}, {"batch_size": 1}),
        ({"train_images": 101}, {"batch_size": 100}),
        ({}, {"batch_size": 5, "gradient_accumulation": 3}),
        ({"train_images": 103}, {"batch_size": 100, "gradient_accumulation": 50}),
        ({"train_images": 160}, {"batch_size": 100, "shards": 50}),
    ],
)
def test_batch_norm_must_see_more_than_one_value(dataset: Any, training: Any) -> None:
    layers = [CONV, "batch_norm2d", *LOGISTIC]
    found = problem(layers, dataset=dataset, training=training)
    assert re.match(r"training.batch_size: leaves a (batch|slice) of one image", found)
    assert "layer 2, batch_norm2d" in found


@pytest.mark.parametrize(
    ("top", "sentence"),
    [
        ({"tittle": "x"}, "tittle: unknown key; did you mean title?"),
        ({"title": 5}, "title: must be text, not 5"),
        ({"title": "x" * 201}, "title: string should have at most 200 characters"),
        ({"format": 2, "model": 7}, "format: 2 is unknown, this version of cnn-tui "),
        ({"format": None}, "format: null is unknown, this version of cnn-tui reads f"),
        ({"seed": 7}, "seed: unknown key; did you mean training.seed?"),
        ({"\x1b[2J": 1}, r"\x1b[2J: unknown key"),
        ({"title": ["\x1b[2J"]}, "title: must be text, not a list of 1"),
    ],
)
def test_problems_at_the_top(top: dict[str, Any], sentence: str) -> None:
    [line] = problems({**mapping(), **top})
    assert line.startswith(f"f.yaml: {sentence}")


def test_a_model_is_needed() -> None:
    assert problems({}) == ["f.yaml: model: is missing"]


def test_every_problem_is_named_and_the_first_stands_for_them() -> None:
    value = mapping(training={"seed": -1, "batch_size": 0}, title=1)
    with pytest.raises(InvalidConfigError) as caught:
        parse_mapping(value, "f.yaml")
    assert len(caught.value.lines) == 3
    assert str(caught.value) == f"{caught.value.lines[0]} (and 2 more problems)"


def test_problems_of_a_file_name_their_line_and_come_in_its_order() -> None:
    text = b"""\
title: x
dataset: {nam: mnist}
training:
  batch_size: none
model:
  layers:
    - conv2d: {out_channels: 16, kernel_size: 5}
    - conv2d:
        out_channels: 16
        kernal_size: 5
"""
    with pytest.raises(InvalidConfigError) as caught:
        parse_document(load(text, "f.yaml"), "f.yaml")
    assert caught.value.lines == [
        "f.yaml, line 2: dataset.nam: unknown key; did you mean name?",
        "f.yaml, line 4: training.batch_size: must be a whole number, not 'none'",
        "f.yaml, line 8: layer 2, conv2d.kernel_size: is missing",
        "f.yaml, line 10: layer 2, conv2d.kernal_size: unknown key; did you mean "
        "kernel_size?",
    ]


WORDS = st.sampled_from(
    [
        *(word for key in known_keys() for word in key.split(".")),
        *LAYER_TYPES,
        *("model", "layers", "out_features", "classes", "kernel_size", "same"),
        *("mnist", "sgd", "adam", "cosine", "30s", "\x1b[31m"),
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 2**70)
    | st.floats()
    | st.dates()
    | st.binary(max_size=3)
    | st.text(max_size=5)
    | WORDS
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "title": ANYTHING,
        "dataset": ANYTHING,
        "model": ANYTHING | st.builds(dict, layers=st.lists(ANYTHING)),
        "training": ANYTHING
        | st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                ("loss", "optimizer", "schedule", "checkpoint_every", "device"),
                ANYTHING,
            ),
        ),
    },
)


@settings(max_examples=300, deadline=None)
@given(PARTS | st.dictionaries(WORDS, ANYTHING))
def test_any_mapping_is_a_config_or_clear_sentences(value: dict[str, Any]) -> None:
    try:
        assert isinstance(parse_mapping(value, "f.yaml"), RunConfig)
    except InvalidConfigError as error:
        for line in error.lines:
            assert line.startswith("f.yaml: ")
            assert len(line.splitlines()) == 1
            assert "\x1b" not in line


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 8), st.sampled_from(["same", "valid", 0, 3]))
def test_what_a_config_writes_it_reads(channels: int, padding: Any) -> None:
    conv = {"out_channels": channels, "kernel_size": [3, 5], "padding": padding}
    nested = {"residual": ["relu", {"dropout": {"p": 0.1}}]}
    parsed = parse_mapping(mapping([{"conv2d": conv}, nested, *LOGISTIC]))
    text = dump(parsed.model_dump(mode="json", exclude_none=True))
    assert parse_document(load(text.encode(), "f"), "f") == parsed


def test_shards_need_batches_that_can_be_cut_and_batch_norm_with_a_momentum() -> None:
    dataset, few = {"train_images": 103}, {"batch_size": 100, "shards": 4}
    found = problem(LOGISTIC, dataset=dataset, training=few)
    assert "the images of the smallest batch, or drop_last true, not 4" in found
    cumulative = [CONV, {"batch_norm2d": {"momentum": None}}, *LOGISTIC]
    found = problem(cumulative, training={"shards": 2})
    assert "where layer 2, batch_norm2d, has momentum null" in found


@pytest.mark.parametrize(
    ("shards", "processes", "sentence"),
    [
        (None, 2, "2 processes can only go on with a run that has shards"),
        (6, 4, "4 processes cannot share 6"),
        (6, 2, "2 processes cannot share 6: each must have 1, 2, 4, 8"),
    ],
)
def test_processes_have_equal_branches_of_the_tree(
    shards: int | None, processes: int, sentence: str
) -> None:
    training = {"batch_size": 60, "shards": shards}
    config = parse_mapping({"model": {"layers": LOGISTIC}, "training": training})
    with pytest.raises(InputError, match=sentence):
        check_shared(config, processes)
    check_shared(config, 1)
    if shards is None:
        assert for_processes(config, 3, 3).training.shards == 3


def test_a_layer_without_parameters_says_so() -> None:
    said = problem([{"relu": {"inplace": True}}, *LOGISTIC])
    assert said == "layer 1, relu.inplace: unknown key; there are none"
