"""Model A in PyTorch Lightning, with the lesson's loader; its extras are off."""

import sys
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor
from torch.nn import functional as F

from bench.loops.lesson import LEARNING_RATE, mnist_loader, model_a
from bench.progress import StepLog


class LitModelA(LightningModule):
    """Model A, counting its steps."""

    def __init__(self, log: StepLog) -> None:
        """Builds the model."""
        super().__init__()
        self.model = model_a()
        self.step_log = log

    def training_step(self, batch: tuple[Tensor, Tensor], index: int) -> Tensor:
        """Returns the loss of a batch."""
        images, labels = batch
        return F.cross_entropy(self.model(images), labels)

    def on_train_batch_end(self, *_: Any) -> None:
        """Counts the step."""
        self.step_log.step()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Returns plain SGD."""
        return torch.optim.SGD(self.parameters(), lr=LEARNING_RATE)


def train(log: StepLog) -> None:
    """Trains until the process is killed."""
    trainer = Trainer(
        max_epochs=-1,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(LitModelA(log), mnist_loader())


if __name__ == "__main__":
    train(StepLog(Path(sys.argv[2])))
