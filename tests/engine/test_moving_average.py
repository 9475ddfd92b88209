"""The moving average of the weights: what torch's is, evaluated and kept."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel

from cnn_tui.engine import device as device_module
from cnn_tui.engine.checkpoint import LAST, load_checkpoint
from cnn_tui.engine.data import Splits
from cnn_tui.engine.device import check_memory
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Scaling, load_network
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import DeviceBusyError
from tests.engine.making import (
    RANDOM,
    TINY,
    losses,
    make_config,
    make_trainer,
    same,
    weights,
)
from tests.engine.running import rows, run, without_clock

CPU = torch.device("cpu")


def averages(trainer: Trainer) -> dict[str, Any]:
    """Returns a copy of the averaged weights."""
    state = trainer.evaluated.model.state_dict()
    return {name: value.clone() for name, value in state.items()}


@pytest.mark.parametrize("decay", [0.3, 0.9, 0.999])
def test_it_is_that_of_torch(decay: float, splits: Splits) -> None:
    config = make_config(RANDOM, optimizer={"lr": 0.1}, ema_decay=decay)
    trainer = make_trainer(config, splits)

    def average(mean: Any, value: Any, number: Any) -> Any:
        share = 1 - min(decay, (1 + int(number)) / (10 + int(number)))
        return mean + share * (value - mean)

    torch_s = AveragedModel(trainer.model, avg_fn=average, use_buffers=True)
    torch_s.update_parameters(trainer.model)  # the first is a copy
    for _ in range(30):
        assert trainer.update()
        torch_s.update_parameters(trainer.model)
    expected = torch_s.module.state_dict()
    found, raw = averages(trainer), weights(trainer)
    for name, value in found.items():
        if name.endswith("num_batches_tracked"):
            assert int(value) == 30
        else:
            assert torch.allclose(value, expected[name], atol=1e-6), name
            assert not torch.equal(value, raw[name]), name


def test_it_changes_nothing_of_the_training(splits: Splits) -> None:
    plain = make_trainer(make_config(RANDOM), splits)
    expected = losses(plain, 12)
    followed = make_trainer(make_config(RANDOM, ema_decay=0.9), splits)
    assert losses(followed, 12) == expected
    assert same(weights(followed), weights(plain))
    assert plain.evaluated is plain.network


def test_a_bad_update_is_not_taken_in(splits: Splits) -> None:
    config = make_config(RANDOM, optimizer={"lr": 1e38}, ema_decay=0.9)
    trainer = make_trainer(config, splits)
    before = averages(trainer)
    while trainer.update():
        before = averages(trainer)
    assert trainer.step > 0
    assert same(averages(trainer), before)
    trainer.skip()
    assert same(averages(trainer), before)


def test_an_infinite_average_is_no_weight_to_keep(splits: Splits) -> None:
    trainer = make_trainer(make_config(ema_decay=0.9), splits)
    assert trainer.weights_are_finite()
    with torch.no_grad():
        next(trainer.evaluated.model.parameters()).view(-1)[0] = torch.inf
    assert not trainer.weights_are_finite()


def test_what_is_evaluated_and_kept_are_the_averages(
    tmp_path: Path, mnist: tuple[Images, Images]
) -> None:
    config = make_config(RANDOM, optimizer={"lr": 0.1}, ema_decay=0.9)
    path, _ = run(config, tmp_path)
    model = path / "model.safetensors"
    kept, checkpoint = load_file(model), load_checkpoint(path / "checkpoints" / LAST)
    assert same(kept, checkpoint.ema)
    assert not same(kept, checkpoint.model)
    with safe_open(model, "pt") as file:
        assert file.metadata()["weights"] == "ema"
    network = load_network(config, Scaling(), kept, CPU)
    network.model.eval()
    with torch.inference_mode():
        scores, labels = network(mnist[1].images), mnist[1].labels
    [row] = rows(path, "test/loss")
    assert row["test/accuracy"] == int((scores.argmax(1) == labels).sum()) / 10_000
    loss = float(F.cross_entropy(scores, labels))
    assert row["test/loss"] == pytest.approx(loss, rel=1e-5)


def test_a_run_with_it_has_the_train_rows_of_one_without(tmp_path: Path) -> None:
    paths = [
        run(make_config(RANDOM, ema_decay=decay, evaluate_every=5), tmp_path)[0]
        for decay in (None, 0.9)
    ]
    trained = [[without_clock(row) for row in rows(path)] for path in paths]
    assert trained[0] == trained[1]
    raw = [load_checkpoint(path / "checkpoints" / LAST).model for path in paths]
    assert same(*raw)


def test_it_takes_the_memory_of_the_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    needed = 1554 * 3 * 4 + 88_400
    monkeypatch.setattr(device_module, "_free_bytes", lambda device: needed)
    check_memory(make_config(TINY), CPU)
    with pytest.raises(DeviceBusyError):
        check_memory(make_config(TINY, ema_decay=0.9), CPU)
