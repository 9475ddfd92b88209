"""Devices that fail at a start, in a hand-over and while a run trains: a sentence."""

from pathlib import Path
from typing import Any

import pytest
import torch

from cnn_tui.engine import resume as resume_module
from cnn_tui.engine import setup as engine_setup
from cnn_tui.engine.checkpoint import LAST, load_checkpoint
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.resume import Changes, resume_run, take_over
from cnn_tui.engine.setup import Setup, set_up
from cnn_tui.engine.train_rows import TrainRow
from cnn_tui.engine.trainer import Trainer
from cnn_tui.errors import DeviceBusyError
from cnn_tui.runs.layout import State
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import LOGISTIC, make_config
from tests.engine.running import ENDLESS, events, run, status, training

OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
LOST = torch.AcceleratorError("CUDA error: unspecified launch failure\nadvice")


@pytest.mark.parametrize("error", [OUT_OF_MEMORY, LOST], ids=repr)
def test_a_start_without_room_is_one_sentence_and_leaves_nothing(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any, **named: Any) -> None:
        raise error

    monkeypatch.setattr(engine_setup, "load_splits", fail)
    with pytest.raises(DeviceBusyError) as caught:
        run(make_config(LOGISTIC), tmp_path)
    assert str(caught.value).startswith("auto cannot take the run: CUDA ")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_hand_over_waits_until_the_process_before_has_freed_its_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with training(make_config(LOGISTIC, **ENDLESS), tmp_path) as trained:
        trained.wait_for_row()
        trained.control.can_hand_over = True
        trained.tell("detach")
        assert trained.outcome().handed_over
    refusals = [DeviceBusyError("too little"), DeviceBusyError("too little")]

    def busy_at_first(*arguments: Any) -> Setup:
        if refusals:
            raise refusals.pop()
        return set_up(*arguments)

    monkeypatch.setattr(resume_module, "set_up", busy_at_first)
    monkeypatch.setattr(engine_setup, "DEVICE_RETRY_SECONDS", 0.01)
    interrupts = Interrupts()
    interrupts.interrupt("that is enough")
    outcome = take_over(RunWriter.open(trained.path), interrupts, None)
    assert outcome.state is State.INTERRUPTED
    assert refusals == []
    assert events(trained.path, "handed_over")


class FailingTrainer(Trainer):
    """A trainer whose device fails at update 15, or when the rows after it are read."""

    at: str
    error: Exception

    def update(self) -> bool:
        """Fails in the update itself."""
        if self.at == "update" and self.step == 14:
            raise self.error
        return super().update()

    def read_out(self) -> list[TrainRow]:
        """Fails where losses come from the device."""
        if self.at == "read-out" and self.step >= 14:
            raise self.error
        return super().read_out()


@pytest.mark.parametrize("at", ["update", "read-out"])
@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OUT_OF_MEMORY, "out of memory in training at batch_size 50: lower it"),
        (LOST, "the GPU failed: CUDA error: unspecified launch failure; this process"),
    ],
    ids=["memory", "lost"],
)
def test_a_run_whose_device_fails_says_so_and_can_be_resumed(
    at: str,
    error: Exception,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FailingTrainer, "at", at, raising=False)
    monkeypatch.setattr(FailingTrainer, "error", error, raising=False)
    with monkeypatch.context() as broken:
        broken.setattr(engine_setup, "Trainer", FailingTrainer)
        path, outcome = run(make_config(LOGISTIC, checkpoint_every=10), tmp_path)
    assert outcome.state is State.FAILED
    assert str(status(path)["reason"]).startswith(said)
    assert "Traceback" in (path / "train.log").read_text()
    assert load_checkpoint(path / "checkpoints" / LAST).step == 10
    outcome = resume_run(RunWriter.open(path), Interrupts(), changes=Changes())
    assert outcome.state is State.FINISHED
