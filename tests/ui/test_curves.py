"""What the charts are given: curves, axes and marks."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnn_tui.runs import records
from cnn_tui.runs.layout import EVENTS, METRICS, State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Event, Status, encode_event
from cnn_tui.runs.series import smooth
from cnn_tui.ui.curves import X_MODES, Average, Curves, planned_epochs

STATUS = Status(
    state=State.RUNNING,
    started_at=records.now(),
    step=50,
    total_steps=100,
    epoch=5.0,
)


def write_rows(run: Path, first: int, last: int) -> None:
    with (run / METRICS).open("a") as file:
        for step in range(first, last + 1):
            row = {"step": step, "epoch": step / 10, "time": step * 2.0, "lr": 0.1}
            row |= {"train/loss": 1 / step, "train/accuracy": 1 - 1 / step}
            file.write(json.dumps(row) + "\n")
            if step % 20 == 0:
                tested = {"test/loss": 0.5, "test/accuracy": 0.9}
                row = {"step": step, "epoch": step / 10, "time": step * 2.0, **tested}
                file.write(json.dumps(row) + "\n")


def write_events(run: Path, *events: tuple[str, int, dict[str, object]]) -> None:
    with (run / EVENTS).open("ab") as file:
        for name, step, details in events:
            event = Event(at=records.now(), step=step, event=name, details=details)
            file.write(encode_event(event))


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
    row = {"step": 1, "epoch": 0.1, "time": 1.0, "test/loss": 1.0, "test/accuracy": 0.5}
    row |= {"validation/loss": 1.1, "validation/accuracy": 0.4}
    (tmp_path / METRICS).write_text(json.dumps(row) + "\n")
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
    changed = {"name": "lr", "from": 0.1, "to": 0.05}
    write_events(
        reader.path,
        ("started", 0, {}),
        ("checkpoint_saved", 0, {}),
        ("hyperparameter_changed", 25, changed),
        ("evaluated", 20, {"best": True}),
        ("evaluated", 40, {}),
        ("checkpoint_saved", 40, {"also_as": ["best.pt"]}),
        ("non_finite", 45, {"what": "loss", "layer": None}),
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
    with (tmp_path / METRICS).open("a") as file:
        file.write('{"rewind_to": 10}\n')
    reader.poll()
    assert len(average.update(reader.train, 0.97)) == 10
    np.testing.assert_allclose(average.update(reader.train, 0.97), at_once[:10])


def test_nothing_is_known_before_the_first_update(tmp_path: Path) -> None:
    charts = Curves().charts(RunReader(tmp_path), None, "epoch", 0.9)
    assert charts.loss.x_limits is None
    assert all(not curve.x.size for curve in charts.loss.curves)
    beginning = Status(state=State.STARTING, started_at=records.now(), total_steps=9)
    assert planned_epochs(beginning) is None
