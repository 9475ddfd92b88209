"""A run that gets no better is finished early, and as exactly as any other."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from cnn_tui.config import RunConfig
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.engine.start import start_run
from cnn_tui.engine.stopping import verdict
from cnn_tui.engine.verify import verify_run
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import EvaluationMetrics
from cnn_tui.runs.writer import RunWriter
from tests.engine.making import LOGISTIC, make_config
from tests.engine.running import events, request, rows, run, status


def stuck(**values: Any) -> RunConfig:
    """Returns a config that learns nothing: its first evaluation is the best."""
    base: dict[str, Any] = {
        "iterations": 100,
        "optimizer": {"lr": 1e-12},
        "evaluate_every": 5,
        "early_stopping_patience": 3,
    }
    return make_config(LOGISTIC, **base | values)


@pytest.mark.parametrize(
    ("patience", "since_best", "ends"),
    [(None, 99, False), (3, 2, False), (3, 3, True), (3, 4, True), (1, 0, False)],
)
def test_patience_ends_after_so_many(
    patience: int | None, since_best: int, ends: bool
) -> None:
    assert bool(verdict(patience, since_best)) is ends


def test_a_run_that_gets_no_better_is_finished(tmp_path: Path) -> None:
    path, outcome = run(stuck(), tmp_path)
    assert outcome.state is State.FINISHED
    found = status(path)
    assert (found["state"], found["step"], found["total_steps"]) == (
        "finished",
        20,
        100,
    )
    assert events(path)[-1]["reason"] == "no better for 3 evaluations"
    assert (path / "model.safetensors").exists()
    assert found["best"]["step"] == 5
    assert verify_run(path, from_step=0, steps=20, data_dir=None).difference is None


def test_without_patience_it_goes_on(tmp_path: Path) -> None:
    path, _ = run(stuck(early_stopping_patience=None), tmp_path)
    assert status(path)["step"] == 100


def test_the_count_goes_on_in_the_next_process(tmp_path: Path) -> None:
    interrupts = Interrupts()

    def listen(record: Struct) -> None:
        if isinstance(record, EvaluationMetrics) and record.step == 10:
            interrupts.interrupt("SIGTERM")

    begun: list[Path] = []
    outcome = start_run(
        request(stuck(), tmp_path), interrupts, listener=listen, on_created=begun.append
    )
    assert outcome.state is State.INTERRUPTED
    outcome = resume_run(RunWriter.open(begun[0]), Interrupts())
    assert outcome.state is State.FINISHED
    assert [row["step"] for row in rows(begun[0], "test/loss")] == [5, 10, 15, 20]


def test_who_wants_more_of_it_gets_it(tmp_path: Path) -> None:
    path, _ = run(stuck(), tmp_path)
    more = Changes(more_iterations=0)
    assert resume_run(RunWriter.open(path), Interrupts(), changes=more).state is (
        State.FINISHED
    )
    assert status(path)["step"] == 35
