"""Parameters as a line of text, the types to choose from, marks, undo and redo."""

from typing import Any

import pytest

from cnn_tui.layers import LAYER_TYPES
from cnn_tui.shaping.difference import changed_paths, first_change
from cnn_tui.shaping.history import History
from cnn_tui.shaping.kinds import KINDS, asks, matching, new_item
from cnn_tui.shaping.outline import read
from cnn_tui.shaping.typed import completion, others, read_line, write


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (
            {"conv2d": {"out_channels": 16, "kernel_size": 5, "padding": "same"}},
            "out_channels 16  kernel_size 5  padding same",
        ),
        (
            {"conv2d": {"out_channels": 16, "kernel_size": [3, 5], "bias": False}},
            "out_channels 16  kernel_size 3×5  bias false",
        ),
        ({"dropout": {"p": 0.25}}, "p 0.25"),
        ("relu", ""),
    ],
)
def test_a_line_says_what_is_given_and_is_read_back(item: Any, text: str) -> None:
    name = next(iter(item)) if isinstance(item, dict) else item
    assert write(item) == text
    assert read_line(name, text) == item


@pytest.mark.parametrize(
    "text",
    [
        "16 5 padding same",
        "out_channels=16, kernel_size: 5 padding=same",
        "k 5 o 16 p same",
        "16 5x5 padding same",
        "16 [5, 5] padding same",
    ],
)
def test_a_line_may_be_written_in_many_ways(text: str) -> None:
    expected = {"conv2d": {"out_channels": 16, "kernel_size": 5, "padding": "same"}}
    assert read(read_line("conv2d", text)) == read(expected)


@pytest.mark.parametrize(
    "text", ["[[[", "kernel_size", "= : ,", "3 3 3 3 3 3 3 3 3", "é"]
)
def test_any_line_is_a_layer_or_a_problem(text: str) -> None:
    read(read_line("conv2d", text))
    read(read_line("relu", text))


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("ker", "kernel_size"),
        ("out_channels 16 k", "out_channels 16 kernel_size"),
        ("padding s", "padding same"),
        ("padding same padding", "padding same padding_mode"),
        ("padding_mode ref", "padding_mode reflect"),
        ("bias f", "bias false"),
        ("bias ", "bias "),
        ("zzz", "zzz"),
        ("", ""),
    ],
)
def test_the_last_word_is_completed(text: str, completed: str) -> None:
    assert completion("conv2d", text) == completed


def test_what_is_not_given_is_shown_with_its_default() -> None:
    assert others({"conv2d": {"out_channels": 8, "kernel_size": 3, "bias": False}}) == (
        "stride 1 · padding 0 · dilation 1 · groups 1 · padding_mode zeros"
    )
    assert others("relu") == ""
    assert others("linear") == "out_features ? · bias true"


def test_every_type_of_layer_can_be_chosen_and_starts_as_a_layer() -> None:
    assert set(KINDS) == set(LAYER_TYPES)
    for name, known in LAYER_TYPES.items():
        assert isinstance(read(new_item(name, (8, 14, 14))), known)
        assert isinstance(read(new_item(name, None)), known)
        assert asks(name) == name.endswith(("conv2d", "pool2d", "linear"))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("conv", "conv2d"),
        ("mp", "max_pool2d"),
        ("bn", "batch_norm2d"),
        ("aap", "adaptive_avg_pool2d"),
        ("pool", "max_pool2d"),
        ("fully", "linear"),
        ("r", "relu"),
        ("res", "residual"),
        ("", "conv2d"),
    ],
)
def test_a_type_is_found_by_name_first_letters_or_words(words: str, first: str) -> None:
    assert matching(words)[0] == first
    assert matching("zzz") == []


def test_a_new_convolution_has_the_channels_of_its_place() -> None:
    assert new_item("conv2d", (64, 7, 7))["conv2d"]["out_channels"] == 64
    assert new_item("residual", (3, 7, 7))["residual"][0]["conv2d"]["out_channels"] == 3


def test_only_layers_that_are_new_or_different_are_marked() -> None:
    before = ["relu", {"residual": ["tanh", "silu"]}, "flatten"]
    now = ["relu", {"residual": ["tanh", "gelu", "silu"]}, "dropout", "flatten"]
    assert changed_paths(before, now) == {(1, 1), (2,)}
    assert changed_paths(before, before) == frozenset()
    assert first_change(before, now) == 3
    assert first_change(before, before[:2]) == 4


def test_undo_and_redo_have_no_limit_and_a_new_edit_ends_redo() -> None:
    history = History()
    for size in range(1000):
        history = history.then(["relu"] * size)
    for size in reversed(range(999)):
        history = history.undone()
        assert history.present == ["relu"] * size
    assert history.undone().present is None
    assert history.undone().undone() == history.undone()
    for size in range(1, 1000):
        history = history.redone()
        assert history.present == ["relu"] * size
    assert history.redone() == history
    assert history.undone().then([]).redone().present == []
