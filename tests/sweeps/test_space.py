"""What ``--over`` means."""

import pytest

from cnn_tui.errors import ConfigError
from cnn_tui.sweeps.space import (
    Choices,
    Range,
    combinations,
    grid_values,
    parse_space,
    space_from_mapping,
    space_to_mapping,
    trial_settings,
)


def test_keys_are_those_of_set_and_values_are_lists_or_ranges() -> None:
    space = parse_space(
        [
            "lr=0.01..0.3:log",
            "optimizer.name=sgd,adam",
            "batch_size=32..100:32",
            "clip_grad_norm=0.5..1:2",
            "momentum=0,0.9",
            "label_smoothing=0.0..0.2",
            "ema_decay=null,0.99",
        ]
    )
    assert space == {
        "training.optimizer.lr": Range(low=0.01, high=0.3, is_log=True),
        "training.optimizer.name": Choices(values=("sgd", "adam")),
        "training.batch_size": Range(low=32, high=96, step=32),
        "training.clip_grad_norm": Choices(values=(0.5,)),
        "training.optimizer.momentum": Choices(values=(0, 0.9)),
        "training.loss.label_smoothing": Range(low=0.0, high=0.2),
        "training.ema_decay": Choices(values=(None, 0.99)),
    }
    assert space_from_mapping(space_to_mapping(space), "a file") == space


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("lr", "must be KEY=VALUE"),
        ("lr=", "must be KEY=VALUE"),
        ("lr=0.3..0.01", "must be KEY=VALUE"),
        ("lr=a..b", "must be KEY=VALUE"),
        ("lr=0..1:log", "above 0"),
        ("lr=0.0..1.0:0.000001", "has more than 1,000 values"),
        ("lr=0..1:1e-320", "has more than 1,000 values"),
        ("larning=1,2", "--over larning: unknown key"),
        ("seed=1,2", "say by --seeds N"),
    ],
)
def test_what_cannot_be_tried_is_refused_in_a_sentence(text: str, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        parse_space([text])


def test_a_key_belongs_to_the_trials_whose_optimizer_has_it() -> None:
    space = parse_space(["momentum=0,0.9", "optimizer=sgd,adam"])

    def value_of(key: str) -> str:
        return "adam" if key.endswith("name") else "0.9"

    assert trial_settings(space, value_of) == [("training.optimizer.name", "adam")]
    assert len(combinations(space)) == 3  # adam once, not with each momentum


def test_a_grid_has_all_combinations_and_needs_a_step() -> None:
    space = parse_space(["lr=0.1..0.3:0.1", "batch_size=10,20"])
    assert grid_values("lr", space["training.optimizer.lr"]) == [0.1, 0.2, 0.3]
    assert len(combinations(space)) == 6
    with pytest.raises(ConfigError, match="a grid needs values, or a step"):
        combinations(parse_space(["lr=0.1..0.3"]))
