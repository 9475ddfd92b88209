"""The bare loop: the same net, channels_last, resident data; no logging, no screen."""

import sys
from pathlib import Path

import torch
from torch.nn import functional as F

from bench.progress import StepLog
from cnn_tui.engine.data import load_dataset
from cnn_tui.engine.network import Scaling, new_network
from cnn_tui.presets.files import find_preset
from cnn_tui.presets.read import read_preset


def train(preset: Path, log: StepLog) -> None:
    """Trains a preset with plain SGD until the process is killed."""
    config = read_preset(find_preset(str(preset))).config
    training = config.training
    data, _ = load_dataset(str(config.dataset.name), None)
    network, _ = new_network(config, Scaling(), torch.device("cpu"))
    model = network.model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=training.optimizer.lr)
    while True:
        order = torch.randperm(len(data))
        for start in range(0, len(data), training.batch_size):
            batch = order[start : start + training.batch_size]
            images = data.images[batch].to(
                torch.float32, memory_format=torch.channels_last
            )
            loss = F.cross_entropy(model(images.div_(255)), data.labels[batch])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            log.step()


if __name__ == "__main__":
    train(Path(sys.argv[1]), StepLog(Path(sys.argv[2])))
