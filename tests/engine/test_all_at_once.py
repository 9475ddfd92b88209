"""What makes a training better, all of it at once: exact, whatever happens to a run."""

from pathlib import Path
from typing import Any

import pytest

from cnn_tui.config import RunConfig
from cnn_tui.config.models import Optimizer
from cnn_tui.config.values import MAX_STEPS
from cnn_tui.engine import setup
from cnn_tui.engine import trainer as trainer_module
from cnn_tui.engine.checkpoint import HALTED, LAST, Checkpoint, load_checkpoint
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.trainer import Trainer
from cnn_tui.engine.verify import verify_run
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import RANDOM, make_config, same
from tests.engine.running import ENDLESS, events, rows, run, training, without_clock

SGD = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}
STATE = ("step", "model", "ema", "optimizer", "rng", "best", "overrides")


def all_on(**values: Any) -> RunConfig:
    """Returns a config with epochs of 10 batches of 48 in slices of 16."""
    optimizer = values.pop("optimizer", SGD) | {"decay_norms_and_biases": False}
    return make_config(
        RANDOM,
        {
            "validation_images": 300,
            "augmentation": {"horizontal_flip": True, "mixup": 0.2},
        },
        **{
            "iterations": 40,
            "batch_size": 48,
            "drop_last": True,
            "gradient_accumulation": 3,
            "ema_decay": 0.9,
            "evaluate_every": 7,
            "evaluate_flipped": True,
            "loss": {"class_weights": "balanced", "label_smoothing": 0.1},
            "optimizer": optimizer,
            **values,
        },
    )


def end(path: Path) -> Any:
    """Returns all of a run that does not depend on the clock."""
    folder = path / "checkpoints"
    is_halted = (folder / HALTED).exists()
    checkpoint = load_checkpoint(folder / (HALTED if is_halted else LAST))
    state = [getattr(checkpoint, part) for part in STATE]
    return [without_clock(row) for row in rows(path, "step")], state


class Patient(Trainer):
    """A trainer that checks each update, whatever the device."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.check_until(MAX_STEPS)


def _can_fuse(config: Optimizer, device: object) -> bool:
    return config.name != "rmsprop"


@pytest.fixture(params=["checked", "gated"])
def path_of_checks(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if request.param == "gated":
        monkeypatch.setattr(trainer_module, "can_fuse", _can_fuse)


def test_a_run_goes_on_where_it_was_and_is_verified(
    path_of_checks: None, tmp_path: Path
) -> None:
    whole, _ = run(all_on(), tmp_path)
    half, _ = run(all_on(iterations=21), tmp_path)
    outcome = resume_run(
        RunWriter.open(half), Interrupts(), changes=Changes(iterations=40)
    )
    assert outcome.state is State.FINISHED
    assert same(end(half), end(whole))
    for path in (whole, half):
        verdict = verify_run(path, from_step=0, steps=40, data_dir=None)
        assert (verdict.difference, verdict.last_step) == (None, 40)


def test_a_rollback_brings_the_averages_back(
    path_of_checks: None, tmp_path: Path
) -> None:
    endless = {key: value for key, value in ENDLESS.items() if key != "optimizer"}
    config = all_on(**endless | {"checkpoint_every": "1000s"})
    with training(config, tmp_path) as trained:
        trained.wait_for_row()
        trained.tell("pause")
        trained.tell("checkpoint")
        last = trained.path / "checkpoints" / LAST
        before = load_checkpoint(last)
        trained.tell("set", name="weight_decay", value=0.05)
        edited = load_checkpoint(last)
        trained.tell("resume")
        trained.wait_for_row()
        back = trained.tell("rollback", lr=0.01)
        trained.tell("pause")
        trained.tell("step", count=3)
        stood = trained.wait_for_steps()
        after = load_checkpoint(last)
        trained.tell("stop")
    assert back["step"] == before.step == edited.step
    assert decays(before) == [0.01, 0.0]
    assert decays(edited) == decays(after) == [0.05, 0.0]
    assert after.step == stood
    assert same(edited.ema, before.ema)
    assert not same(after.ema, after.model)
    verdict = verify_run(trained.path, from_step=0, steps=10_000, data_dir=None)
    assert verdict.difference is None


def decays(checkpoint: Checkpoint) -> list[float]:
    return [group["weight_decay"] for group in checkpoint.optimizer["param_groups"]]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize(
    ("lr", "policy"),
    [(0.1, "stop"), (1e36, "ignore"), (1e36, "rollback"), (1e36, "stop")],
)
def test_both_ways_of_checking_give_the_same_run(
    lr: float,
    policy: str,
    optimizer: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(trainer_module, "can_fuse", _can_fuse)
    config = all_on(
        optimizer={"name": optimizer, "lr": lr, "weight_decay": 1e-3 / lr / lr},
        on_non_finite=policy,
        checkpoint_every=6,
    )
    found = []
    for kind in (Patient, Trainer):
        monkeypatch.setattr(setup, "Trainer", kind)
        path, outcome = run(config, tmp_path)
        happened = [(event["event"], event["step"]) for event in events(path)]
        found.append((outcome.state, end(path), happened))
    assert same(found[0], found[1])
    outcome_state, _, happened = found[0]
    went_well = outcome_state is State.FINISHED and "non_finite" not in dict(happened)
    assert went_well == (lr == 0.1)
