"""Choosing a device, and refusing what does not fit on it."""

import pytest
import torch

from cnn_tui.config import RunConfig, layer_table, variants
from cnn_tui.engine import device
from cnn_tui.engine.data import Splits
from cnn_tui.engine.device import (
    check_memory,
    device_name,
    device_uuid,
    pick_device,
    room_for_images,
)
from cnn_tui.errors import DeviceError
from tests.engine.making import LOGISTIC, losses, make_config, make_trainer

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
GPUS = [
    name
    for name, is_there in (
        ("cuda", torch.cuda.is_available()),
        ("mps", torch.backends.mps.is_available()),
    )
    if is_there
]


def test_auto_is_the_best_that_is_there() -> None:
    assert pick_device("auto").type == ([*GPUS, "cpu"])[0]
    assert pick_device("cpu") == CPU


@pytest.mark.parametrize("name", ["cuda:99", *sorted({"cuda", "mps"} - set(GPUS))])
def test_a_device_that_is_not_there_is_refused(name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        pick_device(name)
    assert str(caught.value).startswith(f"there is no device {name} here; there is ")
    assert str(caught.value).endswith("cpu")


def test_a_cpu_is_no_gpu() -> None:
    assert device_name(CPU) is None
    assert device_uuid(CPU) is None


@pytest.mark.parametrize("name", variants("training.optimizer"))
def test_weights_gradients_state_and_activations_must_fit(
    name: str, splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = variants("training.optimizer")[name].model_fields
    momentum = {"momentum": 0.9} if "momentum" in fields else {}
    config = make_config(LOGISTIC, optimizer={"name": name, **momentum})
    values = 2 * 7850 + state_values(config, splits)
    needed_bytes = 4 * (values + 50 * layer_table(config).activations)
    monkeypatch.setattr(device, "_free_bytes", lambda _: needed_bytes)
    check_memory(config, CPU)
    monkeypatch.setattr(device, "_free_bytes", lambda _: needed_bytes - 1)
    with pytest.raises(DeviceError, match="its 7,850 parameters need 0 MiB, a batch"):
        check_memory(config, CPU)


def test_images_get_what_the_model_and_its_batches_leave(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = make_config(LOGISTIC)  # SGD keeps one value of each weight
    model_bytes = 4 * (3 * 7850 + 50 * layer_table(config).activations)
    monkeypatch.setattr(device, "_free_bytes", lambda _: 2**31)
    assert room_for_images(config, CUDA) == 2**31 - 2**30 - model_bytes
    monkeypatch.setattr(device, "_free_bytes", lambda _: 2**29)
    assert room_for_images(config, CUDA) == 0
    assert room_for_images(config, CPU) is None


def state_values(config: RunConfig, splits: Splits) -> int:
    """Returns how many values torch's optimizer keeps once it has made an update."""
    trainer = make_trainer(config, splits)
    losses(trainer, 1)
    kept = [
        value for state in trainer.optimizer.state.values() for value in state.values()
    ]
    return sum(value.numel() for value in kept if value.dim())  # no counters


@pytest.mark.skipif(not GPUS, reason="there is no GPU here")
@pytest.mark.parametrize("gpu", GPUS)
def test_a_gpu_trains_as_the_cpu_does(gpu: str, splits: Splits) -> None:
    config = make_config()
    expected = losses(make_trainer(config, splits), 20)
    moved = Splits(
        train=splits.train.to(torch.device(gpu)),
        validation=None,
        test=splits.test.to(torch.device(gpu)),
        scaling=splits.scaling,
    )
    found = losses(make_trainer(config, moved, gpu), 20)
    assert found == pytest.approx(expected, abs=1e-3)
