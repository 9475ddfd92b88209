"""Rollbacks, halts and resumes leave one history, and never lose the good weights."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from cnn_tui.config import RunConfig
from cnn_tui.engine import checkpoint as checkpoint_module
from cnn_tui.engine import setup
from cnn_tui.engine.checkpoint import (
    HALTED,
    LAST,
    Checkpoint,
    load_checkpoint,
)
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.recorded import NEWEST_FIRST, find_checkpoint
from cnn_tui.engine.resume import Changes, resume_run, take_over
from cnn_tui.engine.trainer import Trainer
from cnn_tui.engine.verify import verify_run
from cnn_tui.errors import UnreadableError
from cnn_tui.runs import evaluations, mailbox
from cnn_tui.runs.events import Paused
from cnn_tui.runs.layout import State
from cnn_tui.runs.rows import metrics_rows
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import LOGISTIC, RANDOM, make_config, same
from tests.engine.running import (
    ENDLESS,
    Training,
    events,
    rows,
    run,
    status,
    training,
    without_clock,
)

BAD_STEP = 25
GOOD_STEP = 10


class UnluckyTrainer(Trainer):
    """A trainer whose update 25 has a loss that is not a number, whatever its weights.

    Its other updates are good, before and after.
    """

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        lucky = self.loss_function

        def loss_function(outputs: Tensor, labels: Tensor) -> Tensor:
            loss = lucky(outputs, labels)
            return loss * torch.nan if self.step + 1 == BAD_STEP else loss

        self.loss_function = loss_function


@pytest.fixture(autouse=True)
def _unlucky(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "Trainer", UnluckyTrainer)


def checkpoint(path: Path, name: str) -> Checkpoint:
    """Returns a checkpoint of a run."""
    return load_checkpoint(path / "checkpoints" / name)


def halting(**values: Any) -> RunConfig:
    """Returns a config of 40 updates that writes its own checkpoints every ten."""
    base: dict[str, Any] = {
        "iterations": 40,
        "on_non_finite": "pause",
        "evaluate_every": 1000,
        "checkpoint_every": GOOD_STEP,
    }
    return make_config(RANDOM, **base | values)


@contextmanager
def halted(folder: Path, **values: Any) -> Iterator[Training]:
    """A run that the guard paused before the bad update; its good weights are at 20."""
    with training(halting(**values), folder) as trained:
        trained.wait_for("non_finite")
        trained.wait_for("paused")
        trained.control.can_hand_over = True
        yield trained


def resume(path: Path) -> Outcome:
    """Goes on with a run in this thread."""
    return resume_run(RunWriter.open(path), Interrupts())


def test_evaluations_after_a_rollback_are_made_again(tmp_path: Path) -> None:
    config = make_config(
        LOGISTIC,
        iterations=100_000,
        on_non_finite="ignore",
        evaluate_every=5,
        checkpoint_every=99_999,
    )
    with training(config, tmp_path) as trained:
        start = trained.tell("pause")["step"]
        trained.tell("set", name="evaluate_every", value=5)  # saves, and no best does
        trained.tell("step", count=12)
        trained.wait_for_steps()
        trained.tell("resume")
        answer = trained.tell("rollback", lr=0.01)
        trained.tell("pause")
        back = answer["step"]
        reached = status(trained.path)["step"]
        trained.tell("step", count=20)
        end = trained.wait_for_steps()
        trained.tell("stop")
        trained.outcome()
    due = [step for step in range(back + 1, end + 1) if step % 5 == 0]
    assert due
    tested = [row.step for row in metrics_rows(trained.path) if row.test_loss]
    assert [step for step in tested if isinstance(step, int) and step > back] == due
    assert start <= back <= reached


def test_a_rollback_forgets_results_that_are_void(tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        accuracy = trained.tell("evaluate")["test/accuracy"]
        trained.tell("pause")
        assert status(trained.path)["test_accuracy"] == accuracy
        assert evaluations.all_of(trained.path)
        trained.tell("rollback", lr=0.01)
        trained.tell("pause")
        assert status(trained.path)["test_accuracy"] is None
        assert evaluations.all_of(trained.path) == []
        trained.tell("stop")
        trained.outcome()


@pytest.mark.parametrize("leave", ["stop", "interrupt", "detach"])
def test_leaving_a_halt_keeps_the_good_checkpoint(leave: str, tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        before = checkpoint(trained.path, LAST)
        assert before.step == status(trained.path)["last_checkpoint_step"] == 20
        if leave == "interrupt":
            trained.control.interrupt("SIGTERM")
        else:
            trained.tell(leave)
        trained.outcome()
    assert same(checkpoint(trained.path, LAST).model, before.model)
    assert checkpoint(trained.path, HALTED).step == BAD_STEP - 1
    assert status(trained.path)["last_checkpoint_step"] == 20


def test_a_rollback_after_a_detach_goes_to_the_good_weights(tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        trained.tell("detach")
        assert trained.outcome().handed_over
    path = trained.path
    mailbox.send(path, "set", name="momentum", value=0.5)  # undone by the next one
    mailbox.send(path, "rollback", lr=0.01)

    def skip_the_bad_one(record: object) -> None:
        if isinstance(record, Paused) and record.reason:
            mailbox.send(path, "resume")

    writer = RunWriter.open(path, listener=skip_the_bad_one)
    assert take_over(writer, Interrupts(), None).state is State.FINISHED
    assert events(path, "rolled_back")[-1]["step"] == 20
    assert not (path / "checkpoints" / HALTED).exists()
    assert "momentum" not in status(path)["overrides"]


@pytest.mark.parametrize("policy", ["pause", "stop"])
def test_to_resume_where_the_guard_stopped_is_to_skip(
    policy: str, tmp_path: Path
) -> None:
    with training(halting(on_non_finite=policy), tmp_path) as trained:
        trained.wait_for("non_finite")
        if policy == "pause":
            trained.wait_for("paused")
            trained.control.interrupt("SIGTERM")
        trained.outcome()
    path = trained.path
    assert resume(path).state is State.FINISHED
    assert len(events(path, "non_finite")) == 1
    skipped = [row["step"] for row in rows(path) if row["train/loss"] is None]
    assert skipped == [BAD_STEP]


def test_after_a_detach_to_go_on_is_to_skip(tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        trained.tell("detach")
        trained.outcome()
    path = trained.path
    mailbox.send(path, "resume")
    assert take_over(RunWriter.open(path), Interrupts(), None).state is State.FINISHED
    assert len(events(path, "non_finite")) == 1
    skipped = [row["step"] for row in rows(path) if row["train/loss"] is None]
    assert skipped == [BAD_STEP]


def test_rollbacks_are_counted_through_a_resume(tmp_path: Path) -> None:
    path, outcome = run(halting(on_non_finite="rollback"), tmp_path)
    assert outcome.state is State.FAILED
    assert len(events(path, "rolled_back")) == 3
    assert checkpoint(path, HALTED).guard.rollbacks == 3
    assert resume(path).state is State.FINISHED  # it skips the update
    assert len(events(path, "rolled_back")) == 3


def test_edits_made_in_a_halt_count_from_there(tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        trained.tell("set", name="lr", value=0.5)
        assert checkpoint(trained.path, HALTED).overrides == {"lr": 0.5}
        assert checkpoint(trained.path, LAST).overrides == {}
        trained.control.interrupt("SIGTERM")
        trained.outcome()
    assert resume(trained.path).state is State.FINISHED
    rates = {row["step"]: row["lr"] for row in rows(trained.path)}
    assert rates[BAD_STEP - 1] == 0.01
    assert rates[BAD_STEP + 1] == 0.5
    assert rows(trained.path, "rewind_to") == []


def test_a_good_checkpoint_ends_a_halt(tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        assert (trained.path / "checkpoints" / HALTED).exists()
        trained.tell("step", count=2)
        trained.wait_for_steps()
        assert not (trained.path / "checkpoints" / HALTED).exists()
        assert checkpoint(trained.path, LAST).step == BAD_STEP + 1
        assert status(trained.path)["last_checkpoint_step"] == BAD_STEP + 1


def test_verify_leaves_out_a_checkpoint_that_was_rolled_back_from(
    tmp_path: Path,
) -> None:
    with halted(tmp_path) as trained:
        kept = trained.tell("checkpoint")["step"]
        trained.tell("rollback", lr=0.002)
        trained.wait_for("paused")
        trained.tell("resume")
        trained.outcome()
    verdict = verify_run(trained.path, from_step=kept, steps=15, data_dir=None)
    assert verdict.difference is None
    assert verdict.first_step < kept  # its weights are of the other past


def test_a_rollback_drops_edits_that_were_to_be_made_again(tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        trained.tell("step", count=6)
        trained.wait_for_steps()
        trained.tell("set", name="momentum", value=0.5)
        trained.tell("stop")
        trained.outcome()
    path = trained.path
    for name in (LAST, "previous.pt"):
        (path / "checkpoints" / name).write_bytes(b"rubbish")
    answers = iter(["rollback", "resume"])

    def answer_halts(record: object) -> None:
        if isinstance(record, Paused) and record.reason:
            mailbox.send(path, next(answers))

    writer = RunWriter.open(path, listener=answer_halts)
    assert resume_run(writer, Interrupts()).state is State.FINISHED
    assert "momentum" not in status(path)["overrides"]


def test_a_kill_in_a_halt_loses_nothing(tmp_path: Path) -> None:
    """The state on disk is that of the pause, as after a kill there."""
    with halted(tmp_path) as trained:
        copy = Path(shutil.copytree(trained.path, tmp_path / "killed"))
    undisturbed, _ = run(halting(on_non_finite="ignore"), tmp_path)
    assert resume(copy).state is State.FINISHED
    assert [without_clock(row) for row in rows(copy, "step")] == [
        without_clock(row) for row in rows(undisturbed, "step")
    ]
    final = [checkpoint(path, LAST).model for path in (copy, undisturbed)]
    assert same(*final)


def test_a_damaged_halted_checkpoint_leaves_the_good_one(tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        config = checkpoint(trained.path, LAST).config
        (trained.path / "checkpoints" / HALTED).write_bytes(b"rubbish")
        found = find_checkpoint(trained.path, config, NEWEST_FIRST)
    assert found.step == 20
    assert HALTED in found.problems[0]


def test_a_rollback_takes_back_all_edits_made_in_a_halt(tmp_path: Path) -> None:
    with halted(tmp_path) as trained:
        trained.tell("set", name="evaluate_every", value=3)
        trained.tell("set", name="momentum", value=0.5)
        trained.tell("rollback", lr=0.01)
        trained.tell("pause")
        assert checkpoint(trained.path, LAST).overrides.keys() == {"lr"}
        trained.tell("stop")
        trained.outcome()
    assert rows(trained.path, "test/loss") == []  # 21 and 24 would have been due


def test_without_a_checkpoint_a_rollback_is_refused_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    with halted(tmp_path) as trained:
        for name in (LAST, "previous.pt"):
            (trained.path / "checkpoints" / name).write_bytes(b"rubbish")
        answer = trained.tell("rollback", lr=0.01)
        assert answer["outcome"] == "rejected"
        assert "there is no good checkpoint" in answer["reason"]
        trained.tell("resume")
        assert trained.outcome().state is State.FINISHED


def content(run: Path) -> dict[str, bytes]:
    """Returns the files of a run."""
    return {
        str(path.relative_to(run)): path.read_bytes()
        for path in run.rglob("*")
        if path.is_file()
    }


def finished(folder: Path) -> Path:
    """Returns a run that has ended after 20 updates."""
    path, _ = run(make_config(LOGISTIC, checkpoint_every=10), folder)
    return path


def test_a_checkpoint_that_cannot_be_read_now_is_not_taken_for_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = finished(tmp_path)
    before = content(path)

    def refuse(path: Path) -> int:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(checkpoint_module, "open_regular", refuse)
    with pytest.raises(UnreadableError, match="cannot be read: Input/output error"):
        resume_run(
            RunWriter.open(path), Interrupts(), changes=Changes(more_iterations=5)
        )
    assert content(path) == before


def test_checkpoints_behind_a_link_are_refused_before_anything_is_changed(
    tmp_path: Path,
) -> None:
    path = finished(tmp_path)
    (path / "checkpoints").rename(tmp_path / "elsewhere")
    (path / "checkpoints").symlink_to(tmp_path / "elsewhere")
    before = content(path)
    with pytest.raises(UnreadableError, match="checkpoints is a link"):
        resume_run(
            RunWriter.open(path), Interrupts(), changes=Changes(more_iterations=5)
        )
    assert content(path) == before


def test_a_damaged_checkpoint_never_replaces_the_good_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the two names of a save, behind a damaged last.pt."""
    path = finished(tmp_path)
    good = checkpoint(path, "previous.pt").step
    (path / "checkpoints" / LAST).write_bytes(b"rubbish")

    def killed(*arguments: object, **keywords: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint_module, "replace_file", killed)
    resume_run(RunWriter.open(path), Interrupts(), changes=Changes(more_iterations=5))
    config = (path / "config.yaml").read_text()
    assert find_checkpoint(path, config, NEWEST_FIRST).step == good
    assert (path / "checkpoints" / "last.pt.damaged").read_bytes() == b"rubbish"


def test_a_rollback_that_is_killed_goes_on_from_where_it_led(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object, **keywords: object) -> None:
        raise KeyboardInterrupt

    with halted(tmp_path) as trained:
        monkeypatch.setattr(checkpoint_module, "replace_file", killed)
        mailbox.send(trained.path, "rollback", lr=0.01)
        trained.wait_for("rolled_back")
        trained.outcome()
    config = (trained.path / "config.yaml").read_text()
    assert find_checkpoint(trained.path, config, NEWEST_FIRST).step == GOOD_STEP * 2


def test_a_disk_that_does_not_answer_for_a_moment_ends_no_run(tmp_path: Path) -> None:
    config = make_config(LOGISTIC, **ENDLESS, on_non_finite="ignore")
    with training(config, tmp_path) as trained:
        trained.wait_for_row()
        (trained.path / "control").rename(trained.path / "away")
        reached = status(trained.path)["step"]
        while trained.wait_for_row()["step"] < reached + 2000:
            pass
        (trained.path / "away").rename(trained.path / "control")
        assert trained.tell("pause")["event"] == "paused"


def test_another_process_goes_on_on_the_same_device(tmp_path: Path) -> None:
    config = make_config(LOGISTIC, **ENDLESS, on_non_finite="ignore")
    with training(config, tmp_path) as trained:
        trained.wait_for_row()
        trained.control.can_hand_over = True
        trained.tell("detach")
        assert trained.outcome().handed_over
    text = (trained.path / "config.yaml").read_text()
    (trained.path / "config.yaml").write_text(text.replace("cpu", "cuda:77"))
    for path in (trained.path / "checkpoints").iterdir():
        path.unlink()
    interrupts = Interrupts()
    interrupts.interrupt("that is enough")
    outcome = take_over(RunWriter.open(trained.path), interrupts, None)
    assert outcome.state is State.INTERRUPTED
