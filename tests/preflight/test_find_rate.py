"""Asking a real process what the loss does at higher and higher rates."""

import asyncio
from pathlib import Path

import pytest

from cnn_tui.config import to_mapping
from cnn_tui.errors import InputError
from cnn_tui.preflight.client import measure
from cnn_tui.preflight.messages import AnyLine, FindRate, RatePoint, RatesTried
from tests.engine.making import make_config
from tests.engine.running import run


async def lines_of(request: FindRate) -> list[AnyLine]:
    return [line async for line in measure(request)]


def test_the_rates_come_first_and_then_a_loss_for_each() -> None:
    config = make_config(device="cpu", optimizer={"name": "adam", "lr": 0.002})
    lines = asyncio.run(lines_of(FindRate(config=to_mapping(config))))
    tried, *points = lines
    assert tried == RatesTried(device="cpu", lr=0.002, low=1e-5, high=1.0)
    rates = [point.rate for point in points if isinstance(point, RatePoint)]
    assert len(rates) == len(points) >= 30
    assert rates == sorted(rates)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (FindRate(run="/nowhere/run"), "/nowhere/run/config.yaml cannot be read"),
        (FindRate(config={"model": {"layers": []}}), "layers"),
    ],
)
def test_what_cannot_be_tried_says_why(request_: FindRate, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        asyncio.run(lines_of(request_))


def test_a_run_whose_config_was_changed_says_so(tmp_path: Path) -> None:
    path, _ = run(make_config(), tmp_path)
    text = (path / "config.yaml").read_text()
    (path / "config.yaml").write_text(text + "# changed since\n")
    with pytest.raises(InputError, match="is of another run, or"):
        asyncio.run(lines_of(FindRate(run=str(path))))
