"""Samples of the layers as they are read, and what is said about them."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.runs.health import MAX_ROWS, HealthReader, HealthRow, LayerHealth
from cnn_tui.runs.health import read_health as read
from cnn_tui.runs.records import Rewind, encode_line
from cnn_tui.runs.verdicts import verdicts
from cnn_tui.runs.writer import RunWriter

RELU = "layer 2, relu"
CONV = "layer 1, conv2d"


def relu(step: int, dead: int) -> HealthRow:
    layer = LayerHealth(name=RELU, activation_mean=0.5, dead_channels=dead, channels=16)
    return HealthRow(step=step, layers=[layer])


def learning(step: int, **values: Any) -> HealthRow:
    """Returns a sample of two layers, the second one in best health."""
    well: dict[str, Any] = {"activation_mean": 0.1, "channels": 4, "dead_channels": 0}
    well |= {"gradient_norm": 1.0, "update_to_weight": 1e-3}
    first = LayerHealth(name=CONV, **(well | values))
    return HealthRow(
        step=step, layers=[first, LayerHealth(name="layer 4, linear", **well)]
    )


def told(*rows: HealthRow) -> list[tuple[str, str, int]]:
    return [(it.kind, it.layer, it.since_step) for it in verdicts(rows)]


def test_what_was_written_is_read(writer: RunWriter) -> None:
    rows = [relu(10, 1), relu(20, 2), learning(30, gradient_norm=float("nan"))]
    for row in rows:
        writer.health(row)
    found = read(writer.path)
    assert found[:2] == rows[:2]
    assert found[2].layers[0].gradient_norm is None
    keys = list(json.loads((writer.path / "health.jsonl").read_bytes().splitlines()[0]))
    assert keys == ["step", "layers"]


def test_rewinds_and_repeated_steps_are_honoured(writer: RunWriter) -> None:
    for row in (relu(10, 1), relu(20, 2), relu(20, 3), Rewind(rewind_to=10)):
        writer.health(row)
    reader = HealthReader(writer.path)
    assert reader.poll()
    assert list(reader.rows) == [relu(10, 1)]
    writer.health(relu(15, 4))
    assert reader.poll()
    assert list(reader.rows) == [relu(10, 1), relu(15, 4)]
    assert not reader.poll()


def test_the_last_ones_are_held(tmp_path: Path) -> None:
    lines = b"".join(encode_line(relu(step, 0)) for step in range(MAX_ROWS + 5))
    (tmp_path / "health.jsonl").write_bytes(lines)
    found = read(tmp_path)
    assert (len(found), found[0].step) == (MAX_ROWS, 5)


def test_a_run_without_samples_has_none(tmp_path: Path) -> None:
    assert read(tmp_path) == []
    assert verdicts([]) == []


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["step", "layers", "rewind_to", "name", "channels"]), inner
        )
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=40) | _VALUES.map(lambda v: json.dumps(v).encode())))
def test_rubbish_is_no_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("run")
    (path / "health.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    for verdict in verdicts(read(path)):
        assert verdict.sentence.isprintable()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside").write_bytes(encode_line(relu(1, 0)))
    (tmp_path / "health.jsonl").symlink_to(tmp_path / "outside")
    assert read(tmp_path) == []


def test_dead_channels_are_told_with_when_it_began_and_what_to_do() -> None:
    [verdict] = verdicts([relu(400, 2), relu(800, 9), relu(1200, 10)])
    assert verdict.sentence == (
        "layer 2, relu: 62 % of its channels are dead since step 800: lower the "
        "learning rate, or use leaky_relu"
    )
    assert (verdict.kind, verdict.layer) == ("dead_channels", RELU)
    assert verdict.since_step == 800


def test_what_is_over_is_not_told() -> None:
    assert told(relu(400, 12), relu(800, 2)) == []
    assert told(relu(400, 12), relu(800, 2), relu(1200, 12)) == [
        ("dead_channels", RELU, 1200)
    ]


def test_a_gradient_explodes_beyond_what_was_usual() -> None:
    before = [learning(step, gradient_norm=3.0) for step in (100, 200, 300)]
    assert told(*before, learning(400, gradient_norm=29.0)) == []
    assert told(*before, learning(400, gradient_norm=31.0)) == [
        ("exploding_gradient", CONV, 400)
    ]
    small = [learning(step, gradient_norm=0.01) for step in (100, 200)]
    assert told(*small, learning(300, gradient_norm=9.0)) == []


def test_a_gradient_vanishes_beside_that_of_other_layers() -> None:
    assert told(learning(100, gradient_norm=2e-4)) == []
    [verdict] = verdicts([learning(100, gradient_norm=0.5e-4)])
    assert verdict.kind == "vanishing_gradient"
    assert "0.0000500, where that of another layer is 1.00" in verdict.sentence


@pytest.mark.parametrize(
    ("ratio", "kind"),
    [(0.2, "large_updates"), (0.05, None), (2e-5, None), (1e-6, "small_updates")],
)
def test_updates_are_compared_with_a_thousandth(ratio: float, kind: str | None) -> None:
    found = told(learning(100, update_to_weight=ratio))
    assert found == ([] if kind is None else [(kind, CONV, 100)])


def test_a_rate_that_has_fallen_is_no_illness() -> None:
    rows = [learning(100), learning(200, update_to_weight=1e-7)]
    assert told(*rows) == []


def test_values_that_are_not_finite_come_first() -> None:
    row = learning(100, activation_mean=None, update_to_weight=0.5)
    assert [kind for kind, *_ in told(row)] == ["not_finite", "large_updates"]
