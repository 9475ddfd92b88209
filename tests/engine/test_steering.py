"""A run that trains is steered through its mailbox."""

from pathlib import Path
from typing import Any

import pytest

from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.session import COMMANDS_AT_ONCE
from cnn_tui.runs import mailbox
from tests.engine.making import LOGISTIC, make_config
from tests.engine.running import (
    ENDLESS,
    STEPS,
    Training,
    events,
    last_checkpoint,
    rows,
    status,
    training,
)


def test_pause_stands_still_with_a_checkpoint(trained: Training) -> None:
    answer = trained.tell("pause")
    assert (answer["event"], answer["outcome"]) == ("paused", "done")
    found = status(trained.path)
    assert (found["state"], found["step"]) == ("paused", answer["step"])
    assert (
        last_checkpoint(trained).step == found["last_checkpoint_step"] == answer["step"]
    )
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
    assert last_checkpoint(trained).step >= answer["step"]  # it is on disk
    assert last_checkpoint(trained).overrides == {"lr": 0.5}
    assert last_checkpoint(trained).lr_factor == pytest.approx(50)
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
    saved = last_checkpoint(paused)
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
    before = last_checkpoint(paused)
    answer = paused.tell("set", **arguments)
    assert (answer["event"], answer["outcome"]) == ("rejected", "rejected")
    assert arguments["name"] in answer["reason"]
    assert reason in answer["reason"]
    assert (
        last_checkpoint(paused).optimizer["param_groups"]
        == before.optimizer["param_groups"]
    )
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
    assert (
        status(paused.path)["total_steps"]
        == last_checkpoint(paused).total_steps
        == STEPS + 5
    )
    assert last_checkpoint(paused).horizon == STEPS
    assert paused.tell("extend", steps=10**9)["outcome"] == "rejected"


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle"])
def test_a_schedule_with_an_end_is_not_extended(schedule: str, tmp_path: Path) -> None:
    config = make_config(LOGISTIC, **ENDLESS, schedule=schedule)
    with training(config, tmp_path) as trained:
        answer = trained.tell("extend", steps=5)
        assert answer["outcome"] == "rejected"
        assert f"the {schedule} schedule ends at update 100,000" in answer["reason"]


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


def test_a_flood_of_commands_is_answered_with_few_saves(paused: Training) -> None:
    before = len(events(paused.path, "checkpoint_saved"))
    number = 300
    sent = [
        mailbox.send(paused.path, "set", name="lr", value=0.001 * (n + 1))
        for n in range(number)
    ]
    last = paused.answer_to(sent[-1])
    assert (last["outcome"], last["to"]) == ("done", pytest.approx(0.3))
    answers = [e for e in events(paused.path) if e.get("command_id") in set(sent)]
    assert [answer["command_id"] for answer in answers] == sent
    saves = len(events(paused.path, "checkpoint_saved")) - before
    assert saves <= 2 * number / COMMANDS_AT_ONCE
    assert last_checkpoint(paused).overrides["lr"] == pytest.approx(0.3)


def test_commands_after_an_end_stay_for_whoever_goes_on(paused: Training) -> None:
    paused.control.can_hand_over = True
    detach = mailbox.send(paused.path, "detach")
    evaluate = mailbox.send(paused.path, "evaluate")
    paused.answer_to(detach)
    assert paused.outcome().handed_over
    waiting = [path.name for path in (paused.path / "control").iterdir()]
    assert waiting in ([evaluate], [])  # taken at the boundary before, at the latest
    if not waiting:
        assert paused.answer_to(evaluate)["outcome"] == "done"
