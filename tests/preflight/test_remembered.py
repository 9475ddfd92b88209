"""What was measured, and what it says of other nets."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from cnn_tui.preflight.cost import Cost
from cnn_tui.preflight.remembered import (
    expect,
    in_words,
    known_path,
    one_device_speed,
    read_known,
    remember,
)
from tests.engine.making import LOGISTIC, TINY, make_config

COST = Cost(ms_per_update=2.0, ms_per_evaluation=50.0, ms_per_checkpoint=10.0)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))


def test_what_was_measured_is_known_for_runs_of_any_length() -> None:
    remember(make_config(), COST)
    longer = make_config(iterations=1000, evaluate_every=100, seed=7)
    expected = expect(longer, read_known())
    assert expected is not None and expected.is_measured
    assert expected.cost == COST
    seconds = (1000 * 2 + 10 * (50 + 10) + 2 * 10) / 1000
    assert expected.cost.seconds(longer) == pytest.approx(seconds)
    assert in_words(longer, expected) == "≈ 2.0 ms/update, 2.6 s in all (measured)"


def test_another_net_is_estimated_by_its_multiply_adds() -> None:
    remember(make_config(TINY, batch_size=50), COST)
    twice = make_config(TINY, batch_size=100)
    expected = expect(twice, read_known())
    assert expected is not None and not expected.is_measured
    assert expected.cost.ms_per_update == pytest.approx(4.0)
    assert in_words(twice, expected).endswith("(estimated)")


@pytest.mark.parametrize(
    "changed", [{"precision": "bfloat16"}, {"threads": 2}, {"device": "cpu"}]
)
def test_nothing_is_said_of_another_way_to_compute(changed: dict[str, Any]) -> None:
    remember(make_config(), COST)
    assert expect(make_config(**changed), read_known()) is None
    assert expect(make_config(), []) is None


def test_the_last_measurement_counts_and_the_file_stays_small() -> None:
    for size in range(1, 401):
        remember(make_config(batch_size=size), COST)
    for size in range(1, 102):
        remember(make_config(batch_size=size, optimizer="adam"), COST)
    newest = Cost(ms_per_update=3.0, ms_per_evaluation=1.0, ms_per_checkpoint=1.0)
    remember(make_config(batch_size=400), newest)
    found = read_known()
    assert len(found) == 500 and found[0].cost == newest
    assert [entry for entry in found if entry.work == found[0].work] == found[:1]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[1]", b'[{"way": 1}]', b"\xff" * 100, b"[" * 10_000]
)
def test_a_damaged_file_is_no_knowledge(content: bytes) -> None:
    remember(make_config(), COST)
    known_path().write_bytes(content)
    assert read_known() == []
    remember(make_config(), COST)
    assert len(read_known()) == 1


def test_no_multiply_adds_are_taken_from_a_file() -> None:
    remember(make_config(LOGISTIC), COST)
    [entry] = msgspec.json.decode(known_path().read_bytes())
    known_path().write_bytes(msgspec.json.encode([entry | {"multiply_adds": 0}]))
    assert read_known() == []


def test_the_speed_of_one_device_is_that_of_a_preset_that_left_things_open() -> None:
    remember(make_config(device="cpu"), COST)
    resolved: dict[str, Any] = {
        "memory_format": "channels_last",
        "deterministic": False,
        "shards": 2,
    }
    several = make_config(device="cpu", **resolved)
    assert one_device_speed(several, read_known()) == 50 / 2.0 * 1000
    other = make_config(device="cpu", **resolved | {"memory_format": "contiguous"})
    assert one_device_speed(other, read_known()) is None
