"""The lesson's loop: DataLoader, ToTensor for every image, model A."""

import os
import sys
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from bench.progress import StepLog

BATCH_SIZE = 100
LEARNING_RATE = 0.01


def model_a() -> nn.Sequential:
    """Returns model A as PyTorch builds it by default."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )


def mnist_loader() -> DataLoader[tuple[torch.Tensor, torch.Tensor]]:
    """Returns the shuffled batches of torchvision's MNIST, decoded image by image."""
    folder = os.environ["BENCH_TORCHVISION"]
    images = datasets.MNIST(folder, download=True, transform=transforms.ToTensor())
    return DataLoader(images, batch_size=BATCH_SIZE, shuffle=True)


def train(log: StepLog) -> None:
    """Trains model A until the process is killed."""
    loader, model = mnist_loader(), model_a()
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    while True:
        for images, labels in loader:
            optimizer.zero_grad()
            loss = loss_function(model(images), labels)
            loss.backward()
            optimizer.step()
            log.step()


if __name__ == "__main__":
    train(StepLog(Path(sys.argv[2])))
