"""Edits of a net: lists of items in, lists of items out."""

import pytest

from cnn_tui.shaping.edit import (
    Items,
    Path,
    delete,
    duplicate,
    insert,
    is_net,
    item_at,
    make_item,
    move,
    name_of,
    nested_in,
    number,
    parameters_of,
    replace,
    walk,
)

CONV = {"conv2d": {"out_channels": 8, "kernel_size": 3}}
NET = ["relu", {"residual": [CONV, "tanh"]}, "flatten"]


def test_a_layer_is_found_by_its_path() -> None:
    assert item_at(NET, (1, 0)) is CONV
    assert [(number(path), name_of(item)) for path, item in walk(NET)] == [
        ("1", "relu"),
        ("2", "residual"),
        ("2.1", "conv2d"),
        ("2.2", "tanh"),
        ("3", "flatten"),
    ]


def test_what_an_item_says() -> None:
    assert parameters_of(CONV) == {"out_channels": 8, "kernel_size": 3}
    assert parameters_of("relu") == parameters_of({"relu": None}) == {}
    assert parameters_of(NET[1]) == {} and nested_in(NET[1]) == [CONV, "tanh"]
    assert nested_in(CONV) is None
    assert make_item("relu", {}) == "relu"
    assert make_item("dropout", {"p": 0.2}) == {"dropout": {"p": 0.2}}


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        (insert(NET, (3,), "silu"), [*NET, "silu"]),
        (insert(NET, (1, 1), "silu"), ["relu", {"residual": [CONV, "silu", "tanh"]}]),
        (replace(NET, (1, 1), "silu"), ["relu", {"residual": [CONV, "silu"]}]),
        (delete(NET, (0,)), NET[1:]),
        (delete(NET, (1, 0)), ["relu", {"residual": ["tanh"]}]),
        (delete(delete(NET, (1, 0)), (1, 0)), ["relu"]),
        (duplicate(NET, (1,)), [*NET[:2], NET[1]]),
    ],
)
def test_edits(edited: Items, expected: Items) -> None:
    end = [] if expected[-1:] in (["silu"], NET[2:]) else ["flatten"]
    assert edited == [*expected, *end]
    assert NET == ["relu", {"residual": [CONV, "tanh"]}, "flatten"], "changed in place"


def test_a_copy_is_a_layer_of_its_own() -> None:
    copied = duplicate(NET, (1,))
    assert copied[1] is NET[1] and copied[2] is not NET[1]


@pytest.mark.parametrize("step", [1, -1])
def test_a_layer_moves_through_a_residual_and_back(step: int) -> None:
    path: Path = (0,) if step > 0 else (2,)
    net, seen = NET, [(NET, path)]
    while (moved := move(net, path, step))[0] != net:
        seen.append(moved)
        net, path = moved
    assert len(seen) == 6, "beside, three places within, beside, at the end"
    assert nested_in(seen[2][0][0 if step > 0 else 1]) is not None
    for expected, at in reversed(seen[:-1]):
        net, path = move(net, path, -step)
        assert (net, path) == (expected, at)


def test_a_residual_does_not_move_into_another() -> None:
    one, two = {"residual": ["relu"]}, {"residual": ["tanh"]}
    assert move([one, two], (0,), 1) == ([two, one], (1,))


def test_the_last_layer_that_leaves_a_residual_ends_it() -> None:
    net = ["relu", {"residual": ["tanh"]}]
    for step in (1, -1):
        assert move(net, (1, 0), step) == (["relu", "tanh"], (1,))


@pytest.mark.parametrize("value", [3, [3], [{}], [{"a": 1, "b": 2}], [{3: 4}]])
def test_what_is_no_net(value: object) -> None:
    assert not is_net(value)
    assert not is_net([{"residual": value}])
    assert is_net(NET) and is_net([{"conv9d": {"x": "y"}}])
