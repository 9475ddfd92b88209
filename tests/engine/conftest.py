"""Real data, loaded once, and torch on one thread."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from cnn_tui.engine.data import Splits, load_dataset
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Scaling
from tests.engine.making import LOGISTIC, make_config
from tests.engine.running import ENDLESS, Training, training


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """Small tensors only lose time to more threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def mnist() -> tuple[Images, Images]:
    """The training and the test images."""
    return load_dataset("mnist", None)


@pytest.fixture(scope="session")
def splits(mnist: tuple[Images, Images]) -> Splits:
    """The first 500 training images and the first 200 test images."""
    train, test = mnist
    return Splits(
        train=train.subset(torch.arange(500)),
        validation=None,
        test=test.subset(torch.arange(200)),
        scaling=Scaling(),
    )


@pytest.fixture
def trained(tmp_path: Path) -> Iterator[Training]:
    """A run that goes on until it is told otherwise; 10 updates an epoch."""
    with training(make_config(LOGISTIC, **ENDLESS), tmp_path) as trained:
        trained.wait_for_row()
        yield trained


@pytest.fixture
def paused(trained: Training) -> Training:
    """The same run, standing still."""
    trained.tell("pause")
    return trained
