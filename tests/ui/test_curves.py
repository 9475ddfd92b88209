"""What the charts are given: curves, axes and marks."""

import math
from collections.abc import Iterable
from pathlib import Path

import msgspec
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
from cnn_tui.runs.layout import CONFIG, EVENTS, METRICS, State
from cnn_tui.runs.past_rows import past_of
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Metrics, Rewind, Status, encode_line
from cnn_tui.runs.series import Metric, smooth
from cnn_tui.ui import curves
from cnn_tui.ui.charts import ChartData
from cnn_tui.ui.curves import (
    X_MODES,
    RunCurves,
    XMode,
    charts,
    planned_epochs,
    x_limits_of,
)
from cnn_tui.ui.glyphs import MARK_NAMES
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


def drawn(
    reader: RunReader, x_mode: XMode = "step", factor: float = 0.9
) -> dict[Metric, ChartData]:
    """Returns the charts of all that was read."""
    run = RunCurves(reader)
    run.follow(factor)
    return charts([run], x_mode, x_limits_of(STATUS, x_mode))


@pytest.fixture
def reader(tmp_path: Path) -> RunReader:
    write_rows(tmp_path, 1, 50)
    reader = RunReader(tmp_path)
    reader.poll()
    return reader


def test_training_is_drawn_raw_behind_its_average_and_tests_as_points(
    reader: RunReader,
) -> None:
    found = drawn(reader)
    assert [(c.series, c.style) for c in found["loss"].curves] == [
        ("batch", "raw"),
        ("train", "line"),
        ("test", "points"),
    ]
    assert [(c.series, c.style) for c in found["accuracy"].curves] == [
        ("train", "line"),
        ("test", "points"),
    ]
    expected, _ = smooth(reader.train["step"], reader.train["loss"], 0.9)
    np.testing.assert_allclose(found["loss"].curves[1].y, expected)
    assert found["loss"].curves[2].x.tolist() == [20, 40]
    assert found["accuracy"].y_kind == "percent"


def test_without_smoothing_there_is_one_training_curve(reader: RunReader) -> None:
    loss = drawn(reader, factor=0.0)["loss"]
    assert [curve.series for curve in loss.curves] == ["train", "test"]
    np.testing.assert_array_equal(loss.curves[0].y, reader.train["loss"])


def test_validation_is_drawn_where_there_is_one(tmp_path: Path) -> None:
    row = evaluation_row(1, validation_loss=1.1, validation_accuracy=0.4)
    append(tmp_path / METRICS, [row])
    reader = RunReader(tmp_path)
    reader.poll()
    accuracy = drawn(reader)["accuracy"]
    assert [curve.series for curve in accuracy.curves] == ["train", "val", "test"]


def test_the_x_axis_is_steps_epochs_or_time(reader: RunReader) -> None:
    found = {mode: drawn(reader, mode)["loss"] for mode in X_MODES}
    assert found["step"].x_limits == (0, 100)
    assert found["epoch"].x_limits == (0, 10)
    assert found["time"].x_limits is None
    assert [float(chart.curves[0].x[-1]) for chart in found.values()] == [50, 5, 100]


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
    marks = drawn(reader, "time")["loss"].marks
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


def test_every_mark_has_a_name_for_the_legend(reader: RunReader) -> None:
    glyphs = {glyph for glyph, _, _ in curves._MARKS.values()}
    assert {*glyphs, "●"} == set(MARK_NAMES)
    assert drawn(reader)["accuracy"].mark_names == MARK_NAMES


def test_averages_are_continued_and_begun_anew_after_a_rewind(tmp_path: Path) -> None:
    write_rows(tmp_path, 1, 30)
    reader = RunReader(tmp_path)
    run = RunCurves(reader)

    def averaged() -> list[float]:
        reader.poll()
        run.follow(0.97)
        [_, train, _] = run.curves("loss", "step")
        assert run.is_complete
        return list(train.y)

    averaged()
    write_rows(tmp_path, 31, 60)
    continued = averaged()
    at_once, _ = smooth(reader.train["step"], reader.train["loss"], 0.97)
    np.testing.assert_allclose(continued, at_once, rtol=1e-6)
    append(tmp_path / METRICS, [Rewind(rewind_to=10)])
    np.testing.assert_allclose(averaged(), at_once[:10], rtol=1e-6)


def test_the_averages_of_a_fork_go_on_from_its_parents(tmp_path: Path) -> None:
    parent, child = tmp_path / "parent", tmp_path / "child"
    for path, first, last in ((parent, 1, 60), (child, 31, 60)):
        path.mkdir()
        (path / CONFIG).write_text("lineage:\n  parent: parent\n  step: 30\n")
        write_rows(path, first, last)
    whole, own = RunReader(parent), RunReader(child)
    whole.poll()
    own.poll()
    run = RunCurves(own, past=past_of(child))
    while not run.is_complete:
        run.follow(0.9, deadline=0)
    expected, _ = smooth(whole.train["step"], whole.train["loss"], 0.9)
    [_, train, _] = run.curves("loss", "step")
    np.testing.assert_allclose(train.y, expected[30:], rtol=1e-6)
    run.follow(0.99)
    expected, _ = smooth(whole.train["step"], whole.train["loss"], 0.99)
    [_, train, _] = run.curves("loss", "step")
    np.testing.assert_allclose(train.y, expected[30:], rtol=1e-6)


def test_what_changed_at_one_step_is_named_together(tmp_path: Path) -> None:
    changes = [("lr", 0.05, 0.01), ("total_steps", 300, 400)]
    for name, before, after in changes:
        at = records.now()
        event = HyperparameterChanged(
            at=at, step=5, what=name, before=before, after=after
        )
        append(tmp_path / EVENTS, [event])
    reader = RunReader(tmp_path)
    reader.poll()
    [mark] = RunCurves(reader).marks("step")
    assert mark.text == "lr 0.05 → 0.01 · total_steps 300 → 400"


def test_another_factor_begins_the_averages_anew(reader: RunReader) -> None:
    run = RunCurves(reader)
    for factor in (0.9, 0.97):
        run.follow(factor)
    expected, _ = smooth(reader.train["step"], reader.train["accuracy"], 0.97)
    [train, _] = run.curves("accuracy", "step")
    np.testing.assert_allclose(train.y, expected, rtol=1e-6)


def test_a_long_run_is_averaged_a_part_at_a_time(
    reader: RunReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curves, "_ROWS_AT_ONCE", 20)
    run = RunCurves(reader)
    parts = []
    while not run.is_complete:
        run.follow(0.9, deadline=0)
        [_, train, _] = run.curves("loss", "step")
        parts.append((len(train.x), len(train.y)))
    assert parts == [(20, 20), (40, 40), (50, 50)]
    np.testing.assert_array_equal(train.y, drawn(reader)["loss"].curves[1].y)


def test_each_curve_names_its_run_and_its_series(reader: RunReader) -> None:
    runs = [RunCurves(reader, "one"), RunCurves(reader, "other")]
    for run in runs:
        run.follow(0.9)
    accuracy = charts(runs, "step", None)["accuracy"]
    assert [(curve.run, curve.series) for curve in accuracy.curves] == [
        *(("one", "train"), ("one", "test")),
        *(("other", "train"), ("other", "test")),
    ]


@pytest.mark.parametrize("x_mode", X_MODES)
def test_long_curves_bring_their_extremes_unless_x_is_in_disorder(
    tmp_path: Path, x_mode: XMode
) -> None:
    write_rows(tmp_path, 1, 50)
    reader = RunReader(tmp_path)
    reader.poll()
    run = RunCurves(reader)
    run.follow(0.9)
    assert all(c.extremes for c in run.curves("loss", x_mode) if c.style != "points")
    row = msgspec.structs.replace(train_row(51), epoch=0.1, time=math.nan)
    append(tmp_path / METRICS, [row])
    reader.poll()
    run.follow(0.9)
    for curve in run.curves("loss", x_mode):
        assert (np.diff(curve.x) >= 0).all()
        assert bool(curve.extremes) == (x_mode == "step" and curve.style != "points")


def test_nothing_is_known_before_the_first_update(tmp_path: Path) -> None:
    beginning = Status(state=State.STARTING, started_at=records.now(), total_steps=9)
    assert x_limits_of(None, "epoch") is None
    assert x_limits_of(beginning, "epoch") is None
    assert planned_epochs(beginning) is None
    loss = drawn(RunReader(tmp_path))["loss"]
    assert all(not curve.x.size for curve in loss.curves)
