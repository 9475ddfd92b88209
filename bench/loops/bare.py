"""The bare loop: the same net and device, resident data; no logging, no screen."""

import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bench.progress import StepLog
from cnn_tui.config import RunConfig
from cnn_tui.engine.data import load_dataset
from cnn_tui.engine.device import pick_device
from cnn_tui.engine.network import Scaling, new_network
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset


def train(preset: Path, log: StepLog) -> None:
    """Trains a preset with plain SGD until the process is killed."""
    config, model, optimizer = begin(preset)
    for images, labels in batches(config):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        log.step()


def begin(preset: Path) -> tuple[RunConfig, nn.Module, torch.optim.Optimizer]:
    """Returns the config, the net on the device of the config, and its optimizer."""
    config = read_preset(find_preset(str(preset))).config
    device = pick_device(config.training.device)
    network, _ = new_network(config, Scaling(), device)
    model = network.model.to(memory_format=torch.channels_last)
    rate = config.training.optimizer.lr
    return config, model, torch.optim.SGD(model.parameters(), lr=rate)


def batches(config: RunConfig) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields shuffled batches, float32 N×1×28×28 and int64 N, without an end."""
    device, batch_size = pick_device(config.training.device), config.training.batch_size
    data, _ = load_dataset(str(config.dataset.name), None)
    data = data.to(device)
    while True:
        order = torch.randperm(len(data), device=device)
        for start in range(0, len(data), batch_size):
            batch = order[start : start + batch_size]
            images = data.images[batch].to(
                torch.float32, memory_format=torch.channels_last
            )
            yield images.div_(255), data.labels[batch]


if __name__ == "__main__":
    train(Path(sys.argv[1]), StepLog(Path(sys.argv[2])))
