"""A run keeps checkpoints of its past, which cost little and never end it."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from cnn_tui.engine import checkpoint as checkpoint_module
from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.runs import history
from cnn_tui.runs.history import step_of, steps_available
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import LOGISTIC, RANDOM, make_config, same
from tests.engine.running import STEPS, rows, run, status, training, without_clock

BASE: dict[str, Any] = {"iterations": 40, "evaluate_every": 10}


def kept(path: Path) -> list[int]:
    """Returns the steps in ``history/``."""
    found = (step_of(file.name) for file in (path / "history").iterdir())
    return sorted(step for step in found if step is not None)


def test_a_run_keeps_its_beginning_its_evaluations_and_its_end(tmp_path: Path) -> None:
    path, _ = run(make_config(RANDOM, **BASE, checkpoint_every=15), tmp_path)
    assert kept(path) == steps_available(path) == [0, 10, 20, 30, 40]
    for step in kept(path):
        found = load_checkpoint(path / "history" / f"step-{step:08}.pt")
        assert found.step == step
        assert found.config == (path / "config.yaml").read_text()


def test_what_is_saved_anyway_costs_no_room(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, **BASE), tmp_path)
    last, newest = path / "checkpoints/last.pt", path / "history/step-00000040.pt"
    assert os.path.samefile(last, newest)


def test_it_is_thinned(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, **BASE, history=3), tmp_path)
    assert kept(path) == [0, 20, 40]


def test_it_may_be_off_and_changes_no_bit(tmp_path: Path) -> None:
    on, _ = run(make_config(RANDOM, **BASE), tmp_path)
    off, _ = run(make_config(RANDOM, **BASE, history=0), tmp_path)
    assert not (off / "history").exists()
    pairs = zip(rows(on, "step"), rows(off, "step"), strict=True)
    assert all(without_clock(a) == without_clock(b) for a, b in pairs)
    last = [load_checkpoint(path / "checkpoints/last.pt") for path in (on, off)]
    assert same(last[0].model, last[1].model)


def test_a_rollback_forgets_what_never_was(tmp_path: Path) -> None:
    config = make_config(
        LOGISTIC, iterations=STEPS, evaluate_every=STEPS, checkpoint_every=STEPS
    )
    with training(config, tmp_path) as trained:
        start = trained.tell("pause")["step"]
        trained.tell("evaluate")
        trained.tell("set", name="lr", value=1e-12)  # saves, and gets no better
        trained.tell("step", count=5)
        trained.wait_for_steps()
        trained.tell("resume")
        trained.tell("evaluate")
        assert kept(trained.path)[-1] > start
        trained.tell("rollback", lr=0.01)
        assert kept(trained.path)[-1] == start
        trained.tell("pause")
        trained.tell("stop")
        trained.outcome()
    assert kept(trained.path)[-1] == status(trained.path)["step"]


def test_a_resume_from_earlier_forgets_what_came_later(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, **BASE, checkpoint_every=1000), tmp_path)
    shutil.copy(path / "history/step-00000020.pt", path / "checkpoints/last.pt")
    seen: list[list[int]] = []
    resume_run(
        RunWriter.open(path, listener=lambda record: seen.append(kept(path))),
        Interrupts(),
        changes=Changes(iterations=50),
    )
    assert [0, 10, 20] in seen
    assert kept(path) == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize("obstacle", ["link", "file", "full"])
def test_a_history_that_cannot_be_written_is_only_logged(
    obstacle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = checkpoint_module.keep_checkpoint

    def put_in_the_way(path: Path, *arguments: Any, **values: Any) -> None:
        if obstacle == "link" and not (path / "history").exists():
            (path / "history").symlink_to(tmp_path)
        elif obstacle == "file":
            (path / "history").touch()
        keep(path, *arguments, **values)

    monkeypatch.setattr("cnn_tui.engine.journal.keep_checkpoint", put_in_the_way)
    if obstacle == "full":
        monkeypatch.setattr(history, "MAX_BYTES", 1000)
    path, outcome = run(make_config(LOGISTIC, **BASE), tmp_path)
    assert outcome.state is State.FINISHED
    assert "is not kept in history" in (path / "train.log").read_text()
    assert not list(tmp_path.glob("*.pt"))


def test_a_run_without_a_history_goes_on_and_has_one(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, **BASE), tmp_path)
    shutil.rmtree(path / "history")
    more = Changes(more_iterations=20)
    outcome = resume_run(RunWriter.open(path), Interrupts(), changes=more)
    assert outcome.state is State.FINISHED
    assert kept(path) == [50, 60]
