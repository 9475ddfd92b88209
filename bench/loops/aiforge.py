"""Model A in aiforge-studio, with its own screen open on this terminal.

Its form is filled in from here instead of by hand; all else is the program's own.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Any, ClassVar

import torch
from aiforge.spec import LayerSpec, ModelSpec
from aiforge.tui import app
from aiforge.tui.train import TrainScreen
from textual.widgets import Input, Select
from torch.optim.optimizer import register_optimizer_step_post_hook

from bench.loops.lesson import BATCH_SIZE, LEARNING_RATE
from bench.progress import StepLog

NAME = "model-a"
EPOCHS = 1000
_LOOK_SECONDS = 0.2


def model_a() -> ModelSpec:
    """Returns model A in its words."""
    layers = [
        LayerSpec.new("Conv2d", out_channels=16, kernel_size=5, padding=2),
        LayerSpec.new("ReLU"),
        LayerSpec.new("MaxPool2d", kernel_size=2, stride=2),
        LayerSpec.new("Conv2d", out_channels=32, kernel_size=5, padding=2),
        LayerSpec.new("ReLU"),
        LayerSpec.new("MaxPool2d", kernel_size=2, stride=2),
        LayerSpec.new("Flatten"),
        LayerSpec.new("Linear", out_features=10),
    ]
    digits = [str(digit) for digit in range(10)]
    return ModelSpec(NAME, [1, 28, 28], layers=layers, class_names=digits)


class TrainAtOnce(app.AIForgeApp):
    """Opens its training screen and starts."""

    CSS_PATH: ClassVar[Path] = Path(app.__file__).with_name("styles.tcss")

    def on_ready(self) -> None:
        """Opens the screen."""
        spec = model_a()
        spec.data["dataset_cfg"] = {"source": "mnist", "path": ""}
        self.ws.save_spec(spec)
        self.push_screen(TrainScreen(NAME, False, {"source": "mnist"}))
        self.starting = self.set_interval(_LOOK_SECONDS, self._start)

    def _start(self) -> None:
        screen = self.screen
        if not isinstance(screen, TrainScreen) or screen.info is None:
            return
        self.starting.stop()
        screen.spec.class_names = screen.info.class_names
        values = {"batch_size": BATCH_SIZE, "lr": LEARNING_RATE, "epochs": EPOCHS}
        for name, value in values.items():
            screen.query_one(f"#{name}", Input).value = str(value)
        screen.query_one("#optimizer", Select).value = "SGD"
        screen.action_start()


def main(progress: Path) -> None:
    """Trains until the process is killed."""
    log = StepLog(progress)

    def count(optimizer: torch.optim.Optimizer, *_: Any) -> None:
        log.step()

    register_optimizer_step_post_hook(count)
    workspace = progress.parent / "workspace"
    data = workspace / "data" / "mnist"
    shutil.copytree(os.environ["BENCH_TORCHVISION"], data)
    TrainAtOnce(workspace).run()


if __name__ == "__main__":
    main(Path(sys.argv[2]))
