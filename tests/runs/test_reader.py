"""RunReader: rows, rewinds, damage, and what it must never do."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.errors import RunDirectoryError
from cnn_tui.host.gpu_sample import GpuSample
from cnn_tui.runs import reader as reader_module
from cnn_tui.runs import records
from cnn_tui.runs.events import Failed, Paused
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import (
    DeviceRow,
    EvaluationMetrics,
    Metrics,
    Rewind,
    UpdateMetrics,
)
from cnn_tui.runs.table import Table
from cnn_tui.runs.writer import RunWriter

from .conftest import evaluation_row, metrics_of, poll, read, status, train_row

SHARED_COLUMNS = ("step", "epoch", "time", "loss", "accuracy")
TRAIN_COLUMNS = (*SHARED_COLUMNS, "lr")
TEST_COLUMNS = (*SHARED_COLUMNS, "validation_loss", "validation_accuracy")


def first_row(table: Table, *columns: str) -> list[float]:
    return [float(table[column][0]) for column in columns]


def test_what_the_writer_wrote_is_read(writer: RunWriter) -> None:
    row = UpdateMetrics(
        step=3,
        epoch=0.005,
        time=0.25,
        loss=2.5,
        accuracy=0.125,
        lr=0.5,
        images_per_second=4096.0,
    )
    test_row = EvaluationMetrics(
        step=3,
        epoch=0.005,
        time=0.5,
        loss=2.25,
        accuracy=0.25,
        validation_loss=2.0,
        validation_accuracy=0.5,
    )
    writer.metrics([row, test_row])
    reader = read(writer.path)
    kept = [getattr(row, name) for name in TRAIN_COLUMNS]
    assert first_row(reader.train, *TRAIN_COLUMNS) == pytest.approx(kept)
    kept = [getattr(test_row, name) for name in TEST_COLUMNS]
    assert first_row(reader.tests, *TEST_COLUMNS) == pytest.approx(kept)
    assert reader.skipped == 0


def test_rows_that_are_appended_later_are_read_later(writer: RunWriter) -> None:
    reader = RunReader(writer.path)
    assert not reader.poll()
    writer.metrics([train_row(1), train_row(2)])
    assert reader.poll()
    view = reader.train["step"]
    writer.metrics([train_row(step) for step in range(3, 3000)])
    poll(reader)
    assert reader.train["step"].tolist() == list(range(1, 3000))
    assert view.tolist() == [1, 2]
    version = reader.version
    assert not reader.poll()
    assert reader.version == version


def test_columns_cannot_be_changed_by_a_screen(tmp_path: Path) -> None:
    reader = metrics_of(tmp_path, [train_row(1)])
    with pytest.raises(ValueError, match="read-only"):
        reader.train["loss"][0] = 0


def test_null_missing_and_infinite_values_are_nan(tmp_path: Path) -> None:
    no_lr = b'{"step": 2, "train/loss": 0.5}'
    huge = b'{"step": 3, "train/loss": 1e300, "lr": 1}'
    reader = metrics_of(tmp_path, [train_row(1, loss=None), no_lr, huge])
    np.testing.assert_array_equal(reader.train["loss"], [math.nan, 0.5, math.nan])
    np.testing.assert_array_equal(reader.train["lr"], [0.25, math.nan, 1])
    assert reader.skipped == 0


def test_a_rewind_voids_the_later_rows_of_both_kinds(tmp_path: Path) -> None:
    reader = metrics_of(
        tmp_path,
        [
            train_row(1),
            train_row(2),
            evaluation_row(2, accuracy=0.2),
            train_row(3),
            evaluation_row(3, accuracy=0.3),
            Rewind(rewind_to=2),
            train_row(3, lr=0.5),
            evaluation_row(3, accuracy=0.9),
        ],
    )
    assert reader.train["step"].tolist() == [1, 2, 3]
    assert reader.train["lr"][2] == 0.5
    np.testing.assert_allclose(reader.tests["accuracy"], [0.2, 0.9], rtol=1e-6)
    assert reader.train.revision == 1


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["train", "test", "rewind"]), st.integers(0, 12))
    )
)
def test_each_kind_has_one_row_per_step_ascending(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, int]]
) -> None:
    expected: dict[str, list[int]] = {"train": [], "test": []}
    rows: list[Metrics] = []
    for kind, step in history:
        if kind == "rewind":
            rows.append(Rewind(rewind_to=step))
            for steps in expected.values():
                steps[:] = [earlier for earlier in steps if earlier <= step]
        else:
            rows.append(train_row(step) if kind == "train" else evaluation_row(step))
            if not expected[kind] or step > expected[kind][-1]:
                expected[kind].append(step)
    reader = metrics_of(tmp_path_factory.mktemp("run"), rows)
    assert reader.train["step"].tolist() == expected["train"]
    assert reader.tests["step"].tolist() == expected["test"]


def test_a_replaced_file_replaces_the_rows(tmp_path: Path) -> None:
    reader = metrics_of(tmp_path, [train_row(1), train_row(2), evaluation_row(2)])
    (tmp_path / "metrics.jsonl").unlink()
    (tmp_path / "metrics.jsonl").write_bytes(records.encode_line(train_row(7)))
    poll(reader)
    assert reader.train["step"].tolist() == [7]
    assert len(reader.tests) == 0


def test_a_long_run_is_read_in_parts_that_can_be_drawn(tmp_path: Path) -> None:
    rows = (train_row(step, loss=1 / step) for step in range(1, 30_001))
    reader = metrics_of(tmp_path, rows)
    partly = RunReader(tmp_path)
    partly.poll(budget_seconds=0)
    assert not partly.complete
    count = len(partly.train)
    assert 0 < count < 30_000
    np.testing.assert_array_equal(partly.train["step"], reader.train["step"][:count])
    assert poll(partly).train["loss"].tolist() == reader.train["loss"].tolist()


def test_events_keep_their_details(writer: RunWriter) -> None:
    moment = records.now()
    writer.event(Paused(at=moment, step=5, command_id="1.json", outcome="done"))
    with (writer.path / "events.jsonl").open("a") as events:
        events.write('{"event": "no step"}\n[]\n')
    writer.event(Failed(at=moment, step=9, reason="disk full"))
    reader = read(writer.path)
    assert list(reader.events) == [
        Paused(at=moment, step=5, command_id="1.json", outcome="done"),
        Failed(at=moment, step=9, reason="disk full"),
    ]
    assert reader.skipped == 2


def test_only_the_last_events_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "MAX_EVENTS", 10)
    event = {"at": "2026-01-01T00:00:00+01:00", "event": "paused"}
    with (tmp_path / "events.jsonl").open("w") as events:
        for step in range(20):
            events.write(json.dumps({**event, "step": step}) + "\n")
        events.write(json.dumps({**event, "step": 20, "x": "y" * 20_000}) + "\n")
    reader = read(tmp_path)
    assert [event.step for event in reader.events] == list(range(10, 20))
    assert reader.skipped == 1


def test_device_rows_are_read(writer: RunWriter) -> None:
    row = DeviceRow(
        at=records.now(), cpu_percent=50.0, gpus=[GpuSample(index=0, power_watts=300.5)]
    )
    writer.device(row)
    reader = read(writer.path)
    assert list(reader.device) == [row]


def test_a_long_device_file_is_read_from_near_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_module, "_DEVICE_TAIL_BYTES", 1000)
    rows = [DeviceRow(at=records.now(), cpu_percent=float(n)) for n in range(100)]
    (tmp_path / "device.jsonl").write_bytes(b"".join(map(records.encode_line, rows)))
    reader = read(tmp_path)
    assert 0 < len(reader.device) < 10
    assert reader.device[-1] == rows[-1]
    assert reader.skipped == 0


def test_the_status_is_the_same_object_until_it_changes(writer: RunWriter) -> None:
    reader = RunReader(writer.path)
    first = reader.status()
    assert reader.status() is first
    writer.set_status(status(State.FINISHED, step=7))
    second = reader.status()
    assert second is not None
    assert (second.state, second.step) == (State.FINISHED, 7)


def test_the_config_is_given_as_it_is(writer: RunWriter) -> None:
    assert RunReader(writer.path).config_text() == "format: 1\n"
    (writer.path / "config.yaml").write_bytes(b"\xff")
    with pytest.raises(RunDirectoryError, match="is not UTF-8 text"):
        RunReader(writer.path).config_text()


def test_reading_writes_nothing_and_needs_no_lock(writer: RunWriter) -> None:
    writer.metrics([train_row(1)])
    before = {path: path.stat().st_mtime_ns for path in writer.path.rglob("*")}
    reader = read(writer.path)
    reader.status()
    reader.config_text()
    assert {path: path.stat().st_mtime_ns for path in writer.path.rglob("*")} == before
