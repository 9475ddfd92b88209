"""The code of docs/other-trainers.md, as it stands there, with the real libraries."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from cnn_tui.runs import mailbox
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from tests.runs.conftest import read

PAGE = Path(__file__).parents[2] / "docs" / "other-trainers.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)

# Each of these libraries warns about itself, and about small trainings.
pytestmark = pytest.mark.filterwarnings("ignore")


def defined_by(block: str, **given: object) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "of_the_page", **given}
    exec(compile(block, str(PAGE), "exec"), names)
    return names


def the_run(folder: Path) -> tuple[RunReader, Status]:
    [path] = folder.iterdir()
    status = read_status(path)
    assert status is not None
    return read(path), status


def test_the_loop(tmp_path: Path) -> None:
    defined_by(BLOCKS[0], runs=tmp_path)
    run, status = the_run(tmp_path)
    assert (len(run.train), len(run.tests)) == (100, 10)
    assert (status.state, status.lr) == (State.FINISHED, 0.1)


@pytest.mark.parametrize("is_stopped", [False, True])
def test_lightning(tmp_path: Path, is_stopped: bool) -> None:
    lightning = pytest.importorskip("lightning.pytorch")
    logger = defined_by(BLOCKS[1])["RunLogger"]("net", runs=tmp_path / "runs")

    class Net(lightning.LightningModule):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.save_hyperparameters({"width": 4})
            self.layer = torch.nn.Linear(4, 1)

        def training_step(self, batch: list[Any], index: int) -> Any:
            if index == 2:
                command = "stop" if is_stopped else "set"
                told = {} if is_stopped else {"name": "lr", "value": 0.25}
                mailbox.send(logger.log.path, command, **told)
            loss = self.layer(batch[0]).square().mean()
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch: list[Any], index: int) -> None:
            self.log("val_loss", self.layer(batch[0]).square().mean())

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.01)

    rows = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.ones(8, 4)))
    trainer = lightning.Trainer(
        max_epochs=2,
        logger=logger,
        callbacks=[logger],
        log_every_n_steps=1,
        accelerator="cpu",
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(Net(), rows, rows)
    run, status = the_run(tmp_path / "runs")
    assert run.skipped == 0
    if is_stopped:
        assert status.state is State.STOPPED
        assert status.step < 16
    else:
        assert (status.state, status.total_steps) == (State.FINISHED, 16)
        assert [int(it) for it in run.train["step"]] == [*range(1, 17)]
        assert [int(it) for it in run.tests["step"]] == [8, 16]
        assert np.isfinite(run.tests["validation_loss"]).all()
        assert trainer.optimizers[0].param_groups[0]["lr"] == 0.25


def test_keras(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    callback = defined_by(BLOCKS[2])["RunCallback"]("net", runs=tmp_path)

    class Steering(keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            if callback.step == 2:
                mailbox.send(callback.log.path, "set", name="lr", value=0.25)

    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse", metrics=["accuracy"])
    ones = np.ones((8, 4), np.float32)
    model.fit(
        *(ones, ones[:, :1]),
        batch_size=2,
        epochs=2,
        validation_data=(ones, ones[:, :1]),
        callbacks=[Steering(), callback],
        verbose=0,
    )
    run, status = the_run(tmp_path)
    assert (status.state, status.total_steps) == (State.FINISHED, 8)
    assert [int(it) for it in run.train["step"]] == [*range(1, 9)]
    assert np.isfinite(run.tests["validation_accuracy"]).all()
    assert [float(it) for it in run.train["epoch"]][-1] == 2
    assert float(model.optimizer.learning_rate) == 0.25
    assert status.lr == 0.25
