"""Runs of an earlier version are read, verified and resumed to the same end.

``tests/golden`` holds three runs that were written before decisions became values, and
beside two of them (``killed.resumed``, ``non-finite.rolled-back``) how that version
went on with them. On another kind of CPU, or with another torch, they are equal up to
rounding.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from cnn_tui.engine.environment import describe_environment
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.recorded import read_recorded
from cnn_tui.engine.resume import resume_run
from cnn_tui.engine.verify import verify_run
from cnn_tui.runs import mailbox
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import EvaluationMetrics, Metrics
from cnn_tui.runs.rows import metrics_rows
from cnn_tui.runs.writer import Listener, RunWriter
from tests.engine.making import same

GOLDEN = Path(__file__).parent.parent / "golden"
RUNS = ("finished", "killed", "non-finite")


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def is_like_then(run: Path) -> bool:
    """Whether bits may be compared: the same torch on the same kind of CPU."""
    then = json.loads((run / "environment.json").read_text())
    now = describe_environment(torch.device("cpu"))
    return all(then[name] == now[name] for name in ("torch", "cpu_capability"))


def copy_of(name: str, folder: Path) -> Path:
    """Returns a copy that may be written to."""
    run = Path(shutil.copytree(GOLDEN / name, folder / name))
    (run / "control").mkdir()
    return run


def resume(run: Path, listener: Listener | None = None) -> Outcome:
    """Goes on with a run to its end."""
    return resume_run(RunWriter.open(run, listener=listener), Interrupts())


def columns(run: Path) -> dict[str, Any]:
    """Returns all values that do not depend on the clock."""
    rows = list(metrics_rows(run))
    names = ("step", "train_loss", "train_accuracy", "lr", "test_loss", "test_accuracy")
    return {
        name: np.array([getattr(row, name) for row in rows], dtype=object)
        for name in names
    }


def assert_same_end(run: Path, expected: Path, like: Path) -> None:
    """Asserts equal rows and weights, up to rounding where bits may differ."""
    found, wanted = columns(run), columns(expected)
    assert list(found["step"]) == list(wanted["step"])
    assert list(found["lr"]) == list(wanted["lr"])
    weights = [load_file(path / "model.safetensors") for path in (run, expected)]
    if is_like_then(like):
        assert all(list(found[name]) == list(wanted[name]) for name in wanted)
        assert same(*weights)
        return
    for name, tensor in weights[1].items():
        assert torch.allclose(weights[0][name], tensor, rtol=0.05, atol=0.01), name


@pytest.mark.parametrize("name", RUNS)
def test_it_is_read(name: str) -> None:
    reader = RunReader(GOLDEN / name)
    while reader.poll() or not reader.complete:
        pass
    assert reader.skipped == 0
    assert reader.status() is not None
    assert len(reader.train) > 70
    assert all(event.name != "unknown" for event in reader.events)
    recorded = read_recorded(GOLDEN / name)
    assert recorded.start.checkpoint is not None
    assert recorded.start.problems == ()


@pytest.mark.parametrize("name", RUNS)
def test_it_is_verified(name: str) -> None:
    if not is_like_then(GOLDEN / name):
        pytest.skip("another torch or kind of CPU: bits may differ")
    verdict = verify_run(GOLDEN / name, from_step=0, steps=10_000, data_dir=None)
    assert verdict.difference is None
    assert verdict.last_step > 70


def test_the_killed_one_comes_to_the_same_end(tmp_path: Path) -> None:
    run = copy_of("killed", tmp_path)
    assert resume(run).state is State.FINISHED
    assert_same_end(run, GOLDEN / "killed.resumed", run)


def test_the_one_that_was_paused_can_be_rolled_back_as_before(tmp_path: Path) -> None:
    run = copy_of("non-finite", tmp_path)
    told: list[str] = []

    def roll_back_once_it_pauses(record: Metrics | object) -> None:
        if getattr(record, "reason", None) == "non_finite" and not told:
            told.append(mailbox.send(run, "rollback", lr=0.02))

    assert resume(run, roll_back_once_it_pauses).state is State.FINISHED
    assert told
    assert_same_end(run, GOLDEN / "non-finite.rolled-back", run)


def test_the_finished_one_goes_on(tmp_path: Path) -> None:
    from cnn_tui.engine.resume import Changes

    run = copy_of("finished", tmp_path)
    tested: list[int] = []

    def note(record: object) -> None:
        if isinstance(record, EvaluationMetrics):
            tested.append(record.step)

    changes = Changes(more_iterations=50, settings=[("training.optimizer.lr", 0.01)])
    writer = RunWriter.open(run, listener=note)
    outcome = resume_run(writer, Interrupts(), changes=changes)
    assert outcome.state is State.FINISHED
    assert tested == [250]
