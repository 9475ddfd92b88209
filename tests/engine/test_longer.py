"""Runs that go on with other values, or for longer than their schedule."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cnn_tui.config import Setting
from cnn_tui.engine.checkpoint import (
    LAST,
    PREVIOUS,
    load_checkpoint,
    save_checkpoint,
)
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.verify import verify_run
from cnn_tui.errors import InputError, Remedy, RunDirectoryError
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import LOGISTIC, make_config
from tests.engine.running import (
    ENDLESS,
    events,
    rows,
    run,
    status,
    training,
)

RATE = ("training.optimizer.lr", 0.001)
SCHEDULE = "training.schedule."
CONSTANT = (f"{SCHEDULE}name", "constant")
FINAL = (f"{SCHEDULE}final_lr", 0.001)
STEP = [
    (f"{SCHEDULE}name", "step"),
    (f"{SCHEDULE}step_size", 100),
    (f"{SCHEDULE}gamma", 0.5),
]


def resume(path: Path, *settings: Setting, **values: Any) -> Outcome:
    """Goes on with a run in this thread."""
    changes = Changes(settings=list(settings), **values)
    return resume_run(RunWriter.open(path), Interrupts(), changes=changes)


def rates(path: Path) -> dict[int, float]:
    """Returns the learning rate of each update."""
    return {row["step"]: row["lr"] for row in rows(path)}


def damage_checkpoints(path: Path) -> None:
    """Leaves nothing to go on from but the seed."""
    for name in (LAST, PREVIOUS):
        (path / "checkpoints" / name).write_bytes(b"rubbish")


def difference(path: Path, first: int, last: int) -> str | None:
    """Returns what a replay of these updates finds."""
    steps = last - first
    return verify_run(path, from_step=first, steps=steps, data_dir=None).difference


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A one-cycle run of 500 updates that was stopped in its middle."""
    config = make_config(LOGISTIC, iterations=500, schedule="one_cycle")
    with training(config, tmp_path) as trained:
        trained.tell("step", count=250)
        trained.wait_for_steps()
        trained.tell("stop")
        trained.outcome()
    return trained.path


def test_a_rate_for_longer_than_the_schedule_is_constant(stopped: Path) -> None:
    assert resume(stopped, RATE, iterations=700).state is State.FINISHED
    found = rates(stopped)
    assert {found[step] for step in range(251, 701)} == {0.001}
    assert verify_run(stopped, from_step=0, steps=700, data_dir=None).difference is None


def test_a_run_whose_rate_is_constant_can_be_made_longer_again(stopped: Path) -> None:
    resume(stopped, RATE, iterations=600)
    assert resume(stopped, more_iterations=100).state is State.FINISHED
    assert rates(stopped)[700] == 0.001


def test_longer_than_the_schedule_needs_a_rate(stopped: Path) -> None:
    with pytest.raises(InputError, match="the one_cycle schedule ends") as refused:
        resume(stopped, iterations=700)
    assert refused.value.remedy is Remedy.ANOTHER_RATE
    assert status(stopped)["state"] == "stopped"


def test_a_schedule_is_changed_as_a_whole(stopped: Path) -> None:
    schedule = [
        ("training.schedule.step_size", 100),
        ("training.schedule.gamma", 0.5),
        ("training.schedule.name", "step"),
    ]
    assert resume(stopped, *schedule).state is State.FINISHED
    assert rates(stopped)[500] == pytest.approx(0.01 * 0.5**4)
    saved = load_checkpoint(stopped / "checkpoints" / LAST)
    assert saved.overrides["schedule.step_size"] == 100
    again = ("training.schedule.name", "constant")
    assert resume(stopped, again, more_iterations=10).state is State.FINISHED
    assert rates(stopped)[510] == 0.01
    assert resume(stopped, more_iterations=10).state is State.FINISHED
    assert verify_run(stopped, from_step=0, steps=520, data_dir=None).difference is None


def test_half_a_schedule_changes_nothing(stopped: Path) -> None:
    with pytest.raises(InputError, match="step_size"):
        resume(stopped, ("training.schedule.name", "step"))
    assert status(stopped)["state"] == "stopped"


def test_what_is_wanted_now_wins_over_what_is_made_again(tmp_path: Path) -> None:
    """The edit of the last step is lost with its checkpoint, and repeated."""
    with training(make_config(LOGISTIC, **ENDLESS), tmp_path) as trained:
        trained.tell("pause")
        trained.tell("set", name="lr", value=0.5)
        trained.tell("stop")
        trained.outcome()
    (trained.path / "checkpoints" / LAST).write_bytes(b"rubbish")
    step = status(trained.path)["step"]
    resume(trained.path, RATE, iterations=step + 5)
    assert rates(trained.path)[step + 5] == 0.001


def test_verify_leaves_out_checkpoints_of_a_past_that_was_gone_back_on(
    tmp_path: Path,
) -> None:
    values = ENDLESS | {"evaluate_every": 5, "dataset": {"validation_images": 50}}
    config = make_config(LOGISTIC, **values)
    with training(config, tmp_path) as trained:
        trained.tell("pause")
        trained.tell("step", count=13)
        trained.wait_for_steps()
        kept = trained.tell("checkpoint")["step"]
        trained.tell("step", count=10)
        trained.wait_for_steps()
        trained.tell("stop")
        trained.outcome()
    damage_checkpoints(trained.path)
    reached = status(trained.path)["step"]
    resume(trained.path, RATE, iterations=reached + 10)  # from the seed
    assert events(trained.path, "checkpoint_damaged")
    verdict = verify_run(trained.path, from_step=kept, steps=30, data_dir=None)
    assert verdict.difference is None
    assert verdict.first_step < kept  # its weights are of the other past


def test_settings_are_those_of_the_schedule_in_force(stopped: Path) -> None:
    resume(stopped, *STEP, iterations=300)
    size = (f"{SCHEDULE}step_size", 50)
    assert resume(stopped, size, iterations=310).state is State.FINISHED
    assert rates(stopped)[310] == pytest.approx(0.01 * 0.5**6)
    assert difference(stopped, 0, 310) is None


def test_a_value_that_the_schedule_in_force_lacks_changes_nothing(
    tmp_path: Path,
) -> None:
    path, _ = run(make_config(LOGISTIC, schedule="cosine"), tmp_path)
    resume(path, CONSTANT, more_iterations=5)
    with pytest.raises(InputError, match="final_lr: unknown key"):
        resume(path, FINAL, more_iterations=5)
    assert status(path)["state"] == "finished"


def test_a_schedule_that_ends_before_the_run_is_not_edited(tmp_path: Path) -> None:
    config = make_config(LOGISTIC, iterations=20_000, schedule="cosine")
    with training(config, tmp_path) as trained:
        trained.tell("step", count=10)
        trained.wait_for_steps()
        trained.tell("stop")
        trained.outcome()
    path = trained.path
    with pytest.raises(InputError, match="ends at update 20,000: set lr alone"):
        resume(path, FINAL, RATE, iterations=20_005)
    assert status(path)["state"] == "stopped"


def test_a_schedule_edited_twice_is_the_same_after_a_restart(tmp_path: Path) -> None:
    config = make_config(
        LOGISTIC, iterations=100, schedule={"name": "cosine", "final_lr": 0.005}
    )
    with training(config, tmp_path) as trained:
        trained.tell("step", count=10)
        trained.wait_for_steps()
        trained.tell("stop")
        trained.outcome()
    path = trained.path
    resume(path, CONSTANT, iterations=20)
    resume(path, (f"{SCHEDULE}name", "cosine"), iterations=30)
    resume(path, iterations=40)
    assert difference(path, 0, 40) is None


def test_a_schedule_replaced_where_it_was_set_can_be_made_again(stopped: Path) -> None:
    resume(stopped, *STEP, iterations=250)
    resume(stopped, CONSTANT, iterations=260)
    assert difference(stopped, 0, 260) is None
    damage_checkpoints(stopped)
    assert resume(stopped).state is State.FINISHED
    assert rates(stopped)[260] == 0.01


def test_behind_damaged_checkpoints_the_edits_to_come_count(stopped: Path) -> None:
    resume(stopped, RATE, iterations=600)
    damage_checkpoints(stopped)
    assert resume(stopped, more_iterations=100).state is State.FINISHED
    found = rates(stopped)
    assert max(found) == 700
    assert {found[step] for step in range(251, 701)} == {0.001}
    assert difference(stopped, 0, 700) is None


def test_verify_compares_validation_values(tmp_path: Path) -> None:
    config = make_config(LOGISTIC, evaluate_every=5, dataset={"validation_images": 50})
    path, _ = run(config, tmp_path)
    assert difference(path, 0, 20) is None
    metrics = path / "metrics.jsonl"
    was = rows(path, "validation/loss")[1]["validation/loss"]
    metrics.write_text(metrics.read_text().replace(str(was), "0.5"))
    assert "validation_loss was 0.5" in str(difference(path, 0, 20))


def half_way(folder: Path, step: int, **values: Any) -> Path:
    """Returns a run that was stopped at ``step``."""
    with training(make_config(LOGISTIC, **values), folder) as trained:
        trained.tell("step", count=step)
        trained.wait_for_steps()
        trained.tell("stop")
        trained.outcome()
    return trained.path


def test_a_rate_given_in_a_warm_up_does_not_rise_any_more(tmp_path: Path) -> None:
    schedule = {"name": "cosine", "warmup_iterations": 100}
    path = half_way(tmp_path, 10, iterations=20_000, schedule=schedule)
    resume(path, RATE, iterations=20_005)
    found = rates(path)
    assert {found[step] for step in range(11, 20_006)} == {0.001}
    assert difference(path, 0, 200) is None


def test_a_run_that_went_on_past_its_schedule_can_be_resumed(tmp_path: Path) -> None:
    """An earlier version let it, with a rate near zero."""
    path = half_way(tmp_path, 250, iterations=500, schedule="one_cycle")
    saved = load_checkpoint(path / "checkpoints" / LAST)
    save_checkpoint(path, msgspec.structs.replace(saved, total_steps=600))
    assert resume(path).state is State.FINISHED


def test_a_total_that_is_no_number_is_refused_in_a_sentence(stopped: Path) -> None:
    edit: dict[str, Any] = {
        "event": "hyperparameter_changed",
        "at": "2026-01-01T00:00:00+00:00",
    }
    edit |= {"step": 300, "name": "total_steps", "to": "many"}
    with (stopped / "events.jsonl").open("a") as file:
        file.write(json.dumps(edit) + "\n")
    with pytest.raises(RunDirectoryError, match="total_steps became many"):
        resume(stopped)
