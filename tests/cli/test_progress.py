"""What a headless run prints of the rows and events that it is told."""

import itertools
from pathlib import Path

import pytest

from cnn_tui.cli.progress import Bar, JsonLines, Output, PlainLines, Record
from cnn_tui.runs.events import KINDS
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import EvaluationMetrics, Rewind, Status, UpdateMetrics, now
from cnn_tui.runs.writer import RunWriter
from tests.cli.commands import invoke
from tests.runs.conftest import example_event

UPDATE = UpdateMetrics(
    step=3, epoch=0.1, time=1.0, loss=0.5, accuracy=0.9, lr=0.1, images_per_second=9.0
)
TEST = EvaluationMetrics(step=3, epoch=0.1, time=1.0, loss=0.5, accuracy=0.9)
RECORDS: list[Record] = [
    UPDATE,
    TEST,
    Rewind(rewind_to=2),
    *(example_event(kind) for kind in KINDS.values()),
    *(example_event(kind, least=True) for kind in KINDS.values()),
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The directory of a run."""
    status = Status(state=State.RUNNING, started_at=now(), total_steps=10)
    writer = RunWriter.create(tmp_path, name="x", config_text="", status=status)
    writer.close()
    return writer.path


@pytest.mark.parametrize(
    "output",
    [JsonLines(), PlainLines(clock=itertools.count(step=100).__next__), Bar()],
    ids=["json", "plain", "bar"],
)
def test_it_is_told_anything_at_any_time(
    output: Output, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output.begin(run)
    for record in RECORDS:
        output.record(record)
    output.end(run)
    assert "running" in capsys.readouterr().out


def test_a_rewind_after_a_long_pause_is_no_line_of_its_own(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = PlainLines(clock=itertools.count(step=100).__next__)
    output.begin(run)
    output.record(Rewind(rewind_to=2))
    output.record(UPDATE)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "step 3/10  loss 0.500  test –  9 img/s"
    ]


def test_a_resume_says_what_was_damaged_and_where_it_goes_on(small: Path) -> None:
    assert invoke("train", small, "--set", "checkpoint_every=5").exit_code == 0
    [run] = Path("runs").iterdir()
    checkpoints = run / "checkpoints"
    for name in ("last.pt", "previous.pt"):
        (checkpoints / name).write_bytes(b"rubbish")
    result = invoke("resume", run, "--iterations", "+5")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    damaged = [line for line in lines if "is damaged, or no checkpoint" in line]
    assert ["last.pt" in damaged[0], "previous.pt" in damaged[1]] == [True, True]
    assert lines.index(damaged[1]) < lines.index("begins anew, at step 0")
    step = next(line for line in lines if line.startswith("step "))
    assert lines.index("begins anew, at step 0") < lines.index(step)
