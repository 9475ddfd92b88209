"""A look at the layers tells the truth, and changes nothing."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from cnn_tui.engine import health
from cnn_tui.engine.checkpoint import load_checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.health import examine
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.resume import resume_run
from cnn_tui.engine.rng import get_rng_state
from cnn_tui.engine.trainer import Trainer
from cnn_tui.runs.health import LayerHealth, read_health
from cnn_tui.runs.history import step_file
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import (
    CONVOLUTION,
    LOGISTIC,
    RANDOM,
    TINY,
    make_config,
    make_trainer,
    same,
    weights,
)
from tests.engine.running import STEPS, rows, run, training, without_clock

BASE: dict[str, Any] = {
    "iterations": 30,
    "evaluate_every": 10,
    "optimizer": {"lr": 0.1, "momentum": 0.9},
}


@pytest.fixture
def _always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every evaluation look, whatever it costs."""
    monkeypatch.setattr(health, "FIRST_UPDATES", 0)
    monkeypatch.setattr(health, "SHARE", 1e9)


def look(trainer: Trainer, splits: Splits, layers: Any) -> dict[str, LayerHealth]:
    """Makes an update and looks at the layers, on all images of the training set."""
    before = {name: it.detach().clone() for name, it in named(trainer).items()}
    assert trainer.update()
    found = examine(trainer, make_config(layers), splits.train, before)
    return {layer.name: layer for layer in found}


def named(trainer: Trainer) -> dict[str, nn.Parameter]:
    """Returns the parameters by name."""
    return dict(trainer.model.named_parameters())


@pytest.mark.usefixtures("_always")
def test_a_run_that_is_looked_at_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    on, _ = run(make_config(RANDOM, **BASE), tmp_path)
    off, _ = run(make_config(RANDOM, **BASE, health=False), tmp_path)
    assert [row.step for row in read_health(on)] == [10, 20, 30]
    assert read_health(off) == []
    pairs = zip(rows(on, "step"), rows(off, "step"), strict=True)
    assert all(without_clock(a) == without_clock(b) for a, b in pairs)
    last = [load_checkpoint(path / "checkpoints/last.pt") for path in (on, off)]
    for part in ("model", "optimizer", "rng"):
        assert same(getattr(last[0], part), getattr(last[1], part))


def test_it_leaves_gradients_buffers_and_random_numbers(splits: Splits) -> None:
    trainer = make_trainer(make_config(RANDOM), splits)
    assert trainer.update()
    gradients = [it.grad for it in named(trainer).values()]
    copies = [grad.clone() for grad in gradients if grad is not None]
    state, rng = weights(trainer), get_rng_state(trainer.device)
    examine(trainer, make_config(RANDOM), splits.train, named_copy(trainer))
    assert same(weights(trainer), state)
    assert same(get_rng_state(trainer.device), rng)
    assert same([it.grad for it in named(trainer).values()], copies)
    assert trainer.model.training
    assert not any(module._forward_hooks for module in trainer.model.modules())


def named_copy(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Returns copies of the parameters by name."""
    return {name: it.detach().clone() for name, it in named(trainer).items()}


def test_activations_are_those_of_the_sample(splits: Splits) -> None:
    trainer = make_trainer(make_config(TINY), splits)
    found = look(trainer, splits, TINY)
    assert list(found) == ["layer 1, conv2d", "layer 2, relu", "layer 4, linear"]
    with torch.no_grad():
        inputs = trainer.network.inputs(splits.train.images)
        convolved = trainer.model.get_submodule("0")(inputs)
    for name, values in (("1, conv2d", convolved), ("2, relu", convolved.relu())):
        layer = found[f"layer {name}"]
        assert layer.channels == 4
        assert layer.activation_mean == pytest.approx(float(values.mean()))
        assert layer.activation_std == pytest.approx(float(values.std(correction=0)))
        zeros = float((values == 0).float().mean())
        assert layer.zero_share == pytest.approx(zeros)
    assert found["layer 2, relu"].gradient_norm is None
    assert found["layer 2, relu"].update_to_weight is None


def test_a_channel_that_is_always_0_is_dead(splits: Splits) -> None:
    trainer = make_trainer(make_config(TINY), splits)
    weight, bias = named(trainer)["0.weight"], named(trainer)["0.bias"]
    with torch.no_grad():
        weight[:3] = 0
        bias[:3] = torch.tensor([-1.0, -0.5, 1.0])
    found = look(trainer, splits, TINY)
    assert found["layer 2, relu"].dead_channels == 2
    assert found["layer 1, conv2d"].dead_channels == 0


def test_a_gradient_is_that_of_the_sample(splits: Splits) -> None:
    trainer = make_trainer(make_config(TINY), splits)
    found = look(trainer, splits, TINY)
    outputs = trainer.network(splits.train.images)
    loss = trainer.loss_function(outputs, splits.train.labels)
    own = [it for name, it in named(trainer).items() if name.startswith("0.")]
    expected = nn.utils.get_total_norm(torch.autograd.grad(loss, own))
    gradient = found["layer 1, conv2d"].gradient_norm
    assert gradient == pytest.approx(float(expected), rel=1e-5)


def test_a_residual_has_its_projection_alone(splits: Splits) -> None:
    residual = {"residual": [CONVOLUTION, "relu"]}
    layers = [residual, *LOGISTIC]
    trainer = make_trainer(make_config(layers), splits)
    found = look(trainer, splits, layers)
    names = ["layer 1.1, conv2d", "layer 1.2, relu", "layer 1, residual"]
    assert list(found)[:3] == names
    assert found["layer 1, residual"].gradient_norm is not None


@pytest.mark.usefixtures("_always")
def test_the_last_update_is_put_into_proportion(tmp_path: Path) -> None:
    path, _ = run(make_config(TINY, iterations=3, evaluate_every=1), tmp_path)
    kept = [
        load_checkpoint(path / "history" / step_file(step)).model["0.weight"]
        for step in range(4)
    ]
    for row in read_health(path):
        before, after = kept[row.step - 1], kept[row.step]
        expected = float((after - before).norm() / before.norm())
        assert row.layers[0].update_to_weight == pytest.approx(expected, rel=1e-5)


@pytest.mark.usefixtures("_always")
def test_values_that_are_not_finite_are_null(splits: Splits) -> None:
    trainer = make_trainer(make_config(TINY), splits)
    with torch.no_grad():
        named(trainer)["0.bias"][0] = torch.nan
    before = named_copy(trainer)
    first = examine(trainer, make_config(TINY), splits.train, before)[0]
    assert (first.activation_mean, first.gradient_norm) == (None, None)
    assert first.channels == 4


@pytest.mark.usefixtures("_always")
def test_what_was_gone_back_on_is_void(tmp_path: Path) -> None:
    config = make_config(
        LOGISTIC, iterations=STEPS, evaluate_every=5, checkpoint_every=STEPS
    )
    with training(config, tmp_path) as trained:
        trained.tell("pause")
        trained.tell("set", name="lr", value=1e-12)  # saves, and gets no better
        trained.tell("step", count=15)
        reached = trained.wait_for_steps()
        assert read_health(trained.path)[-1].step > reached - 5
        trained.tell("rollback", lr=1e-12)
        back = trained.tell("pause")["step"]
        assert all(row.step <= back for row in read_health(trained.path))
        trained.tell("stop")
        trained.outcome()


@pytest.mark.usefixtures("_always")
def test_a_resume_from_earlier_looks_again(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, **BASE), tmp_path)
    kept = path / "history" / step_file(10)
    kept.replace(path / "checkpoints/last.pt")
    resume_run(RunWriter.open(path), Interrupts())
    text = (path / "health.jsonl").read_text()
    assert '{"rewind_to":10}' in text
    assert [row.step for row in read_health(path)] == [10, 20, 30]


def test_a_run_is_not_looked_at_before_that_is_paid_for(tmp_path: Path) -> None:
    path, _ = run(make_config(LOGISTIC, **BASE), tmp_path)
    assert read_health(path) == []
    assert (path / "health.jsonl").read_bytes() == b""


def test_no_second_look_is_made_before_the_first_is_paid_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "FIRST_UPDATES", 0)
    monkeypatch.setattr(health, "SHARE", 1e-9)
    path, _ = run(make_config(LOGISTIC, **BASE), tmp_path)
    assert [row.step for row in read_health(path)] == [10]
