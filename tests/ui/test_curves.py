"""What the charts are given: curves, axes and marks."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from cnn_tui.runs import records
from cnn_tui.runs.events import (
    CheckpointSaved,
    Evaluated,
    HyperparameterChanged,
    KnownEvent,
    NonFinite,
    Started,
)
from cnn_tui.runs.layout import EVENTS, METRICS, State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Metrics, Rewind, Status, encode_line
from cnn_tui.runs.series import smooth
from cnn_tui.ui.curves import X_MODES, Average, Curves, planned_epochs
from tests.runs.conftest import evaluation_row, train_row

STATUS = Status(
    state=State.RUNNING,
    started_at=records.now(),
    step=50,
    total_steps=100,
    epoch=5.0,
)


def append(path: Path, written: Iterable[Metrics | KnownEvent]) -> None:
    with path.open("ab") as file:
        file.writelines(map(encode_line, written))


def write_rows(run: Path, first: int, last: int) -> None:
    for step in range(first, last + 1):
        append(run / METRICS, [train_row(step, loss=1 / step)])
        if step % 20 == 0:
            append(run / METRICS, [evaluation_row(step)])


@pytest.fixture
def reader(tmp_path: Path) -> RunReader:
    write_rows(tmp_path, 1, 50)
    reader = RunReader(tmp_path)
    reader.poll()
    return reader


def test_training_is_drawn_raw_behind_its_average_and_tests_as_points(
    reader: RunReader,
) -> None:
    charts = Curves().charts(reader, STATUS, "step", 0.9)
    assert [(c.label, c.style) for c in charts.loss.curves] == [
        ("batch", "raw"),
        ("train", "line"),
        ("test", "points"),
    ]
    assert [(c.label, c.style) for c in charts.accuracy.curves] == [
        ("train", "line"),
        ("test", "points"),
    ]
    expected, _ = smooth(reader.train["step"], reader.train["loss"], 0.9)
    np.testing.assert_allclose(charts.loss.curves[1].y, expected)
    assert charts.loss.curves[2].x.tolist() == [20, 40]
    assert charts.accuracy.y_kind == "percent"


def test_without_smoothing_there_is_one_training_curve(reader: RunReader) -> None:
    charts = Curves().charts(reader, STATUS, "step", 0.0)
    assert [curve.label for curve in charts.loss.curves] == ["train", "test"]
    np.testing.assert_array_equal(charts.loss.curves[0].y, reader.train["loss"])


def test_validation_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    row = evaluation_row(1, validation_loss=1.1, validation_accuracy=0.4)
    append(tmp_path / METRICS, [row])
    reader = RunReader(tmp_path)
    reader.poll()
    charts = Curves().charts(reader, STATUS, "step", 0.9)
    assert [curve.label for curve in charts.accuracy.curves] == ["train", "val", "test"]


def test_the_x_axis_is_steps_epochs_or_time(reader: RunReader) -> None:
    charts = {mode: Curves().charts(reader, STATUS, mode, 0.9).loss for mode in X_MODES}
    assert charts["step"].x_limits == (0, 100)
    assert charts["epoch"].x_limits == (0, 10)
    assert charts["time"].x_limits is None
    assert [float(chart.curves[0].x[-1]) for chart in charts.values()] == [50, 5, 100]


def test_marks_lie_where_the_events_were(reader: RunReader) -> None:
    at = records.now()
    append(
        reader.path / EVENTS,
        [
            Started(at=at, step=0),
            CheckpointSaved(at=at, step=0),
            HyperparameterChanged(at=at, step=25, what="lr", before=0.1, after=0.05),
            Evaluated(at=at, step=20, best=True),
            Evaluated(at=at, step=40),
            CheckpointSaved(at=at, step=40, also_as=["best.pt"]),
            NonFinite(at=at, step=45, what="loss"),
        ],
    )
    reader.poll()
    marks = Curves().charts(reader, STATUS, "time", 0.9).loss.marks
    # A checkpoint of every 30 s is no news; evaluations lie on those they made best.
    assert [(mark.x, mark.glyph, mark.labelled) for mark in marks] == [
        (80, "▼", False),
        (40, "●", False),
        (80, "○", False),
        (50, "▲", True),
        (90, "×", True),
    ]
    assert marks[3].text == "lr 0.1 → 0.05"
    assert marks[4].role == "error"


def test_averages_are_continued_and_begun_anew_after_a_rewind(tmp_path: Path) -> None:
    write_rows(tmp_path, 1, 30)
    reader, average = RunReader(tmp_path), Average("loss")
    reader.poll()
    average.update(reader.train, 0.97)
    write_rows(tmp_path, 31, 60)
    reader.poll()
    continued = average.update(reader.train, 0.97)
    at_once, _ = smooth(reader.train["step"], reader.train["loss"], 0.97)
    np.testing.assert_allclose(continued, at_once)
    append(tmp_path / METRICS, [Rewind(rewind_to=10)])
    reader.poll()
    assert len(average.update(reader.train, 0.97)) == 10
    np.testing.assert_allclose(average.update(reader.train, 0.97), at_once[:10])


def test_nothing_is_known_before_the_first_update(tmp_path: Path) -> None:
    charts = Curves().charts(RunReader(tmp_path), None, "epoch", 0.9)
    assert charts.loss.x_limits is None
    assert all(not curve.x.size for curve in charts.loss.curves)
    beginning = Status(state=State.STARTING, started_at=records.now(), total_steps=9)
    assert planned_epochs(beginning) is None
