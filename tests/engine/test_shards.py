"""Shards: the update on the whole batch, made of parts that depend on nothing else."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnn_tui.engine.data import Splits
from cnn_tui.engine.inputs import TrainingInputs
from cnn_tui.engine.shards import own_rows, tree_sum
from cnn_tui.engine.team import Team
from cnn_tui.engine.trainer import Trainer
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


def trainer_of(splits: Splits, layers: Any = TINY, **training: Any) -> Trainer:
    """Returns a trainer whose epochs have a last batch of 20 images."""
    return make_trainer(make_config(layers, batch_size=160, **training), splits)


@pytest.mark.parametrize("number", [1, 2, 3, 6, 7, 8, 12])
def test_neighbours_are_a_branch_of_the_tree(number: int) -> None:
    values = [torch.randn(100, generator=torch.Generator().manual_seed(number))]
    values += [values[0] * 1.1**i for i in range(1, number)]
    whole = tree_sum(values)
    assert torch.allclose(whole, torch.stack(values).sum(0))
    for each in (1, 2, 4):
        if number % each == 0:
            parts = [tree_sum(values[i : i + each]) for i in range(0, number, each)]
            assert same(tree_sum(parts), whole)


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"loss": "bce", "clip_grad_norm": 0.1},
        {"loss": {"label_smoothing": 0.1, "class_weights": "balanced"}},
        {"optimizer": {"name": "adamw", "lr": 0.01}, "ema_decay": 0.9},
    ],
    ids=str,
)
def test_it_is_the_update_on_the_whole_batch(
    way: dict[str, Any], splits: Splits
) -> None:
    whole, sharded = trainer_of(splits, **way), trainer_of(splits, shards=7, **way)
    for _ in range(8):
        assert whole.update() and sharded.update()
    for one, other in zip(whole.read_out(), sharded.read_out(), strict=True):
        assert (one.step, one.accuracy) == (other.step, other.accuracy)
        assert other.loss == pytest.approx(one.loss, abs=1e-6)
    expected = weights(whole)
    for name, tensor in weights(sharded).items():
        assert torch.allclose(tensor, expected[name], atol=1e-6), name


def test_it_is_what_plain_torch_makes_of_the_shards(splits: Splits) -> None:
    layers = [CONVOLUTION, {"batch_norm2d": {"momentum": 0.3}}, "relu", *LOGISTIC]
    trainer = trainer_of(splits, layers, shards=4, optimizer={"lr": 0.1})
    plain = nn.Sequential(
        nn.Conv2d(1, 4, 5, stride=4),
        nn.BatchNorm2d(4, momentum=0.3),
        *(nn.ReLU(), nn.Flatten(), nn.Linear(144, 10)),
    )
    plain.load_state_dict(trainer.model.state_dict())
    optimizer = torch.optim.SGD(plain.parameters(), lr=0.1)
    for step in (1, 2):
        batch = trainer.batch(step)
        optimizer.zero_grad()
        pieces = zip(batch.inputs.chunk(4), batch.labels.chunk(4), strict=True)
        for inputs, labels in pieces:
            (F.cross_entropy(plain(inputs), labels) / 4).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        assert trainer.update()
    expected = plain.state_dict()
    for name, tensor in weights(trainer).items():
        assert torch.allclose(tensor, expected[name], atol=1e-5), name


@pytest.mark.parametrize("rank", range(4))
def test_a_process_makes_no_other_inputs_than_its_own(
    rank: int, splits: Splits
) -> None:
    class Member(Team):
        size = 4

    team, config = Member(), make_config(TINY, batch_size=160, shards=8)
    team.rank = rank
    whole = make_trainer(config, splits)
    own = TrainingInputs(config, splits.train, None, own_rows(8, team))
    own.prepare(whole.network.scaling)
    for step in (1, 4, 5):  # the last batch of an epoch has 20 images
        parts, expected = own.own_parts(step), whole.parts(step)
        assert same([p.labels for p in parts], [p.labels for p in expected])
        shards = slice(2 * rank, 2 * rank + 2)
        inputs = [part.inputs for part in expected[shards]]
        assert same([part.inputs for part in parts[shards]], inputs)
        assert sum(len(p.inputs) for p in parts) == sum(map(len, inputs))
        assert same(own.batch(step).inputs, whole.batch(step).inputs)


def test_a_bad_shard_spoils_its_update_and_changes_nothing(splits: Splits) -> None:
    trainer = trainer_of(splits, RANDOM, shards=4)
    assert trainer.update()
    good, calls = trainer.loss_function, list[int]()

    def bad(outputs: Tensor, labels: Tensor) -> Tensor:
        calls.append(len(labels))
        return good(outputs, labels) * (torch.nan if len(calls) == 3 else 1.0)

    before, trainer.loss_function = weights(trainer), bad
    assert not trainer.update()
    assert same(weights(trainer), before)


def test_random_numbers_of_the_run_stay(splits: Splits) -> None:
    trainer = trainer_of(splits, RANDOM, shards=4)
    before = torch.get_rng_state()
    assert trainer.update()
    assert same(torch.get_rng_state(), before)
