"""Same seed, machine and threads: same numbers, bit for bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.engine.making import RANDOM, make_config, same
from tests.engine.running import rows, run, training, without_clock

WAYS: list[dict[str, Any]] = [
    {},
    {"memory_format": "contiguous", "optimizer": "adam"},
    {"precision": "bfloat16"},
    {"deterministic": True},
]


def result(path: Path) -> tuple[Any, Any]:
    """Returns the rows of a run, without the clock, and its weights."""
    weights = load_file(path / "model.safetensors")
    return [without_clock(row) for row in rows(path, "step")], weights


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_run_can_be_repeated_in_any_thread(
    way: dict[str, Any], tmp_path: Path
) -> None:
    config = make_config(RANDOM, iterations=15, evaluate_every=8, **way)
    first, _ = run(config, tmp_path)
    torch.rand(5)  # what happened before does not count
    second, _ = run(config, tmp_path)
    with training(config, tmp_path) as other:
        other.outcome()
    for again in (second, other.path):
        assert same(result(again), result(first))


def test_evaluations_and_checkpoints_change_nothing(tmp_path: Path) -> None:
    plain, _ = run(make_config(RANDOM, iterations=8), tmp_path)
    often = make_config(RANDOM, iterations=8, evaluate_every=2, checkpoint_every=1)
    busy, _ = run(often, tmp_path)
    assert [without_clock(row) for row in rows(plain)] == [
        without_clock(row) for row in rows(busy)
    ]
    assert same(result(plain)[1], result(busy)[1])


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    first, second = (run(make_config(seed=s), tmp_path)[0] for s in (0, 1))
    assert rows(first)[0]["train/loss"] != rows(second)[0]["train/loss"]
