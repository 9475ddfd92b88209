"""An update of the past is made again, bit for bit, and the run stays as it is."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.replay import Replayed, replay
from cnn_tui.errors import InputError
from cnn_tui.runs.history import step_file
from cnn_tui.runs.rows import metrics_rows
from tests.engine.making import LOGISTIC, RANDOM, make_config, same
from tests.engine.running import ENDLESS, run, training

AUGMENTED = {"augmentation": {"crop_padding": 2, "rotate": 10, "mixup": 0.4}}


@pytest.fixture(scope="module")
def eventful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int]]:
    """A run that was edited and rolled back, and steps whose checkpoints were kept."""
    kept = []
    config = make_config(RANDOM, AUGMENTED, **ENDLESS, checkpoint_every=10**6)
    with training(config, tmp_path_factory.mktemp("runs")) as trained:
        trained.tell("pause")

        def step(count: int) -> None:
            trained.tell("step", count=count)
            trained.wait_for_steps()

        def keep() -> None:
            kept.append(trained.tell("checkpoint")["step"])

        step(3)
        keep()
        trained.tell("set", name="lr", value=0.05)
        step(7)
        trained.tell("set", name="momentum", value=0.9)
        step(6)
        keep()
        trained.tell("evaluate")
        step(5)
        trained.tell("set", name="weight_decay", value=0.01)
        keep()
        trained.tell("resume")
        trained.tell("rollback", lr=0.003)
        trained.tell("pause")
        step(9)
        keep()
        trained.tell("stop")
        trained.outcome()
    return trained.path, kept


@pytest.fixture(params=["", "without its checkpoints", "without its history"])
def past(
    eventful: tuple[Path, list[int]], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Path, list[int], Path]]:
    """The same run, less some files; the kept steps; where their checkpoints are."""
    path, kept = eventful
    copy = Path(shutil.copytree(path, tmp_path / path.name))
    if "checkpoints" in request.param:
        shutil.rmtree(copy / "checkpoints")
    if "history" in request.param:
        shutil.rmtree(copy / "history")
    yield copy, kept, path / "checkpoints"


def files(path: Path) -> dict[str, bytes]:
    """Returns all that is in a folder."""
    found = (file for file in path.rglob("*") if file.is_file())
    return {str(file): file.read_bytes() for file in found}


def assert_sees_what_was_recorded(path: Path, found: Replayed) -> None:
    """Asserts that loss and accuracy are those of the train row."""
    [row] = [
        row
        for row in metrics_rows(path)
        if row.step == found.step and isinstance(row.train_loss, float)
    ]
    assert float(found.losses.mean()) == pytest.approx(row.train_loss, rel=1e-6)
    right = found.outputs.argmax(1) == found.labels
    assert float(right.double().mean()) == row.train_accuracy


def test_the_weights_are_those_that_were_kept(
    past: tuple[Path, list[int], Path],
) -> None:
    path, kept, checkpoints = past
    before = files(path)
    for step in kept:
        found = replay(path, step, None)
        expected = load_checkpoint(checkpoints / step_file(step))
        assert same(dict(found.network.model.state_dict()), expected.model)
        assert found.step == step > found.from_step
        assert found.not_exact is None
        assert_sees_what_was_recorded(path, found)
    assert files(path) == before


def test_the_images_are_those_of_the_update(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, iterations=12), tmp_path)
    first, again = replay(path, 1, None), replay(path, 11, None)
    assert first.images.dtype == torch.uint8
    assert first.images.shape == (50, 1, 28, 28)
    assert torch.equal(first.inputs, first.images.float().div(255))
    images = [{image.numpy().tobytes() for image in it.images} for it in (first, again)]
    assert len(images[0]) == 50
    assert images[0] != images[1]  # the first batch of the second epoch


def test_an_augmented_batch_is_shown_as_it_was_seen(
    eventful: tuple[Path, list[int]],
) -> None:
    found = replay(eventful[0], 3, None)
    assert found.inputs.shape == found.images.shape
    assert not torch.equal(found.inputs, found.images.float().div(255))


def test_it_begins_at_the_nearest_checkpoint_and_tells_how_far_it_is(
    tmp_path: Path,
) -> None:
    config = make_config(LOGISTIC, iterations=40, evaluate_every=10)
    path, _ = run(config, tmp_path)
    told: list[tuple[int, int]] = []
    found = replay(path, 25, None, lambda done, total: told.append((done, total)))
    assert found.from_step == 20
    assert told == [(done, 5) for done in (0, 1, 2, 3, 4, 5)]
    (path / "history" / step_file(20)).write_bytes(b"damaged")
    assert replay(path, 25, None).from_step == 10


def test_accumulated_and_averaged_updates_are_made_again(tmp_path: Path) -> None:
    config = make_config(
        RANDOM,
        AUGMENTED,
        evaluate_every=5,
        gradient_accumulation=3,
        drop_last=True,
        ema_decay=0.9,
        optimizer={"name": "adamw", "lr": 0.01},
    )
    path, _ = run(config, tmp_path)
    for step in (5, 10, 15):
        expected = load_checkpoint(path / "history" / step_file(step))
        found = replay(path, step, None)
        assert found.not_exact is None
        assert same(dict(found.network.model.state_dict()), expected.ema)
        assert_sees_what_was_recorded(path, found)


def test_it_can_be_ended(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC), tmp_path)

    class EnoughError(Exception):
        pass

    def enough(done: int, total: int) -> None:
        raise EnoughError

    with pytest.raises(EnoughError):
        replay(path, 15, None, enough)


@pytest.mark.parametrize("step", [0, 21])
def test_an_update_that_was_not_is_refused(step: int, tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC), tmp_path)
    with pytest.raises(InputError) as refused:
        replay(path, step, None)
    assert str(refused.value) == (f"{path.name} has no update {step}: it has done 20")


def test_another_machine_is_said_to_be_one(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC), tmp_path)
    environment = json.loads((path / "environment.json").read_text())
    environment["torch"] = "1.0"
    (path / "environment.json").write_text(json.dumps(environment))
    found = replay(path, 5, None)
    assert found.not_exact == f"torch was 1.0, is {torch.__version__}"


def test_another_loss_than_the_recorded_one_is_said_to_be_one(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC), tmp_path)
    text = (path / "metrics.jsonl").read_text()
    lines = text.splitlines()
    row = json.loads(lines[4])
    row["train/loss"] += 0.5
    lines[4] = json.dumps(row)
    (path / "metrics.jsonl").write_text("\n".join(lines) + "\n")
    not_exact = replay(path, 5, None).not_exact
    assert not_exact is not None
    assert not_exact.startswith("train loss was ")


def test_a_checkpoint_of_another_run_is_passed_over(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC), tmp_path)
    other, _ = run(make_config(RANDOM, evaluate_every=10), tmp_path)
    os.replace(other / "history" / step_file(10), path / "history" / step_file(10))
    found = replay(path, 15, None)
    assert found.from_step == 0
    assert_sees_what_was_recorded(path, found)


def test_an_update_that_was_skipped_has_losses_that_are_no_numbers(
    tmp_path: Path,
) -> None:
    config = make_config(
        LOGISTIC, on_non_finite="ignore", optimizer={"lr": 3e38, "momentum": 0.9}
    )
    path, _ = run(config, tmp_path)
    bad = next(row.step for row in metrics_rows(path) if row.train_loss is None)
    assert isinstance(bad, int)
    found = replay(path, bad, None)
    assert len(found.losses) == 50
    assert not found.losses.isfinite().all()
