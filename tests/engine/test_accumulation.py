"""An update on a batch in slices is the update on the batch."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnn_tui.engine import device as device_module
from cnn_tui.engine.augment import Batch
from cnn_tui.engine.data import Splits
from cnn_tui.engine.device import check_memory
from cnn_tui.engine.diagnose import find_non_finite
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import DeviceBusyError
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

UNEVEN = [0.5, 1, 2.5, 1, 1, 1, 1, 3, 1, 9]
WAYS: list[dict[str, Any]] = [
    {},
    {"loss": "mse"},
    {"loss": "bce", "clip_grad_norm": 0.1},
    {"loss": {"label_smoothing": 0.1, "class_weights": UNEVEN}},
    {"optimizer": {"name": "adamw", "lr": 0.01}},
]


def trainer_of(
    splits: Splits,
    slices: int,
    layers: Any = TINY,
    dataset: dict[str, Any] | None = None,
    **way: Any,
) -> Trainer:
    """Returns a trainer whose epochs have a last batch of 2 images."""
    config = make_config(
        layers, dataset, batch_size=166, gradient_accumulation=slices, **way
    )
    return make_trainer(config, splits)


def sizes_seen(trainer: Trainer) -> list[int]:
    """Makes the updates of an epoch; returns how many images each pass was of."""
    seen = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        seen.append(len(inputs[0]))

    with_hook = trainer.model.register_forward_pre_hook(note)
    for _ in range(trainer.steps_per_epoch):
        assert trainer.update()
    with_hook.remove()
    return seen


@pytest.mark.parametrize("mixup", [0.0, 0.4])
@pytest.mark.parametrize("slices", [3, 166])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_it_is_the_update_on_the_whole_batch(
    way: dict[str, Any], slices: int, mixup: float, splits: Splits
) -> None:
    dataset = {"augmentation": {"mixup": mixup}}
    whole = trainer_of(splits, 1, dataset=dataset, **way)
    sliced = trainer_of(splits, slices, dataset=dataset, **way)
    for _ in range(6):
        assert whole.update() and sliced.update()
    for one, other in zip(whole.read_out(), sliced.read_out(), strict=True):
        assert (one.step, one.lr, one.accuracy) == (
            other.step,
            other.lr,
            other.accuracy,
        )
        assert other.loss == pytest.approx(one.loss, abs=1e-6)
    expected = weights(whole)
    for name, tensor in weights(sliced).items():
        assert torch.allclose(tensor, expected[name], atol=1e-6), name


def test_a_batch_is_cut_evenly(splits: Splits) -> None:
    assert sizes_seen(trainer_of(splits, 4)) == [42, 42, 41, 41] * 3 + [2]
    assert sizes_seen(trainer_of(splits, 100)) == [2] * 83 * 3 + [2]
    inputs, labels = torch.arange(7.0), torch.arange(7)
    parts = Batch(inputs=inputs, labels=labels).parts(3)
    assert [part.labels.tolist() for part in parts] == [[0, 1, 2], [3, 4], [5, 6]]
    assert same(torch.cat([part.inputs for part in parts]), inputs)


def test_batch_normalization_sees_the_slices(splits: Splits) -> None:
    trainer = trainer_of(splits, 2, [CONVOLUTION, "batch_norm2d", *LOGISTIC])
    plain = nn.BatchNorm2d(4)
    for part in trainer.parts(1):
        plain(trainer.model.get_submodule("0")(part.inputs))
    assert trainer.update()
    found = trainer.model.get_submodule("1")
    assert int(found.get_buffer("num_batches_tracked")) == 2
    assert torch.allclose(
        found.get_buffer("running_mean"), plain.get_buffer("running_mean")
    )
    assert torch.allclose(
        found.get_buffer("running_var"), plain.get_buffer("running_var")
    )


@pytest.mark.parametrize("part", [0, 1])
def test_a_bad_slice_spoils_its_update_and_is_found(part: int, splits: Splits) -> None:
    trainer = trainer_of(splits, 2, RANDOM)
    assert trainer.update()
    good, calls = trainer.loss_function, []

    def bad(outputs: Tensor, labels: Tensor) -> Tensor:
        calls.append(len(labels))
        spoilt = torch.nan if (len(calls) - 1) % 2 == part else 1.0
        return good(outputs, labels) * spoilt

    trainer.loss_function = bad
    before = weights(trainer)
    assert not trainer.update()
    assert same(weights(trainer), before)
    calls.clear()
    config = make_config(RANDOM, batch_size=166, gradient_accumulation=2)
    assert find_non_finite(trainer, config).what == "loss"
    assert same(weights(trainer), before)


def test_memory_is_needed_for_one_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_module, "_free_bytes", lambda device: 100_000)
    cpu = torch.device("cpu")
    with pytest.raises(
        DeviceBusyError, match=r"a batch of 50 needs .* raise gradient_"
    ):
        check_memory(make_config(), cpu)
    check_memory(make_config(gradient_accumulation=10), cpu)
