"""Resume: exact, or refused with nothing changed."""

import json
import shutil
from pathlib import Path

import pytest

from cnn_tui.runs import mailbox
from cnn_tui.runs.events import Rejected
from cnn_tui.runs.layout import State
from tests.faults.damage import cut
from tests.faults.nets import STEPS, write_preset
from tests.faults.nursery import Nursery, events, status, wait_for
from tests.faults.outcome import assert_same_end, assert_same_results, rows
from tests.faults.steering import (
    EDIT_STEP,
    EDITS,
    PAUSED,
    edit,
    step_to,
    tell,
    wait_until_paused,
)

SETTINGS = [f"--set={name}={value}" for name, value in EDITS.items()]


def copy_of(run: Path, nursery: Nursery) -> Path:
    """Returns a copy of a run in a nursery."""
    return Path(shutil.copytree(run, nursery.runs / run.name))


def content(run: Path) -> dict[str, bytes | None]:
    """Returns all that is in a run directory."""
    return {
        str(path.relative_to(run)): path.read_bytes() if path.is_file() else None
        for path in run.rglob("*")
    }


def test_a_finished_run_goes_on_as_if_it_had_been_planned_so(
    cnn_tui: Nursery, tmp_path: Path
) -> None:
    preset = write_preset(tmp_path / "constant.yaml")
    _, planned = cnn_tui.train(preset)
    wait_for(planned, State.FINISHED)
    trainer, run = cnn_tui.train(preset, "--set", f"iterations={EDIT_STEP}")
    assert trainer.wait().code == 0
    more = cnn_tui.run("resume", run, "--iterations", f"+{STEPS - EDIT_STEP}")
    assert more.code == 0, more.output
    assert_same_end(run, planned)


def test_values_set_on_resume_are_as_if_edited_live(
    cnn_tui: Nursery, tmp_path: Path
) -> None:
    preset = write_preset(tmp_path / "constant.yaml")
    trainer, edited = cnn_tui.train(preset, *PAUSED)
    edit(edited)
    tell(edited, "resume")
    trainer.wait()
    trainer, run = cnn_tui.train(preset, f"--set=iterations={EDIT_STEP}")
    assert trainer.wait().code == 0
    resumed = cnn_tui.run("resume", run, f"--iterations={STEPS}", *SETTINGS)
    assert resumed.code == 0, resumed.output
    assert_same_results(run, edited)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--iterations=300"], "give a larger total"),
        (["--iterations=+0"], "give a larger total"),
        (["--iterations=+100"], "cosine schedule ends at update 300"),
        (["--iterations=abc"], "must be a number"),
        (["--iterations=+100", "--set=lr=1", "--pause-at=299"], "from 300 to 400"),
        (["--iterations=+100", "--set=batch_size=10"], "start a new run"),
        (["--iterations=+100", "--set=lr=-1"], "lr"),
        (["--iterations=+100", "--set=learning_rate=1"], "learning_rate"),
        (["--iterations=+100", "--set=lr=1", "--device=cuda:77"], "no device cuda:77"),
    ],
)
def test_what_is_refused_changes_nothing(
    cnn_tui: Nursery, undisturbed: Path, options: list[str], sentence: str
) -> None:
    run = copy_of(undisturbed, cnn_tui)
    before = content(run)
    refused = cnn_tui.run("resume", run, *options)
    assert refused.code == 2
    assert sentence in refused.output
    assert len(refused.lines) == 1
    assert content(run) == before


def test_a_cosine_run_goes_on_with_a_new_rate(
    cnn_tui: Nursery, undisturbed: Path
) -> None:
    run = copy_of(undisturbed, cnn_tui)
    options = ["--iterations=+20", "--set=lr=0.02"]
    assert cnn_tui.run("resume", run, *options).code == 0
    assert [row["lr"] for row in rows(run) if row["step"] > STEPS and "lr" in row] == [
        pytest.approx(0.02)
    ] * 20


@pytest.mark.parametrize("damaged", [["last.pt"], ["last.pt", "previous.pt"]])
def test_behind_damaged_checkpoints_later_edits_are_made_again(
    cnn_tui: Nursery, preset: Path, edited: Path, damaged: list[str]
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    tell(run, "checkpoint")
    edit(run)
    trainer.kill()
    # An older one than a kill alone could bring about.
    shutil.copy(run / "checkpoints/step-00000060.pt", run / "checkpoints/previous.pt")
    for checkpoint in damaged:
        cut(run, f"checkpoints/{checkpoint}")
    assert cnn_tui.run("resume", run).code == 0
    said = [str(event["reason"]) for event in events(run, "checkpoint_damaged")]
    assert [name in said[place] for place, name in enumerate(damaged)] == [True] * len(
        said
    )
    assert_same_end(run, edited)


@pytest.mark.parametrize("missing", ["checkpoints/last.pt", "checkpoints"])
def test_behind_missing_checkpoints_later_edits_are_made_again(
    cnn_tui: Nursery, preset: Path, edited: Path, missing: str
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    tell(run, "checkpoint")
    edit(run)
    trainer.kill()
    shutil.copy(run / "checkpoints/step-00000060.pt", run / "checkpoints/previous.pt")
    if missing == "checkpoints":
        shutil.rmtree(run / missing)
    else:
        (run / missing).unlink()
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, edited)


def test_edits_that_are_still_to_be_made_again_survive_another_kill(
    cnn_tui: Nursery, preset: Path, edited: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    tell(run, "checkpoint")
    edit(run)
    trainer.kill()
    shutil.copy(run / "checkpoints/step-00000060.pt", run / "checkpoints/previous.pt")
    cut(run, "checkpoints/last.pt")
    again = cnn_tui.start("resume", run, "--pause-at=100")
    wait_until_paused(run, at=100)
    again.kill()
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, edited)
    verified = cnn_tui.run("verify", run, "--from", 60, "--steps", STEPS)
    assert verified.lines == ["same: steps 61 to 300, bit for bit"]


def test_verify_says_same_or_where_it_differs(cnn_tui: Nursery, edited: Path) -> None:
    run = copy_of(edited, cnn_tui)
    before = content(run)
    whole = cnn_tui.run("verify", run, "--from", 0, "--steps", STEPS)
    assert (whole.code, whole.lines) == (0, ["same: steps 1 to 300, bit for bit"])
    assert content(run) == before

    lines = (run / "metrics.jsonl").read_text().splitlines(keepends=True)
    for place, line in enumerate(lines):
        row = json.loads(line)
        if row.get("step") == 170 and "train/loss" in row:
            row["train/loss"] *= 1.0001
            lines[place] = json.dumps(row) + "\n"
    (run / "metrics.jsonl").write_text("".join(lines))
    tampered = cnn_tui.run("verify", run, "--from", 0, "--steps", STEPS)
    assert tampered.code == 1
    assert tampered.output.startswith("differs: train loss was ")
    assert "at step 170" in tampered.output


def test_a_run_that_is_trained_is_not_resumed(cnn_tui: Nursery, preset: Path) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    before = content(run / "checkpoints"), content(run)["events.jsonl"]
    refused = cnn_tui.run("resume", run)
    assert refused.code == 2
    assert f"is being trained by process {trainer.pid} on " in refused.output
    assert (content(run / "checkpoints"), content(run)["events.jsonl"]) == before
    assert status(run).pid == trainer.pid
    tell(run, "stop")
    assert trainer.wait().code == 0


def test_of_two_resumes_at_once_one_wins(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    trainer.kill()
    both = [cnn_tui.start("resume", run) for _ in range(2)]
    ended = sorted((command.wait() for command in both), key=lambda end: end.code or 0)
    assert [end.code for end in ended] == [0, 2]
    assert "is being trained by " in ended[1].output
    assert_same_end(run, undisturbed)


def test_commands_sent_while_nobody_trained_are_rejected(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    trainer.kill()
    waiting = mailbox.send(run, "set", name="lr", value=0.5)
    assert cnn_tui.run("resume", run).code == 0
    answer = mailbox.await_answer(run, waiting, 0)
    assert isinstance(answer, Rejected)
    assert answer.outcome == "rejected"
    assert answer.reason == "sent before this start"
    assert_same_end(run, undisturbed)


def test_a_stopped_run_goes_on_exactly(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    tell(run, "stop")
    assert trainer.wait().code == 0
    assert status(run).state is State.STOPPED
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, undisturbed)


def test_a_checkpoint_of_another_run_is_refused_until_it_is_removed(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    other, foreign = cnn_tui.train(preset, "--set=iterations=30", "--set=lr=0.05")
    assert other.wait().code == 0
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    trainer.kill()
    last = run / "checkpoints" / "last.pt"
    last.unlink()
    shutil.copy(foreign / "checkpoints" / "last.pt", last)
    before = content(run)
    del before[".reserve"]  # the killed process had no time to
    refused = cnn_tui.run("resume", run)
    assert refused.code == 2
    assert "last.pt: is of another run" in refused.output
    assert content(run) == before
    last.unlink()
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, undisturbed)


def test_a_resumed_run_does_not_pause_where_it_was_to_before(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 20)
    tell(run, "step", count=250)
    trainer.kill()
    assert status(run).step < 270
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, undisturbed)


def test_a_run_killed_in_its_last_moment_is_brought_to_its_end(
    cnn_tui: Nursery, undisturbed: Path
) -> None:
    run = copy_of(undisturbed, cnn_tui)
    (run / "model.safetensors").unlink()
    text = (run / "status.json").read_text()
    (run / "status.json").write_text(text.replace('"finished"', '"stopping"'))
    assert cnn_tui.run("resume", run).code == 0
    assert_same_end(run, undisturbed)
