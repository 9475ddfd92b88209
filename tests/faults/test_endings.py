"""Losses that are not finite and memory that is not there, headless."""

import sys
from functools import partial
from pathlib import Path

import pytest

from cnn_tui.runs.layout import State
from tests.faults.nets import write_preset
from tests.faults.nursery import Nursery, events, status, wait_for
from tests.faults.outcome import rows, state
from tests.faults.preparations import limit_memory
from tests.faults.steering import tell

EXPLODING = {"name": "sgd", "lr": 1e38, "momentum": 0.9}


@pytest.fixture
def exploding(tmp_path: Path) -> Path:
    """A preset whose weights are not finite after a few updates."""
    layers = ["flatten", {"linear": {"out_features": "classes"}}]
    return write_preset(
        tmp_path / "exploding.yaml", layers=layers, optimizer=EXPLODING, iterations=20
    )


def assert_weights_are_finite(run: Path) -> None:
    """Asserts that the last checkpoint is a good one."""
    assert all(values.isfinite().all() for values in state(run)["model"].values())


@pytest.mark.parametrize(
    ("policy", "code", "ending", "reason"),
    [
        ("stop", 1, State.FAILED, "non_finite"),
        ("ignore", 0, State.FINISHED, None),
        ("rollback", 0, State.FINISHED, None),
    ],
)
def test_a_loss_that_is_not_finite(
    cnn_tui: Nursery,
    exploding: Path,
    policy: str,
    code: int,
    ending: State,
    reason: str | None,
) -> None:
    trainer, run = cnn_tui.train(exploding, f"--set=on_non_finite={policy}")
    assert trainer.wait().code == code
    assert (status(run).state, status(run).reason) == (ending, reason)
    assert "linear" in str(events(run, "non_finite")[0]["layer"])
    assert bool(events(run, "rolled_back")) == (policy == "rollback")
    assert_weights_are_finite(run)


def test_a_run_that_pauses_before_it_can_go_back_and_on(
    cnn_tui: Nursery, exploding: Path
) -> None:
    trainer, run = cnn_tui.train(exploding, "--set=on_non_finite=pause")
    assert wait_for(run, State.PAUSED).reason == "non_finite"
    assert tell(run, "rollback", lr=0.01).step == 0
    assert trainer.wait().code == 0
    assert_weights_are_finite(run)
    assert all(row["train/loss"] is not None for row in rows(run) if "lr" in row)


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_AS is not kept elsewhere")
def test_memory_that_is_not_there(cnn_tui: Nursery, tmp_path: Path) -> None:
    wide = [{"conv2d": {"out_channels": 256, "kernel_size": 5}}, "flatten"]
    layers = [*wide, {"linear": {"out_features": "classes"}}]
    preset = write_preset(
        tmp_path / "wide.yaml",
        layers=layers,
        batch_size=1000,
        iterations=1,
        gradient_accumulation=1,
    )
    limit = partial(limit_memory, 400 * 2**20)
    trainer, run = cnn_tui.train(preset, before=[limit])
    ended = trainer.wait()
    assert ended.code == 1
    assert "Traceback" not in ended.output
    assert status(run).state is State.FAILED
    reason = status(run).reason or ""
    assert reason.startswith(
        "out of memory in training at batch_size 1,000: lower it, "
    )
    assert "you tried to allocate 589824000 bytes" in reason
    assert not events(run, "non_finite")
    assert state(run)["step"] == 0
