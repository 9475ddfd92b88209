"""``cnn-tui lr-find``: a learning rate for a preset or a run."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnn_tui.engine.verify import verify_run
from tests.engine.making import RANDOM, make_config
from tests.engine.running import ENDLESS, Training, training

from .commands import LEARNS, invoke, preset, refusal


@pytest.fixture
def learns() -> Path:
    return preset(Path(), LEARNS, "learns")


def test_a_preset_gets_a_chart_a_rate_and_a_reason(
    learns: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    lines = invoke("lr-find", learns).stdout.splitlines()
    assert len(lines) <= 24 and max(map(len, lines[:-3])) == 80
    assert "loss by learning rate" in lines[0]
    rate, reason, others = lines[-3:]
    assert rate.startswith("lr 0.") and rate.endswith(", now 0.01")
    assert "falls fastest at" in reason
    assert others.startswith("other rules: ")
    assert not Path("runs").exists()


def test_json_has_every_point(learns: Path) -> None:
    options = ("--set", "optimizer.name=adam", "--set", "lr=0.002", "--json")
    found = json.loads(invoke("lr-find", learns, *options).stdout)
    assert found["lr"] == 0.002 and found["device"]
    assert found["points"][0]["rate"] == pytest.approx(1e-5)
    assert 1e-5 < found["suggestion"]["rate"] < 1


def test_a_curve_that_does_not_fall_gives_no_rate(learns: Path) -> None:
    # Weights that nothing moves: all of their gradients are clipped away.
    lines = invoke("lr-find", learns, "--set", "clip_grad_norm=1e-12").stdout
    assert "no suggestion, now 0.01\nthe loss falls clearly at no rate" in lines


def test_what_is_neither_a_preset_nor_a_run_is_refused() -> None:
    assert "no preset nothing" in refusal("lr-find", "nothing")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Training]:
    """A run that trains without an end."""
    config = make_config(RANDOM, **ENDLESS, checkpoint_every=20)
    with training(config, tmp_path / "runs") as trained:
        trained.wait_for_row()
        yield trained


def test_a_live_run_is_not_disturbed_unasked(live: Training) -> None:
    said = refusal("lr-find", f"{live.path}/")
    assert said.startswith(f"{live.path.name} trains on this machine")
    assert said.endswith("--force does it all the same")
    assert "are for presets" in refusal("lr-find", f"{live.path}/", "--set", "lr=1")


def test_a_live_run_goes_on_bit_exact(live: Training) -> None:
    live.tell("checkpoint")
    command = [sys.executable, "-m", "cnn_tui", "lr-find", str(live.path)]
    done = subprocess.run(
        [*command, "--force", "--json"], capture_output=True, check=True, timeout=60
    )
    assert json.loads(done.stdout)["lr"] == 0.01
    live.tell("stop")
    live.outcome()
    proof = verify_run(live.path, from_step=None, steps=50, data_dir=None)
    assert proof.difference is None


def test_a_run_is_tried_at_the_rate_that_it_has_now(live: Training) -> None:
    live.tell("set", name="lr", value=0.003)
    live.tell("pause")
    found = json.loads(invoke("lr-find", f"{live.path}/", "--json").stdout)
    assert found["lr"] == 0.003
