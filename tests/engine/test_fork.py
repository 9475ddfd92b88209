"""A fork begins where its parent was, and without changes it is its parent."""

from pathlib import Path
from typing import Any

import pytest

from cnn_tui.config import parse_settings
from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.fork import Fork, make_fork, read_past
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.verify import verify_run
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.runs.config import read_config
from cnn_tui.runs.events import Paused
from cnn_tui.runs.history import step_file
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import RANDOM, make_config, same
from tests.engine.running import (
    ENDLESS,
    events,
    rows,
    run,
    status,
    training,
    without_clock,
)

AUGMENTED = {"augmentation": {"crop_padding": 2, "mixup": 0.4}, "validation_images": 50}
TRAINING: dict[str, Any] = {
    "iterations": 40,
    "evaluate_every": 10,
    "checkpoint_every": 10**6,
    "ema_decay": 0.9,
    "optimizer": {"name": "sgd", "lr": 0.05, "momentum": 0.9},
    "schedule": {"name": "cosine", "warmup_iterations": 5},
}


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 40 updates with all that a state can have."""
    config = make_config(RANDOM, AUGMENTED, **TRAINING)
    return run(config, tmp_path_factory.mktemp("runs"))[0]


def fork(parent: Path, step: int, *settings: str, **wanted: Any) -> Path:
    """Makes a fork that does not train yet."""
    change = Fork(settings=parse_settings(settings), **wanted)
    return make_fork(read_past(parent, step, None), change, None)


def go_on(path: Path, **changes: Any) -> Outcome:
    """Trains a fork to its end, or to where it pauses and is interrupted."""
    interrupts = Interrupts()

    def watch(record: object) -> None:
        if isinstance(record, Paused):
            interrupts.interrupt("SIGTERM")

    writer = RunWriter.open(path, listener=watch)
    return resume_run(writer, interrupts, changes=Changes(**changes))


def after(path: Path, step: int, kind: str) -> list[dict[str, Any]]:
    """Returns the rows of a kind from a step on, without what the clock tells."""
    return [without_clock(row) for row in rows(path, kind) if row["step"] > step]


@pytest.mark.parametrize("step", [0, 10, 17, 39])
def test_a_fork_without_changes_repeats_its_parent_bit_for_bit(
    parent: Path, step: int
) -> None:
    child = fork(parent, step)
    lineage = read_config(child).lineage
    assert lineage is not None
    assert (lineage.parent, lineage.step, lineage.changed) == (parent.name, step, {})
    assert status(child)["step"] == step
    assert rows(child) == []
    assert go_on(child).state is State.FINISHED
    for kind in ("train/loss", "test/loss"):
        assert after(child, 0, kind) == after(parent, step, kind)
    last, theirs = (
        load_checkpoint(it / "checkpoints/last.pt") for it in (child, parent)
    )
    for part in ("model", "ema", "optimizer", "rng", "best", "guard"):
        assert same(getattr(last, part), getattr(theirs, part))
    assert last.evaluations_since_best == theirs.evaluations_since_best
    verdict = verify_run(child, from_step=None, steps=1000, data_dir=None)
    assert (verdict.first_step, verdict.difference) == (step, None)


def test_it_is_exact_through_an_interruption(parent: Path) -> None:
    child = fork(parent, 13)
    assert go_on(child, pause_at=22).state is State.INTERRUPTED
    (child / "checkpoints/last.pt").unlink()  # as if it had died before
    (child / "checkpoints/previous.pt").unlink()
    assert go_on(child).state is State.FINISHED
    theirs = after(parent, 13, "train/loss")
    again = after(child, 0, "train/loss")
    assert again[-len(theirs) :] == theirs
    assert [row["step"] for row in again[:9]] == list(range(14, 23))
    first, last = (
        load_checkpoint(it / "checkpoints/last.pt") for it in (parent, child)
    )
    assert same(first.model, last.model)


def test_live_values_are_edits_from_there_on(parent: Path) -> None:
    child = fork(parent, 20, "lr=0.002", "momentum=0.5", iterations=30)
    edits = {event["name"]: event for event in events(child, "hyperparameter_changed")}
    assert edits["lr"]["to"] == 0.002
    assert edits["momentum"]["from"] == 0.9
    assert edits["total_steps"]["to"] == 30
    assert go_on(child).state is State.FINISHED
    made = after(child, 0, "train/loss")
    assert [row["step"] for row in made] == list(range(21, 31))
    assert made[0]["lr"] == 0.002
    assert made[0]["train/loss"] == after(parent, 20, "train/loss")[0]["train/loss"]
    assert made[1]["train/loss"] != after(parent, 21, "train/loss")[0]["train/loss"]
    assert verify_run(child, from_step=None, steps=9, data_dir=None).difference is None


def test_other_values_hold_that_the_weights_can_go_on_with(parent: Path) -> None:
    child = fork(parent, 20, "batch_size=25", "mixup=0", "nesterov=true")
    config = read_config(child)
    assert config.training.batch_size == 25
    assert config.dataset.augmentation.mixup == 0
    assert config.total_steps == 40
    assert go_on(child).state is State.FINISHED
    last = load_checkpoint(child / "checkpoints/last.pt")
    assert last.optimizer["param_groups"][0]["nesterov"] is True
    assert verify_run(child, from_step=20, steps=20, data_dir=None).difference is None


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("optimizer=adam", "training.optimizer.name cannot be changed in a fork: it"),
        ("model.layers.1.conv2d.out_channels=9", "model.layers.1.conv2d.out_channels"),
        ("normalize=mean_std", "dataset.normalize cannot be changed in a fork: the"),
        ("epochs=3", "training.epochs cannot be changed in a fork: give the new total"),
        ("dataset.name=cifar10", "cifar10 cannot be gone on with: the network takes"),
        ("lr=-1", "set: training.optimizer.lr"),
        ("batch_size=100000", "must be at most"),
    ],
)
def test_what_cannot_hold_is_refused_and_leaves_nothing(
    parent: Path, setting: str, sentence: str
) -> None:
    before = sorted(parent.parent.iterdir())
    with pytest.raises(InputError, match=sentence):
        fork(parent, 20, setting)
    assert sorted(parent.parent.iterdir()) == before


def test_an_update_that_was_not_is_refused(parent: Path) -> None:
    with pytest.raises(InputError, match="has no update 41: it has done 40"):
        fork(parent, 41)
    with pytest.raises(InputError, match="has done 40 updates already"):
        fork(parent, 40)


def test_a_fork_that_lost_its_checkpoints_does_not_begin_from_a_seed(
    parent: Path,
) -> None:
    child = fork(parent, 13)
    go_on(child, iterations=15)
    for file in (child / "checkpoints").iterdir():
        file.write_bytes(b"damaged")
    again = f"{parent.name}@13 again"
    with pytest.raises(RunDirectoryError, match=again):
        go_on(child, more_iterations=5)
    with pytest.raises(InputError, match="begins at update 13"):
        verify_run(child, from_step=None, steps=5, data_dir=None)
    (child / "checkpoints" / step_file(13)).unlink()
    with pytest.raises(RunDirectoryError, match=again):
        go_on(child, more_iterations=5)


def test_a_fork_of_a_fork_and_the_best_of_its_past(parent: Path) -> None:
    child = fork(parent, 20)
    best = status(child)["best"]
    assert load_checkpoint(child / "checkpoints/best.pt").step == best["step"] <= 20
    go_on(child, pause_at=26)
    grandchild = fork(child, 25)
    assert go_on(grandchild).state is State.FINISHED
    assert after(grandchild, 0, "train/loss") == after(parent, 25, "train/loss")


def test_another_schedule_and_an_average_begin_there(parent: Path) -> None:
    child = fork(parent, 20, "schedule=constant", "ema_decay=null")
    assert go_on(child).state is State.FINISHED
    assert {row["lr"] for row in after(child, 0, "train/loss")} == {0.05}
    assert load_checkpoint(child / "checkpoints/last.pt").ema is None
    assert verify_run(child, from_step=20, steps=20, data_dir=None).difference is None


def test_what_was_edited_where_it_begins_is_a_part_of_that_state(
    tmp_path: Path,
) -> None:
    config = make_config(RANDOM, AUGMENTED, **ENDLESS)
    with training(config, tmp_path) as trained:
        trained.tell("pause")
        trained.tell("step", count=4)
        first = trained.wait_for_steps()
        trained.tell("set", name="lr", value=0.2)
        trained.tell("step", count=6)
        trained.wait_for_steps()
        trained.tell("set", name="momentum", value=0.9)
        trained.tell("stop")
        trained.outcome()
    child = fork(trained.path, first, iterations=first + 6)
    assert rows(child) == []
    go_on(child)
    assert after(child, 0, "train/loss") == after(trained.path, first, "train/loss")
