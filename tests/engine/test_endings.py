"""A run that is ended before its time keeps what it has."""

from pathlib import Path

from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.start import start_run
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import UpdateMetrics
from tests.engine.making import LOGISTIC, make_config
from tests.engine.running import (
    Training,
    events,
    last_checkpoint,
    request,
    rows,
    status,
)


def test_stop_ends_and_keeps_everything(trained: Training) -> None:
    answer = trained.tell("stop")
    assert (answer["event"], answer["outcome"]) == ("stopped", "done")
    assert trained.outcome().state is State.STOPPED
    found = status(trained.path)
    assert (found["state"], found["step"]) == ("stopped", answer["step"])
    assert last_checkpoint(trained).step == answer["step"]
    assert (trained.path / "model.safetensors").exists()
    assert events(trained.path)[-1]["event"] == "stopped"


def test_a_paused_run_can_be_stopped(paused: Training) -> None:
    assert paused.tell("stop")["outcome"] == "done"
    assert paused.outcome().state is State.STOPPED


def test_an_interruption_leaves_a_checkpoint_and_no_model(paused: Training) -> None:
    paused.tell("resume")
    paused.control.interrupt("SIGTERM")
    outcome = paused.outcome()
    assert (outcome.state, outcome.reason) == (State.INTERRUPTED, "SIGTERM")
    found = status(paused.path)
    assert (found["state"], found["reason"]) == ("interrupted", "SIGTERM")
    assert (
        last_checkpoint(paused).step == found["step"] == rows(paused.path)[-1]["step"]
    )
    assert not (paused.path / "model.safetensors").exists()


def test_an_interruption_at_once_leaves_the_last_checkpoint(tmp_path: Path) -> None:
    created: list[Path] = []

    def interrupt_at_step_3(record: object) -> None:
        if isinstance(record, UpdateMetrics) and record.step == 3:
            raise KeyboardInterrupt

    outcome = start_run(
        request(make_config(LOGISTIC, evaluate_every=3), tmp_path),
        Interrupts(),
        listener=interrupt_at_step_3,
        on_created=created.append,
    )
    assert (outcome.state, outcome.reason) == (State.INTERRUPTED, "SIGINT")
    ended = status(created[0])
    assert (ended["state"], ended["step"]) == ("interrupted", 3)
    assert ended["last_checkpoint_step"] == 0


def test_a_run_whose_directory_is_removed_fails(
    trained: Training, tmp_path: Path
) -> None:
    trained.path.rename(tmp_path / "moved")
    outcome = trained.outcome()
    assert outcome.state is State.FAILED
    assert not trained.path.exists()
