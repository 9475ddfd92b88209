"""Classes that count more than others in the loss."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from cnn_tui.engine.data import Splits
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Scaling, load_network
from cnn_tui.errors import InputError
from tests.engine.making import losses, make_config, make_trainer
from tests.engine.running import rows, run

UNEVEN = [0.5, 1, 2.5, 1, 1, 1, 1, 3, 1, 9]


def of_classes(splits: Splits, most: int) -> Splits:
    """Returns only the training images of the first ``most`` classes."""
    kept = (splits.train.labels < most).nonzero()[:, 0]
    return replace(splits, train=splits.train.subset(kept))


def balanced(labels: Tensor) -> Tensor:
    counts = [int((labels == label).sum()) for label in range(10)]
    return torch.tensor([len(labels) / (10 * count) for count in counts])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weights", [UNEVEN, "balanced"])
def test_the_loss_is_torch_s_weighted_mean(
    weights: Any, smoothing: float, splits: Splits
) -> None:
    loss = {"class_weights": weights, "label_smoothing": smoothing}
    trainer = make_trainer(make_config(loss=loss), splits)
    given = torch.tensor(UNEVEN) if weights == UNEVEN else balanced(splits.train.labels)
    plain = torch.nn.CrossEntropyLoss(given, label_smoothing=smoothing)
    batch = trainer.batch(1)
    expected = float(plain(trainer.model(batch.inputs), batch.labels).detach())
    assert losses(trainer, 1) == [pytest.approx(expected, rel=1e-6)]


def test_an_evaluation_weighs_all_images_alike(
    tmp_path: Path, mnist: tuple[Images, Images]
) -> None:
    config = make_config(loss={"class_weights": UNEVEN})
    path, _ = run(config, tmp_path)
    [row] = rows(path, "test/loss")
    weights = load_file(path / "model.safetensors")
    network = load_network(config, Scaling(), weights, torch.device("cpu"))
    with torch.inference_mode():
        expected = float(F.cross_entropy(network(mnist[1].images), mnist[1].labels))
    assert row["test/loss"] == pytest.approx(expected, rel=1e-5)


def test_balance_needs_images_of_every_class(splits: Splits) -> None:
    config = make_config(loss={"class_weights": "balanced"})
    few = of_classes(splits, 9)
    with pytest.raises(InputError, match="none of 9 are trained on; give a list"):
        make_trainer(config, few)
