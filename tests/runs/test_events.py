"""Events: a closed set is written, and those of other versions are read."""

import json
from pathlib import Path

import msgspec
import pytest

from cnn_tui.runs.events import (
    KINDS,
    Evaluated,
    Happened,
    HyperparameterChanged,
    KnownEvent,
    NonFinite,
    Paused,
    Started,
    Unknown,
    Value,
    decode_event,
)
from cnn_tui.runs.layout import EVENTS, METRICS
from cnn_tui.runs.records import (
    UNREADABLE,
    EvaluationMetrics,
    Metrics,
    Rewind,
    UpdateMetrics,
    encode_line,
)

from .conftest import MOMENT, example_event, read

GOLDEN = Path(__file__).parents[1] / "golden"


def line(event: object, **keys: object) -> bytes:
    """Returns a line as some version may have written it."""
    fixed = {"at": MOMENT.isoformat(), "step": 7, "event": event}
    return json.dumps({**fixed, **keys}).encode()


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_survives_its_line(kind: type[Happened]) -> None:
    for event in (example_event(kind), example_event(kind, least=True)):
        assert KINDS[event.name] is kind
        assert decode_event(encode_line(event)) == event


@pytest.mark.parametrize("value", [0.05, 1e38, 100, "30s"])
def test_an_edited_value_keeps_its_type(value: Value) -> None:
    event = HyperparameterChanged(at=MOMENT, step=7, what="lr", after=value)
    read_back = decode_event(encode_line(event))
    assert isinstance(read_back, HyperparameterChanged)
    assert read_back.after == value
    assert type(read_back.after) is type(value)


@pytest.mark.parametrize(
    ("event", "keys"),
    [
        (Paused(at=MOMENT, step=7), ""),
        (
            HyperparameterChanged(at=MOMENT, step=7, what="lr", before=1, after=2),
            "name from to",
        ),
        (NonFinite(at=MOMENT, step=7, what="loss", outcome="done"), "what outcome"),
        (
            example_event(Evaluated),
            "test/loss test/accuracy validation/loss validation/accuracy best "
            "command_id outcome",
        ),
    ],
)
def test_an_event_has_the_keys_of_the_contract_and_no_empty_ones(
    event: KnownEvent, keys: str
) -> None:
    assert json.loads(encode_line(event)).keys() == {
        "at",
        "step",
        "event",
        *keys.split(),
    }


def test_an_event_of_a_newer_version_keeps_its_word_and_its_keys() -> None:
    details = {"decay": 0.99, "name": "lr", "details": [1]}
    newer = line("ema_begun", command_id="1.json", outcome="later", **details)
    assert decode_event(newer) == Unknown(
        at=MOMENT,
        step=7,
        name="ema_begun",
        command_id="1.json",
        outcome="later",
        details=details,
    )


def test_keys_of_newer_versions_are_left_out_of_a_known_event() -> None:
    assert decode_event(line("paused", because="so")) == Paused(at=MOMENT, step=7)


@pytest.mark.parametrize(
    "bad",
    [
        line("evaluated", **{"test/accuracy": ["x"]}),
        line("checkpoint_saved", also_as=7),
        line("checkpoint_saved", also_as=[7]),
        line("hyperparameter_changed", to=0.5),
        line("hyperparameter_changed", name="lr", to=[0.5]),
        line("non_finite", what=None),
        line("paused", reason=3),
        line("paused", outcome="later"),
        line("resumed", until=-1),
        line("rolled_back", reached="9"),
        line("paused", step=-1),
        line("paused", at="2026-03-04T05:06:07"),
        line("ema_begun", step=2**31),
        line("ema_begun", command_id=7),
        line(None),
        line(7),
        line(["paused"]),
        line({"paused": 1}),
        b'{"event": "paused"}',
        b"[]",
        b"\xff",
        pytest.param(b"[" * 10_000, id="nested"),
    ],
)
def test_what_is_no_event_is_a_bad_line_and_spoils_no_other(
    tmp_path: Path, bad: bytes
) -> None:
    with pytest.raises(UNREADABLE):
        decode_event(bad)
    content = b"\n".join([line("started"), bad, line("news"), b""])
    (tmp_path / EVENTS).write_bytes(content)
    reader = read(tmp_path)
    assert list(reader.events) == [
        Started(at=MOMENT, step=7),
        Unknown(at=MOMENT, step=7, name="news"),
    ]
    assert reader.skipped == 1


@pytest.mark.parametrize("run", ["finished", "killed", "non-finite"])
def test_events_of_older_versions_are_known_with_all_that_they_say(run: str) -> None:
    old = (GOLDEN / run / EVENTS).read_bytes().splitlines()
    events = [decode_event(line) for line in old]
    assert not [event for event in events if isinstance(event, Unknown)]
    for event, before in zip(events, old, strict=True):
        assert json.loads(encode_line(event)) == json.loads(before)


def kind_of(row: dict[str, object]) -> type[Metrics]:
    if "rewind_to" in row:
        return Rewind
    return UpdateMetrics if "train/loss" in row else EvaluationMetrics


@pytest.mark.parametrize(
    "run",
    ["finished", "killed", "killed.resumed", "non-finite", "non-finite.rolled-back"],
)
def test_metrics_of_older_versions_are_the_rows_of_today(run: str) -> None:
    for old in (GOLDEN / run / METRICS).read_bytes().splitlines():
        keys = json.loads(old)
        row = msgspec.json.decode(old, type=kind_of(keys))
        assert json.loads(encode_line(row)) == keys
    reader = read(GOLDEN / run)
    assert reader.skipped == 0
    assert len(reader.train) > 0
