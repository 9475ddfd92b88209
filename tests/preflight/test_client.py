"""Asking a real process to measure."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from cnn_tui.config import to_mapping
from cnn_tui.errors import InputError, TrainingError
from cnn_tui.preflight.client import measure
from cnn_tui.preflight.messages import (
    AnyLine,
    Facts,
    LargestBatch,
    Measure,
    Measured,
    Unmeasured,
)
from tests.engine.making import make_config


def asked(**training: Any) -> Measure:
    return Measure(config=to_mapping(make_config(device="cpu", **training)))


def children() -> list[psutil.Process]:
    found = psutil.Process().children()
    return [p for p in found if "cnn_tui.engine.preflight" in p.cmdline()]


async def lines_of(request: Measure) -> list[AnyLine]:
    return [line async for line in measure(request)]


def test_each_line_comes_as_it_is_measured_and_the_process_ends() -> None:
    facts, first, *_ = asyncio.run(lines_of(asked(evaluate_every=10)))
    assert isinstance(facts, Facts) and isinstance(first, Measured)
    assert (facts.device, facts.images) == ("cpu", "mnist")
    assert first.settings == []
    assert first.images_per_second == pytest.approx(50_000 / first.cost.ms_per_update)
    least = (20 * first.cost.ms_per_update + 2 * first.cost.ms_per_evaluation) / 1000
    assert first.total_seconds >= least > 0
    assert not children()


def test_other_ways_follow_and_the_largest_batch_is_last() -> None:
    request = msgspec.structs.replace(asked(), seconds=600)
    _, first, *others, largest = asyncio.run(lines_of(request))
    assert isinstance(largest, LargestBatch)
    assert (largest.images, largest.why) == (500, "is all images")
    ways = [line.settings for line in others if isinstance(line, Measured | Unmeasured)]
    assert [("training.precision", "bfloat16")] in ways
    assert [("training.memory_format", "contiguous")] in ways
    assert isinstance(first, Measured) and (first.memory_bytes or 0) >= 0
    left_out = [line for line in others if isinstance(line, Unmeasured)]
    assert left_out[-1].settings == [("training.compile", "default")]
    assert left_out[-1].reason == "left out: compiling may take a minute"


def test_images_that_are_not_here_are_random(tmp_path: Path) -> None:
    config = to_mapping(make_config(device="cpu", iterations=5))
    config["dataset"] = {"name": "cifar100"}
    config["training"]["evaluate_every"] = 5
    facts, first, *_ = asyncio.run(
        lines_of(Measure(config=config, data_dir=str(tmp_path)))
    )
    assert isinstance(facts, Facts) and isinstance(first, Measured)
    assert facts.images == "random images"
    assert first.total_seconds > 0


def test_who_goes_away_ends_the_process() -> None:
    async def leave_at_once() -> None:
        lines = measure(asked())
        await anext(lines)
        assert children()
        await lines.aclose()

    asyncio.run(leave_at_once())
    assert not children()


def test_what_cannot_be_measured_says_why() -> None:
    with pytest.raises(InputError, match="there is no device cuda:99 here"):
        asyncio.run(lines_of(on("cuda:99")))


def on(device: str) -> Measure:
    return Measure(config=to_mapping(make_config(device=device)))


def test_a_process_that_was_killed_says_so() -> None:
    async def kill_it() -> None:
        async for _ in measure(asked()):
            os.kill(children()[0].pid, signal.SIGKILL)

    with pytest.raises(TrainingError, match="the process that measures is gone"):
        asyncio.run(kill_it())
