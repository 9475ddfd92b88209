"""``cnn-tui preflight``: how fast a preset is here."""

import json
from pathlib import Path

import pytest

from tests.engine.making import make_config
from tests.engine.running import ENDLESS, training

from .commands import invoke, preset, refusal

SMALL = """\
dataset: {train_images: 500}
model:
  layers:
    - flatten
    - linear: {out_features: classes}
training: {iterations: 20, batch_size: 50, threads: 1, device: cpu}
"""


@pytest.fixture
def small() -> Path:
    return preset(Path(), SMALL, "small")


def test_a_table_of_the_ways_to_compute_it(small: Path) -> None:
    facts, heading, now, *others, fastest = invoke(
        "preflight", small
    ).stdout.splitlines()
    assert facts.startswith("cpu (") and facts.endswith("), mnist")
    assert heading.split()[:3] == ["ms/update", "images/s", "memory"]
    assert now.startswith("as it is ") and now.endswith("×1.00")
    assert any(line.startswith("bfloat16 ") for line in others)
    assert any("left out: compiling may take a minute" in line for line in others)
    assert fastest.startswith("fastest: ")
    assert max(map(len, (heading, now, *others))) <= 80
    assert not Path("runs").exists()


def test_json_is_an_object_a_line(small: Path) -> None:
    options = ("--set", "batch_size=100", "--json")
    lines = [
        json.loads(x)
        for x in invoke("preflight", small, *options).stdout.split("\n")[:-1]
    ]
    facts, now, *others = lines
    assert (facts["type"], now["type"], now["settings"]) == ("facts", "measured", [])
    rate = 100_000 / now["cost"]["ms_per_update"]
    assert now["images_per_second"] == pytest.approx(rate)
    assert others[0]["settings"] == [["training.precision", "bfloat16"]]


def test_a_live_run_is_not_disturbed_unasked(small: Path, tmp_path: Path) -> None:
    with training(make_config(**ENDLESS), tmp_path / "runs") as live:
        live.wait_for_row()
        folder = ("--runs-dir", live.path.parent)
        assert "trains on this machine" in refusal("preflight", small, *folder)


def test_a_device_that_is_not_here_is_named(small: Path) -> None:
    said = refusal("preflight", small, "--device", "cuda:99")
    assert said.startswith("there is no device cuda:99 here")
