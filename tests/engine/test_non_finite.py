"""Values that are not finite never reach the weights."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from cnn_tui.config import RunConfig
from cnn_tui.config.models import Optimizer
from cnn_tui.config.values import MAX_STEPS
from cnn_tui.engine import setup
from cnn_tui.engine import trainer as trainer_module
from cnn_tui.engine.checkpoint import HALTED, LAST, load_checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.diagnose import ExplosionDetector, NonFinite, find_non_finite
from cnn_tui.engine.rng import get_rng_state
from cnn_tui.engine.train_rows import TrainRow
from cnn_tui.engine.trainer import Trainer
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
from tests.engine.running import (
    events,
    rows,
    run,
    status,
    training,
    without_clock,
)

TOO_HIGH = 1e38


def exploding(policy: str, layers: Any = RANDOM, **values: Any) -> RunConfig:
    """Returns a config whose second or third update is not finite."""
    return make_config(
        layers, optimizer={"lr": TOO_HIGH}, on_non_finite=policy, **values
    )


def _can_fuse(config: Optimizer, device: torch.device) -> bool:
    return config.name in ("sgd", "adam", "adamw")


class Patient(Trainer):
    """A trainer that checks each update, whatever the device."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.check_until(MAX_STEPS)


@pytest.fixture(params=["each update is checked", "a gate closes"])
def path_of_checks(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lets runs check each update, or find out later: the same must come of it."""
    if request.param == "a gate closes":
        monkeypatch.setattr(trainer_module, "can_fuse", _can_fuse)


def test_a_bad_update_leaves_everything_as_it_was(splits: Splits) -> None:
    trainer = make_trainer(exploding("stop"), splits)
    while True:
        before = (
            weights(trainer),
            trainer.optimizer.state_dict(),
            get_rng_state(trainer.device),
            trainer.step,
        )
        if not trainer.update():
            break
    assert before[3] > 0
    assert same(before[0], weights(trainer))
    assert same(before[1], trainer.optimizer.state_dict())
    assert same(before[2], get_rng_state(trainer.device))
    assert trainer.step == before[3]
    assert trainer.weights_are_finite()
    assert len(trainer.read_out()) == before[3]


@pytest.mark.parametrize(
    ("parameter", "found"),
    [
        ("0.weight", NonFinite(what="activation", layer="layer 1, conv2d")),
        ("1.bias", NonFinite(what="activation", layer="layer 2, batch_norm2d")),
        ("5.weight", NonFinite(what="activation", layer="layer 6, linear")),
    ],
)
def test_the_first_bad_layer_is_named(
    parameter: str, found: NonFinite, splits: Splits
) -> None:
    config = make_config(RANDOM)
    trainer = make_trainer(config, splits)
    losses(trainer, 2)
    with torch.no_grad():
        trainer.model.get_parameter(parameter).view(-1)[0] = torch.inf
    before, rng_state = weights(trainer), get_rng_state(trainer.device)
    assert find_non_finite(trainer, config) == found
    assert same(weights(trainer), before)
    assert same(get_rng_state(trainer.device), rng_state)


def test_a_layer_of_a_residual_is_named(splits: Splits) -> None:
    layers = [{"residual": ["relu", {"conv2d": {"out_channels": 1, "kernel_size": 1}}]}]
    config = make_config([*layers, *LOGISTIC])
    trainer = make_trainer(config, splits)
    with torch.no_grad():
        next(trainer.model.parameters()).fill_(torch.nan)
    assert find_non_finite(trainer, config).layer == "layer 1.2, conv2d"


def test_a_loss_or_a_gradient_alone_can_be_bad(splits: Splits) -> None:
    config = make_config(LOGISTIC, loss="mse")
    trainer = make_trainer(config, splits)
    with torch.no_grad():
        trainer.model.get_parameter("1.bias").fill_(1e30)  # its square is infinite
    assert find_non_finite(trainer, config) == NonFinite(what="loss", layer=None)
    trainer = make_trainer(config, splits)
    trainer.loss_function = lambda outputs, labels: (0 * outputs).sum().sqrt()
    assert find_non_finite(trainer, config) == NonFinite(
        what="gradient", layer="layer 2, linear"
    )


def test_stop_fails_with_the_weights_before_the_update(
    tmp_path: Path, path_of_checks: None, splits: Splits
) -> None:
    config = exploding("stop")
    path, outcome = run(config, tmp_path)
    assert (outcome.state, outcome.reason) == (State.FAILED, "non_finite")
    [event] = events(path, "non_finite")
    assert event["layer"].startswith("layer ")
    good = event["step"] - 1
    assert [row["step"] for row in rows(path)] == list(range(1, good + 1))
    ended = status(path)
    assert (ended["state"], ended["reason"]) == ("failed", "non_finite")
    assert ended["step"] == good
    saved = load_checkpoint(path / "checkpoints" / HALTED)
    assert saved.step == good
    assert all(bool(value.isfinite().all()) for value in saved.model.values())
    assert load_checkpoint(path / "checkpoints" / LAST).step == 0  # the good one
    assert not (path / "model.safetensors").exists()
    assert events(path)[-1]["reason"] == "non_finite"


@pytest.mark.timeout(60)
def test_ignore_skips_updates_and_goes_on(tmp_path: Path, path_of_checks: None) -> None:
    path, outcome = run(exploding("ignore"), tmp_path)
    assert outcome.state is State.FINISHED
    found = rows(path)
    assert [row["step"] for row in found] == list(range(1, 21))
    skipped = [row["step"] for row in found if row["train/loss"] is None]
    assert skipped
    assert all(row["train/accuracy"] is None for row in found if row["step"] in skipped)
    assert events(path, "non_finite")[0]["step"] == skipped[0]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
@pytest.mark.parametrize("policy", ["ignore", "rollback", "stop"])
def test_both_ways_of_checking_give_the_same_run(
    policy: str, optimizer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer_module, "can_fuse", _can_fuse)
    config = make_config(
        RANDOM,
        optimizer={"name": optimizer, "lr": TOO_HIGH / 100},
        on_non_finite=policy,
        evaluate_every=7,
        checkpoint_every=6,
    )
    found = []
    for kind in (Patient, Trainer):
        monkeypatch.setattr(setup, "Trainer", kind)
        path, outcome = run(config, tmp_path)
        last = HALTED if outcome.state is State.FAILED else LAST
        checkpoint = load_checkpoint(path / "checkpoints" / last)
        found.append(
            (
                outcome.state,
                [without_clock(row) for row in rows(path)],
                checkpoint.model,
                checkpoint.optimizer,
                checkpoint.rng,
                [(row["event"], row["step"]) for row in events(path)],
            )
        )
    assert same(found[0], found[1])


def test_pause_waits_before_the_update(tmp_path: Path, path_of_checks: None) -> None:
    with training(exploding("pause"), tmp_path) as trained:
        paused = trained.wait_for("paused")
        assert paused["reason"] == "non_finite"
        [event] = events(trained.path, "non_finite")
        assert paused["step"] == event["step"] - 1
        found = status(trained.path)
        assert (found["state"], found["reason"]) == ("paused", "non_finite")
        trained.tell("set", name="lr", value=0.1)
        trained.tell("step", count=1)
        trained.wait_for_steps()
        [row] = [row for row in rows(trained.path) if row["step"] == event["step"]]
        assert row["train/loss"] is None  # to go on is to skip it


def test_rollback_takes_a_lower_rate_and_tries_three_times(
    tmp_path: Path, path_of_checks: None
) -> None:
    path, outcome = run(exploding("rollback"), tmp_path)
    assert (outcome.state, outcome.reason) == (State.FAILED, "non_finite")
    back = events(path, "rolled_back")
    assert [event["step"] for event in back] == [0, 0, 0]
    assert rows(path, "rewind_to") == [{"rewind_to": 0}] * 3
    tried = [row["lr"] for row in rows(path) if row["step"] == 1]
    assert tried == pytest.approx([1e38, 1e37, 1e36, 1e35])


def test_rollback_saves_a_run_that_can_be_saved(tmp_path: Path) -> None:
    config = make_config(
        LOGISTIC,
        iterations=40,
        loss="mse",
        optimizer={"lr": 1.8},
        on_non_finite="rollback",
    )
    path, outcome = run(config, tmp_path)
    assert outcome.state is State.FINISHED
    assert len(events(path, "rolled_back")) == 1
    assert status(path)["train_loss"] < 1
    assert status(path)["lr"] == pytest.approx(0.18)


def test_an_explosion_is_noted(tmp_path: Path) -> None:
    with training(make_config(LOGISTIC, iterations=100_000), tmp_path) as trained:
        trained.wait_for_row()
        trained.tell("set", name="lr", value=1000)
        event = trained.wait_for("loss_exploded")
        assert event["loss"] > 23


def test_a_rollback_goes_back_to_before_an_explosion(tmp_path: Path) -> None:
    config = make_config(
        LOGISTIC,
        iterations=1000,
        loss="mse",
        optimizer={"lr": 1.8},
        checkpoint_every=2,
        on_non_finite="pause",
    )
    with training(config, tmp_path) as trained:
        exploded = trained.wait_for("loss_exploded")
        paused = trained.wait_for("paused")
        to_go_on_from = load_checkpoint(trained.path / "checkpoints" / HALTED)
        back = trained.tell("rollback", lr=0.1)
        trained.tell("stop")
    assert paused["reason"] == "non_finite"
    assert to_go_on_from.step == paused["step"]
    assert exploded["step"] - 2 <= back["step"] < exploded["step"] < paused["step"] - 2


def test_an_explosion_lasts_in_the_next_process() -> None:
    detector = ExplosionDetector(classes=10)
    detector.forget(limit=4.7)
    assert detector.first_exploded(_rows([1e9] * 200)) is None
    assert detector.limit == 4.7
    assert detector.first_exploded(_rows([4.6] * 99 + [4.8] + [4.6] * 99)) is None
    assert detector.limit == 4.7
    assert detector.first_exploded(_rows([4.6])) is None
    assert detector.limit is None


def detect(values: Sequence[float | None]) -> int | None:
    """Returns the step of the row in which an explosion begins."""
    found = ExplosionDetector(classes=10).first_exploded(_rows(values))
    return found.step if found else None


def _rows(values: Sequence[float | None]) -> list[TrainRow]:
    return [
        TrainRow(step=step, seconds=0, lr=0.1, loss=loss, accuracy=None)
        for step, loss in enumerate(values, start=1)
    ]


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ([2.3, 2.2, 2.1], None),
        ([0.1] * 10 + [4.0], None),  # below twice the loss of guessing
        ([0.5] * 10 + [4.7], None),  # below ten times the median
        ([0.4] * 10 + [4.7], 11),
        ([0.4] * 10 + [None, 4.7, 5.0], 12),
        ([50.0], None),  # nothing to compare with
    ],
)
def test_a_loss_explodes_far_above_those_before(
    values: list[float | None], step: int | None
) -> None:
    assert detect(values) == step


def test_an_explosion_ends_before_another_begins() -> None:
    detector = ExplosionDetector(classes=10)
    first = detector.first_exploded(_rows([0.1] * 50 + [9.0]))
    assert first is not None
    assert detector.first_exploded(_rows([9.0, 9.0])) is None
    assert detector.first_exploded(_rows([0.1] * 101 + [9.0])) is not None
