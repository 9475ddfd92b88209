"""What a finished run leaves behind, line by line of the format."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.torch import load_file

from cnn_tui.config import RunConfig, parse_mapping
from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.data import load_splits
from cnn_tui.engine.device import pick_device
from cnn_tui.engine.outcome import Outcome
from cnn_tui.io.safe_yaml import load
from cnn_tui.runs import lock
from cnn_tui.runs.layout import State
from tests.engine.making import (
    LOGISTIC,
    RANDOM,
    losses,
    make_config,
    make_trainer,
    same,
    weights,
)
from tests.engine.running import events, rows, run, status

CONFIG = make_config(
    RANDOM,
    iterations=25,
    evaluate_every=10,
    checkpoint_every=5,
    optimizer={"lr": 0.1, "momentum": 0.9},
    schedule={"warmup_iterations": 4},
)
Finished = tuple[Path, Outcome]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """A run of 25 updates, 10 an epoch, under the most open umask."""
    before = os.umask(0)
    try:
        return run(CONFIG, tmp_path_factory.mktemp("runs"))
    finally:
        os.umask(before)


@pytest.fixture(scope="module")
def path(finished: Finished) -> Path:
    """Its directory."""
    return finished[0]


def saved_config(path: Path) -> RunConfig:
    """Returns the config that a run has written."""
    text = (path / "config.yaml").read_bytes()
    return parse_mapping(load(text, "config.yaml").value)


def test_it_finished(finished: Finished) -> None:
    assert finished[1] == Outcome(state=State.FINISHED)


def test_it_has_the_files_of_the_format_and_no_other(path: Path) -> None:
    found = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
    assert found - {"device.jsonl"} == {
        *("config.yaml", "environment.json", "status.json", "metrics.jsonl"),
        *("events.jsonl", "health.jsonl", "lock", "train.log", "model.safetensors"),
        *(f"evaluations/{step:08}.npz" for step in (10, 20, 25)),
        *(f"history/step-{step:08}.pt" for step in (0, 10, 20, 25)),
        *("checkpoints/last.pt", "checkpoints/previous.pt", "checkpoints/best.pt"),
    }
    assert (path / "control").is_dir()


def test_it_is_private_whatever_the_umask(path: Path) -> None:
    for file in [path, *path.rglob("*")]:
        mode = file.stat().st_mode & 0o777
        assert mode == (0o700 if file.is_dir() else 0o600), file


def test_its_id_is_time_and_name(path: Path) -> None:
    day, time, name = path.name.split("-")
    assert name == "test"
    assert datetime.strptime(day + time, "%Y%m%d%H%M%S")
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_its_config_is_complete_and_resolved(path: Path) -> None:
    saved = saved_config(path)
    assert saved.training.device == "cpu"
    assert saved.training.threads == 1
    decided = {
        "device": "cpu",
        "memory_format": "channels_last",
        "deterministic": False,
    }
    resolved = CONFIG.training.model_copy(update=decided)
    assert saved == CONFIG.model_copy(update={"training": resolved})


def test_its_environment_is_described(path: Path) -> None:
    found = json.loads((path / "environment.json").read_text())
    assert {"python", "torch", "cnn_tui", "cpu_capability", "device", "host"} <= set(
        found
    )
    assert isinstance(found["command_line"], list)


def test_every_update_has_a_train_row(path: Path) -> None:
    found = rows(path)
    assert [row["step"] for row in found] == list(range(1, 26))
    for row in found:
        assert list(row) == [
            *("step", "epoch", "time", "train/loss", "train/accuracy"),
            *("lr", "images_per_second"),
        ]
        assert row["epoch"] == row["step"] / 10
        assert row["lr"] == pytest.approx(0.1 * min(1, row["step"] / 4))
        assert 0 <= row["train/accuracy"] <= 1
    times = [row["time"] for row in found]
    assert times == sorted(times)


def test_its_numbers_are_those_of_the_bare_trainer(path: Path) -> None:
    splits = load_splits(CONFIG, None, pick_device("cpu"))
    trainer = make_trainer(CONFIG, splits)
    assert [row["train/loss"] for row in rows(path)] == losses(trainer, 25)
    saved = load_file(path / "model.safetensors")
    assert same(saved, weights(trainer))


def test_test_rows_come_every_so_often_and_at_the_end(path: Path) -> None:
    found = rows(path, "test/loss")
    assert [row["step"] for row in found] == [10, 20, 25]
    for row in found:
        expected = ["step", "epoch", "time", "test/loss", "test/accuracy"]
        assert list(row) == expected


def test_a_test_row_follows_the_rows_of_its_updates(path: Path) -> None:
    steps = [row["step"] for row in rows(path, "step")]
    assert steps == sorted(steps)
    assert "test/loss" in rows(path, "step")[10]


def test_evaluations_hold_what_was_confused(path: Path) -> None:
    for row in rows(path, "test/loss"):
        file = path / "evaluations" / f"{row['step']:08}.npz"
        with np.load(file, allow_pickle=False) as arrays:
            assert arrays["confusion"].sum() == 10_000
            accuracy = np.trace(arrays["confusion"]) / 10_000
            assert accuracy == row["test/accuracy"]
            assert len(arrays["mistake_index"]) == 64


def test_events_tell_the_story_in_order(path: Path) -> None:
    found = [(event["event"], event["step"]) for event in events(path)]
    assert found[:2] == [("started", 0), ("checkpoint_saved", 0)]
    assert found[-1] == ("finished", 25)
    evaluated = [step for name, step in found if name == "evaluated"]
    assert evaluated == [10, 20, 25]
    saved = [step for name, step in found if name == "checkpoint_saved"]
    assert set(saved) == {0, 5, 10, 15, 20, 25}
    steps = [step for _, step in found]
    assert steps == sorted(steps)
    for event in events(path):
        assert datetime.fromisoformat(event["at"]).tzinfo is not None


def test_checkpoints_are_where_they_should_be(path: Path) -> None:
    last, previous, best = (
        load_checkpoint(path / "checkpoints" / f"{name}.pt")
        for name in ("last", "previous", "best")
    )
    assert (last.step, last.total_steps, last.horizon) == (25, 25, 25)
    assert previous.step < 25 or best.step == 25
    assert best.best == last.best
    assert best.best is not None
    assert best.step == best.best.step
    assert last.config == (path / "config.yaml").read_text()
    assert same(last.model, load_file(path / "model.safetensors"))


def test_best_is_the_first_of_the_highest(path: Path) -> None:
    found = rows(path, "test/loss")
    highest = max(row["test/accuracy"] for row in found)
    first = next(row["step"] for row in found if row["test/accuracy"] == highest)
    assert status(path)["best"] == {"step": first, "accuracy": highest}


def test_the_status_says_how_it_ended(path: Path) -> None:
    found = status(path)
    last = rows(path, "test/loss")[-1]
    expected: dict[str, Any] = {
        "format": 1,
        "id": path.name,
        "name": "test",
        "preset": "none",
        "dataset": "mnist",
        "state": "finished",
        "reason": None,
        "step": 25,
        "total_steps": 25,
        "epoch": 2.5,
        "device": "cpu",
        "overrides": {},
        "lr": 0.1,
        "train_loss": rows(path)[-1]["train/loss"],
        "test_loss": last["test/loss"],
        "test_accuracy": last["test/accuracy"],
        "last_checkpoint_step": 25,
        "pid": os.getpid(),
    }
    assert {key: found[key] for key in expected} == expected
    started, ended = (
        datetime.fromisoformat(found[key]) for key in ("started_at", "ended_at")
    )
    assert started < ended
    assert 0 < found["training_seconds"] <= (ended - started).total_seconds() + 1


def test_the_lock_is_given_back(path: Path) -> None:
    lock.acquire(path).release()


def test_a_validation_set_decides_what_is_best(tmp_path: Path) -> None:
    dataset = {"validation_images": 1000}
    config = make_config(LOGISTIC, dataset=dataset, iterations=30, evaluate_every=10)
    path, _ = run(config, tmp_path)
    found = rows(path, "test/loss")
    for row in found:
        assert list(row)[-2:] == ["validation/loss", "validation/accuracy"]
        assert round(row["validation/accuracy"] * 1000, 9) % 1 == 0
    best = max(row["validation/accuracy"] for row in found)
    ended = status(path)
    assert ended["best"]["accuracy"] == best
    assert ended["validation_accuracy"] == found[-1]["validation/accuracy"]
    assert ended["validation_loss"] == found[-1]["validation/loss"]


def test_a_run_of_one_update_is_a_run(tmp_path: Path) -> None:
    path, outcome = run(make_config(LOGISTIC, iterations=1), tmp_path)
    assert outcome.state is State.FINISHED
    assert [row["step"] for row in rows(path, "step")] == [1, 1]


def test_two_runs_of_one_second_and_name_do_not_meet(tmp_path: Path) -> None:
    config = make_config(LOGISTIC, iterations=1)
    paths = {run(config, tmp_path)[0] for _ in range(3)}
    assert len(paths) == 3
