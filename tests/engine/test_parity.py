"""The engine computes what the lesson's plain loop computes."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cnn_tui.engine.data import Splits, permutation
from cnn_tui.engine.images import Images
from cnn_tui.engine.network import Scaling
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset
from tests.engine.making import losses, make_trainer

ITERATIONS = 30
BATCH_SIZE = 100


class ModelA(nn.Module):
    """The lesson's model A: same padding, max pooling."""

    pool: type[nn.MaxPool2d | nn.AvgPool2d] = nn.MaxPool2d
    padding, features = 2, 32 * 7 * 7

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5, stride=1, padding=self.padding)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5, stride=1, padding=self.padding)
        self.pooling = self.pool(kernel_size=2)
        self.fc1 = nn.Linear(self.features, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Returns the outputs, N×10."""
        hidden = self.pooling(torch.relu(self.conv1(images)))
        hidden = self.pooling(torch.relu(self.conv2(hidden)))
        outputs: Tensor = self.fc1(hidden.flatten(1))
        return outputs


class ModelB(ModelA):
    """The lesson's model B: same padding, average pooling."""

    pool = nn.AvgPool2d


class ModelC(ModelA):
    """The lesson's model C as its text says: valid padding, max pooling."""

    padding, features = 0, 32 * 4 * 4


class ModelCAveraged(ModelC):
    """The lesson's model C as its code runs: valid padding, average pooling."""

    pool = nn.AvgPool2d


MODELS: dict[str, type[ModelA]] = {
    "model-a": ModelA,
    "model-b": ModelB,
    "model-c": ModelC,
    "model-c-avg": ModelCAveraged,
}


def lesson_losses(model: nn.Module, train: Images, lr: float, nhwc: bool) -> Any:
    """Trains as the lesson does and returns the losses."""
    layout = torch.channels_last if nhwc else torch.contiguous_format
    model.to(memory_format=layout)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    order = permutation(0, 1, len(train))
    found = []
    for indices in torch.split(order[: ITERATIONS * BATCH_SIZE], BATCH_SIZE):
        images = train.images[indices].float() / 255
        optimizer.zero_grad()
        loss = criterion(model(images.to(memory_format=layout)), train.labels[indices])
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


# Both in the same memory format: channels_last sums in another order, and where two
# values are almost equal, max pooling may then choose the other one. With model C's
# learning rate of 0.05 that grows to 2e-4 within 30 iterations, in any program.
@pytest.mark.parametrize("memory_format", ["channels_last", "contiguous"])
@pytest.mark.parametrize("name", MODELS)
def test_the_lesson_s_loop_gives_the_same_losses(
    name: str, memory_format: str, mnist: tuple[Images, Images]
) -> None:
    splits = Splits(train=mnist[0], validation=None, test=mnist[1], scaling=Scaling())
    preset = read_preset(find_preset(name))
    setting = ("training.memory_format", memory_format)
    trainer = make_trainer(preset.with_settings([setting]), splits)
    lesson = MODELS[name]()
    with torch.no_grad():
        start = zip(lesson.parameters(), trainer.model.parameters(), strict=True)
        for theirs, ours in start:
            theirs.copy_(ours)
    lr = preset.config.training.optimizer.lr
    expected = lesson_losses(lesson, mnist[0], lr, memory_format == "channels_last")
    assert expected[-1] < expected[0]
    assert losses(trainer, ITERATIONS) == pytest.approx(expected, abs=1e-5)
