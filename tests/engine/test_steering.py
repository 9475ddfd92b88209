"""A run that trains is steered through its mailbox."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnn_tui.engine.checkpoint import Checkpoint, load_checkpoint
from cnn_tui.engine.control import Control
from cnn_tui.engine.start import start_run
from cnn_tui.runs.layout import State
from tests.engine.making import LOGISTIC, make_config
from tests.engine.running import Training, events, request, rows, status, training

STEPS = 100_000
ENDLESS: dict[str, Any] = {
    "iterations": STEPS,
    "evaluate_every": STEPS,
    "optimizer": {"lr": 0.01, "momentum": 0.5},
}


@pytest.fixture
def trained(tmp_path: Path) -> Iterator[Training]:
    """A run that goes on until it is told otherwise; 10 updates an epoch."""
    with training(make_config(LOGISTIC, **ENDLESS), tmp_path) as trained:
        trained.wait_for_row()
        yield trained


@pytest.fixture
def paused(trained: Training) -> Training:
    """The same run, standing still."""
    trained.tell("pause")
    return trained


def last(trained: Training) -> Checkpoint:
    """Returns ``last.pt``."""
    return load_checkpoint(trained.path / "checkpoints" / "last.pt")


def test_pause_stands_still_with_a_checkpoint(trained: Training) -> None:
    answer = trained.tell("pause")
    assert (answer["event"], answer["outcome"]) == ("paused", "done")
    found = status(trained.path)
    assert (found["state"], found["step"]) == ("paused", answer["step"])
    assert last(trained).step == found["last_checkpoint_step"] == answer["step"]
    assert rows(trained.path)[-1]["step"] == answer["step"]
    later = trained.tell("checkpoint")
    assert later["step"] == answer["step"]
    assert status(trained.path)["training_seconds"] == found["training_seconds"]


def test_resume_goes_on(paused: Training) -> None:
    step = status(paused.path)["step"]
    answer = paused.tell("resume")
    assert (answer["event"], answer["outcome"]) == ("resumed", "done")
    assert paused.tell("step", count=1)["until"] > step
    end = paused.wait_for_steps()
    assert end > step
    steps = [row["step"] for row in rows(paused.path)]
    assert steps == list(range(1, end + 1))


def test_asking_for_what_already_holds_is_done(paused: Training) -> None:
    assert paused.tell("pause")["outcome"] == "done"
    assert paused.tell("resume")["outcome"] == "done"
    assert paused.tell("resume")["outcome"] == "done"
    assert status(paused.path)["state"] == "running"


def test_step_makes_so_many_updates_and_pauses(paused: Training) -> None:
    start = status(paused.path)["step"]
    answer = paused.tell("step", count=3)
    assert (answer["event"], answer["until"]) == ("resumed", start + 3)
    assert paused.wait_for_steps() == start + 3
    assert paused.tell("pause")["step"] == start + 3


def test_epoch_goes_to_the_end_of_the_epoch(paused: Training) -> None:
    start = status(paused.path)["step"]
    paused.tell("step", count=10 - start % 10 + 3)
    middle = paused.wait_for_steps()
    assert middle % 10 == 3
    assert paused.tell("epoch")["until"] == middle + 7
    assert paused.wait_for_steps() == middle + 7
    assert paused.tell("epoch")["until"] == middle + 17  # from a boundary: a whole one
    assert paused.wait_for_steps() == middle + 17


def test_a_step_ends_at_the_end(tmp_path: Path) -> None:
    config = make_config(LOGISTIC, **{**ENDLESS, "on_non_finite": "pause"})
    with training(config, tmp_path) as trained:
        step = trained.tell("pause")["step"]
        assert trained.tell("step", count=2**31 - 1)["until"] == STEPS
        assert trained.tell("step", count=1)["until"] > step


def test_evaluate_adds_a_test_row_once(paused: Training) -> None:
    for _ in range(2):
        answer = paused.tell("evaluate")
        assert (answer["event"], answer["outcome"]) == ("evaluated", "done")
    [row] = rows(paused.path, "test/loss")
    assert row["step"] == answer["step"]
    assert answer["test/accuracy"] == row["test/accuracy"]
    assert status(paused.path)["best"]["step"] == row["step"]
    assert (paused.path / "checkpoints" / "best.pt").exists()


def test_checkpoint_is_kept(trained: Training) -> None:
    answer = trained.tell("checkpoint")
    assert (answer["event"], answer["outcome"]) == ("checkpoint_saved", "done")
    kept = trained.path / "checkpoints" / f"step-{answer['step']:08}.pt"
    assert load_checkpoint(kept).step == answer["step"]


def test_a_new_learning_rate_counts_from_the_next_update(trained: Training) -> None:
    answer = trained.tell("set", name="lr", value=0.5)
    assert (answer["event"], answer["outcome"]) == ("hyperparameter_changed", "done")
    assert (answer["name"], answer["from"], answer["to"]) == ("lr", 0.01, 0.5)
    assert last(trained).step >= answer["step"]  # it is on disk
    assert last(trained).overrides == {"lr": 0.5}
    assert last(trained).lr_factor == pytest.approx(50)
    trained.tell("step", count=2)
    trained.wait_for_steps()
    for row in rows(trained.path):
        assert row["lr"] == (0.01 if row["step"] <= answer["step"] else 0.5)
    assert status(trained.path)["overrides"] == {"lr": 0.5}
    assert status(trained.path)["lr"] == 0.5


@pytest.mark.parametrize(
    ("name", "value"), [("momentum", 0.9), ("weight_decay", 0.01), ("momentum", 0)]
)
def test_the_optimizer_gets_its_new_values(
    name: str, value: float, paused: Training
) -> None:
    answer = paused.tell("set", name=name, value=value)
    assert answer["to"] == value
    saved = last(paused)
    assert saved.overrides == {name: value}
    [group] = saved.optimizer["param_groups"]
    assert group[name] == value
    paused.tell("step", count=3)
    assert paused.wait_for_steps()


def test_evaluations_and_checkpoints_come_as_often_as_set(paused: Training) -> None:
    start = paused.tell("set", name="evaluate_every", value=5)["step"]
    answer = paused.tell("set", name="checkpoint_every", value=2)
    assert (answer["from"], answer["to"]) == ("30s", 2)
    paused.tell("step", count=10)
    end = paused.wait_for_steps()
    assert end == start + 10
    tested = [row["step"] for row in rows(paused.path, "test/loss")]
    assert tested == [step for step in range(start + 1, end + 1) if step % 5 == 0]
    saved = {event["step"] for event in events(paused.path, "checkpoint_saved")}
    assert set(range(start + start % 2, end + 1, 2)) <= saved


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"name": "lr", "value": -1}, "greater than 0"),
        ({"name": "lr", "value": 0}, "greater than 0"),
        ({"name": "lr", "value": "fast"}, "must be a number"),
        ({"name": "momentum", "value": 1.5}, "less than 1"),
        ({"name": "weight_decay", "value": -1}, "greater than or equal to 0"),
        ({"name": "evaluate_every", "value": 2.5}, "whole number"),
        ({"name": "checkpoint_every", "value": "soon"}, "must be seconds"),
    ],
)
def test_a_value_out_of_range_is_rejected_and_changes_nothing(
    arguments: dict[str, Any], reason: str, paused: Training
) -> None:
    before = last(paused)
    answer = paused.tell("set", **arguments)
    assert (answer["event"], answer["outcome"]) == ("rejected", "rejected")
    assert arguments["name"] in answer["reason"]
    assert reason in answer["reason"]
    assert last(paused).optimizer["param_groups"] == before.optimizer["param_groups"]
    assert status(paused.path)["overrides"] == {}


def test_an_optimizer_without_that_value_says_so(tmp_path: Path) -> None:
    config = make_config(LOGISTIC, **{**ENDLESS, "optimizer": "adam"})
    with training(config, tmp_path) as trained:
        answer = trained.tell("set", name="momentum", value=0.9)
        assert answer["outcome"] == "rejected"
        assert "momentum: unknown key" in answer["reason"]


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_rmsprop_can_be_given_momentum_later(momentum: float, tmp_path: Path) -> None:
    optimizer = {"name": "rmsprop", "lr": 0.001, "momentum": momentum}
    config = make_config(LOGISTIC, **{**ENDLESS, "optimizer": optimizer})
    with training(config, tmp_path) as trained:
        assert trained.tell("set", name="momentum", value=0.9)["outcome"] == "done"
        trained.tell("step", count=5)
        assert trained.wait_for_steps()


def test_extend_adds_to_the_total(paused: Training) -> None:
    answer = paused.tell("extend", steps=5)
    assert answer["outcome"] == "done"
    assert (answer["name"], answer["to"]) == ("total_steps", STEPS + 5)
    assert status(paused.path)["total_steps"] == last(paused).total_steps == STEPS + 5
    assert last(paused).horizon == STEPS
    assert paused.tell("extend", steps=10**9)["outcome"] == "rejected"


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_a_schedule_with_an_end_is_not_extended(schedule: str, tmp_path: Path) -> None:
    config = make_config(LOGISTIC, **ENDLESS, schedule=schedule)
    with training(config, tmp_path) as trained:
        answer = trained.tell("extend", steps=5)
        assert answer["outcome"] == "rejected"
        assert f"the {schedule} schedule ends at iteration 100,000" in answer["reason"]


def test_stop_ends_and_keeps_everything(trained: Training) -> None:
    answer = trained.tell("stop")
    assert (answer["event"], answer["outcome"]) == ("stopped", "done")
    assert trained.outcome().state is State.STOPPED
    found = status(trained.path)
    assert (found["state"], found["step"]) == ("stopped", answer["step"])
    assert last(trained).step == answer["step"]
    assert (trained.path / "model.safetensors").exists()
    assert events(trained.path)[-1]["event"] == "stopped"


def test_a_paused_run_can_be_stopped(paused: Training) -> None:
    assert paused.tell("stop")["outcome"] == "done"
    assert paused.outcome().state is State.STOPPED


def test_an_interruption_leaves_a_checkpoint_and_no_model(paused: Training) -> None:
    paused.tell("resume")
    paused.control.interrupt("SIGTERM")
    outcome = paused.outcome()
    assert (outcome.state, outcome.reason) == (State.INTERRUPTED, "SIGTERM")
    found = status(paused.path)
    assert (found["state"], found["reason"]) == ("interrupted", "SIGTERM")
    assert last(paused).step == found["step"] == rows(paused.path)[-1]["step"]
    assert not (paused.path / "model.safetensors").exists()


def test_an_interruption_at_once_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    created: list[Path] = []

    def interrupt_at_step_3(line: str) -> None:
        row = json.loads(line)
        if row.get("step") == 3 and "train/loss" in row:
            raise KeyboardInterrupt

    outcome = start_run(
        request(make_config(LOGISTIC, evaluate_every=3), tmp_path),
        Control(),
        listener=interrupt_at_step_3,
        on_created=created.append,
    )
    assert (outcome.state, outcome.reason) == (State.INTERRUPTED, "SIGINT")
    ended = status(created[0])
    assert (ended["state"], ended["step"]) == ("interrupted", 3)
    assert ended["last_checkpoint_step"] == 0


def test_rollback_goes_back_with_a_lower_rate(paused: Training) -> None:
    start = status(paused.path)["step"]
    paused.tell("set", name="checkpoint_every", value="9999s")
    paused.tell("resume")
    answer = paused.tell("rollback", lr=0.002)
    assert (answer["outcome"], answer["to"]) == ("done", 0.002)
    assert answer["step"] == start
    [rolled_back] = events(paused.path, "rolled_back")
    assert rolled_back["step"] == start
    assert rolled_back["reached"] >= start
    assert {"rewind_to": start} in rows(paused.path, "rewind_to")
    paused.tell("step", count=2)
    end = paused.wait_for_steps()
    assert rows(paused.path)[-1]["step"] == end
    assert rows(paused.path)[-1]["lr"] == 0.002


def test_a_touched_file_is_a_command(trained: Training) -> None:
    (trained.path / "control" / "pause").touch()
    answer = trained.answer_to("pause")
    assert (answer["event"], answer["outcome"]) == ("paused", "done")


@pytest.mark.parametrize("content", ["", "rubbish", '{"command": "set"}', "[]"])
def test_rubbish_in_the_mailbox_is_rejected_with_a_reason(
    content: str, trained: Training
) -> None:
    (trained.path / "control" / ".tmp-rubbish").write_text(content)
    (trained.path / "control" / ".tmp-rubbish").rename(
        trained.path / "control" / "rubbish"
    )
    answer = trained.answer_to("rubbish")
    assert answer["outcome"] == "rejected"
    assert answer["reason"]
    assert trained.tell("pause")["outcome"] == "done"


def test_a_run_whose_directory_is_removed_fails(
    trained: Training, tmp_path: Path
) -> None:
    trained.path.rename(tmp_path / "moved")
    outcome = trained.outcome()
    assert outcome.state is State.FAILED
    assert not trained.path.exists()
