"""Impossible nets keep their rows, with the problem at its layer and a remedy."""

from typing import Any

import pytest

from cnn_tui.config import layer_table, parse_mapping
from cnn_tui.presets.files import PresetFile, list_presets
from cnn_tui.presets.read import read_preset
from cnn_tui.shaping.edit import (
    Items,
    delete,
    duplicate,
    insert,
    move,
    name_of,
    nested_in,
    number,
    walk,
)
from cnn_tui.shaping.outline import Outline, outline
from cnn_tui.shaping.remedies import remedy

MNIST = (1, 28, 28)
READOUT: Items = ["flatten", {"linear": {"out_features": "classes"}}]


def conv(channels: int = 4, kernel_size: Any = 3, **others: Any) -> Any:
    return {"conv2d": {"out_channels": channels, "kernel_size": kernel_size, **others}}


def pool(kernel_size: int = 2, **others: Any) -> Any:
    return {"max_pool2d": {"kernel_size": kernel_size, **others}}


def seen(items: Items) -> Outline:
    return outline(items, MNIST, 10)


def problem(items: Items) -> tuple[str, str]:
    """Returns the number of the layer with the problem, and the problem."""
    row = seen(items).problem
    return (number(row.path), row.problem) if row else ("", "")


@pytest.mark.parametrize("file", list_presets(), ids=lambda file: file.name)
def test_the_rows_of_every_edited_preset_are_those_of_the_config(
    file: PresetFile,
) -> None:
    preset = read_preset(file)
    facts, items = preset.config.dataset.facts, preset.mapping["model"]["layers"]
    for path, _ in walk(items):
        moved = [move(items, path, step)[0] for step in (1, -1)]
        for net in (items, duplicate(items, path), delete(items, path), *moved):
            shown = outline(net, facts.input_shape, facts.classes)
            if shown.fault is None:
                mapping = {**preset.mapping, "model": {"layers": net}}
                assert shown.table == layer_table(parse_mapping(mapping))
            assert [row.item for row in shown.rows] == [i for _, i in walk(net)]


def test_rows_before_the_problem_have_their_arithmetic_and_those_after_it_none() -> (
    None
):
    net = [*[conv(), pool(4)] * 2, conv(8, 5), "relu", *READOUT]
    rows = seen(net).rows
    assert [row.arithmetic is not None for row in rows] == [True] * 4 + [False] * 4
    assert problem(net) == (
        "5",
        "the picture is 1×1 here, the kernel 5×5: it must not be larger",
    )
    assert rows[3].arithmetic and rows[3].arithmetic.output_shape == (4, 1, 1)


def test_a_problem_in_a_residual_stands_at_the_layer_in_it() -> None:
    net = [{"residual": [conv(1, 3, padding="same"), conv(1, 40), "relu"]}, *READOUT]
    assert problem(net)[0] == "1.2"
    arithmetic = [row.arithmetic is not None for row in seen(net).rows]
    assert arithmetic == [False, True, False, False, False, False]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (conv(4, None), "kernel_size: is empty: must be a whole number"),
        (conv(4, 3, pading=1), "pading: unknown key; did you mean padding"),
        ({"conv9d": {}}, "is no layer; did you mean conv2d"),
        ({"conv2d": None}, "out_channels: is missing"),
        ("linear", "out_features: is missing"),
    ],
)
def test_what_is_no_layer_says_why(item: Any, expected: str) -> None:
    where, what = problem(["relu", item, *READOUT])
    assert where == "2" and what.startswith(expected)


@pytest.mark.parametrize(
    ("net", "words", "expected"),
    [
        (
            [conv(4, 31), *READOUT],
            "padding same",
            [conv(4, 31, padding="same"), *READOUT],
        ),
        (
            [conv(4, 31, stride=2), *READOUT],
            "padding 15",
            [conv(4, 31, stride=2, padding=15), *READOUT],
        ),
        (
            [conv(4, 57, padding_mode="reflect", padding=28), *READOUT],
            "padding_mode zeros",
            None,
        ),
        (
            [conv(4, 3, padding="same", stride=2), *READOUT],
            "padding 1",
            [conv(4, 3, padding=1, stride=2), *READOUT],
        ),
        (
            [conv(4, 3, groups=3), *READOUT],
            "groups 1",
            [conv(4, 3, groups=1), *READOUT],
        ),
        ([pool(14), pool(5), *READOUT], "kernel_size 2", None),
        ([pool(3, padding=2), *READOUT], "padding 1", [pool(3, padding=1), *READOUT]),
        ([pool(9), pool(14), *READOUT], "kernel_size 3", None),
        ([pool(28), pool(5), *READOUT], "drop the pooling", [pool(28), *READOUT]),
        ([{"linear": {"out_features": 5}}], "flatten before it", None),
        ([*READOUT, "batch_norm2d"], "drop batch_norm2d", READOUT),
        (["relu"], "end with flatten and linear", ["relu", *READOUT]),
        (["flatten"], "end with linear", READOUT),
        ([], "end with flatten and linear", READOUT),
        (["flatten", {"linear": {"out_features": 9}}], "out_features classes", READOUT),
        (
            [{"residual": [conv(4, 3), conv(4, 5)]}, *READOUT],
            "padding same in it",
            None,
        ),
        ([{"residual": [pool(3)]}, *READOUT], "its layers without the sum", None),
        ([{"conv2d": None}, *READOUT], None, None),
        (
            [conv(4, "x", colour=3), *READOUT],
            "kernel_size 3  padding same without colour",
            [conv(4, 3, padding="same"), *READOUT],
        ),
        ([{"conv9d": {}}, *READOUT], "drop conv9d", READOUT),
    ],
)
def test_a_remedy_takes_the_problem_away(
    net: Items, words: str | None, expected: Items | None
) -> None:
    before = seen(net)
    proposed = remedy(net, before, 10)
    assert before.fault and proposed
    assert words is None or proposed.words == words
    assert expected is None or proposed.items == expected
    assert str(seen(proposed.items).fault) != str(before.fault)


def test_remedies_one_after_another_lead_to_a_net() -> None:
    net: Items = [
        pool(9),
        conv(4, 7),
        pool(3),
        pool(2),
        {"linear": {"out_features": 3}},
    ]
    for _ in range(9):
        if (proposed := remedy(net, seen(net), 10)) is None:
            break
        net = proposed.items
    assert seen(net).fault is None
    parse_mapping({"model": {"layers": net}})


def test_what_is_too_much_has_no_remedy() -> None:
    many = ["relu"] * 200 + READOUT
    assert "at most 200 layers" in str(seen(many).fault)
    assert remedy(many, seen(many), 10) is None
    wide = ["flatten", *[{"linear": {"out_features": 10**6}}] * 3, READOUT[1]]
    assert problem(wide)[0] == "3" and remedy(wide, seen(wide), 10) is None


def test_the_path_of_a_layer_is_the_number_of_its_row() -> None:
    net = insert([{"residual": ["relu"]}, *READOUT], (0, 1), "tanh")
    rows = seen(net).rows
    assert [row.arithmetic and row.arithmetic.number for row in rows] == [
        number(path) for path, _ in walk(net)
    ]
    assert nested_in(net[0]) and name_of(net[0]) == "residual"
