"""Weight decay, of all parameters or of weights alone."""

import copy
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from cnn_tui.engine import trainer as trainer_module
from cnn_tui.engine.data import Splits
from tests.engine.making import CONVOLUTION, RANDOM, make_config, make_trainer

NORMALIZED = [layer for layer in RANDOM if layer != {"dropout": {"p": 0.5}}]
UNBIASED = [
    {"conv2d": CONVOLUTION["conv2d"] | {"bias": False}},
    "flatten",
    {"linear": {"out_features": "classes", "bias": False}},
]
CLASSES: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}


def optimizer(name: str = "sgd", **values: Any) -> dict[str, Any]:
    return {"name": name, "lr": 0.01, "weight_decay": 0.3, **values}


@pytest.mark.parametrize("name", CLASSES)
def test_norms_and_biases_can_be_left_alone_as_in_a_plain_loop(
    name: str, splits: Splits
) -> None:
    config = make_config(
        NORMALIZED, optimizer=optimizer(name, decay_norms_and_biases=False)
    )
    trainer = make_trainer(config, splits)
    plain = copy.deepcopy(trainer.model)
    named = dict(plain.named_parameters())
    weights = [named.pop(key) for key in ("0.weight", "4.weight")]
    groups = [
        {"params": weights, "weight_decay": 0.3},
        {"params": list(named.values()), "weight_decay": 0.0},
    ]
    torch_s: Any = CLASSES[name]
    step = torch_s(groups, lr=0.01).step
    for number in range(1, 6):
        batch = trainer.batch(number)
        plain.zero_grad()
        torch.autograd.backward(F.cross_entropy(plain(batch.inputs), batch.labels))
        step()
        assert trainer.update()
    pairs = zip(plain.parameters(), trainer.model.parameters(), strict=True)
    assert all(torch.allclose(a, b, atol=1e-7) for a, b in pairs)


@pytest.mark.parametrize("decays_all", [True, False])
def test_another_weight_decay_is_for_the_same_parameters(
    decays_all: bool, splits: Splits
) -> None:
    values = optimizer(decay_norms_and_biases=decays_all)
    trainer = make_trainer(make_config(optimizer=values), splits)
    trainer.set_optimizer_value("weight_decay", 0.5)
    trainer.set_optimizer_value("momentum", 0.9)
    groups = trainer.optimizer.param_groups
    assert [group["weight_decay"] for group in groups] == [0.5, 0.0][: len(groups)]
    assert len(groups) == (1 if decays_all else 2)
    assert all(group["momentum"] == 0.9 for group in groups)


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_a_net_without_any_trains_too(
    name: str, fused: bool, splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer_module, "can_fuse", lambda config, device: fused)
    values = optimizer(name, decay_norms_and_biases=False)
    trainer = make_trainer(make_config(UNBIASED, optimizer=values), splits)
    assert trainer.update() and trainer.update()
    assert trainer.weights_are_finite()
