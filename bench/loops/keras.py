"""Model A in Keras with the torch backend, fed with resident arrays."""

import os
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
from keras import layers

from bench.loops.lesson import BATCH_SIZE, LEARNING_RATE
from bench.progress import StepLog
from cnn_tui.engine.data import load_dataset

FOREVER = 1_000_000


class CountSteps(keras.callbacks.Callback):
    """Counts the steps."""

    def __init__(self, log: StepLog) -> None:
        """Counts into ``log``."""
        super().__init__()
        self._log = log

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Counts one."""
        self._log.step()


def train(log: StepLog) -> None:
    """Trains until the process is killed."""
    data, _ = load_dataset("mnist", None)
    images = data.images.permute(0, 2, 3, 1).numpy().astype("float32") / 255
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(16, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 5, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(
        images,
        data.labels.numpy(),
        batch_size=BATCH_SIZE,
        epochs=FOREVER,
        verbose=0,
        callbacks=[CountSteps(log)],
    )


if __name__ == "__main__":
    train(StepLog(Path(sys.argv[2])))
