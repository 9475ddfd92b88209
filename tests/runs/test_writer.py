"""RunWriter: what it puts on disk, who may write, and what it keeps when it cannot."""

import io
import json
import math
import os
import shutil
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from cnn_tui.errors import Remedy, RunDirectoryError
from cnn_tui.runs import records
from cnn_tui.runs.events import HyperparameterChanged, KnownEvent, Paused
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import DeviceRow, Metrics, Rewind
from cnn_tui.runs.writer import RunWriter

from .conftest import another_user, evaluation_row, run_python, status, train_row

Create = Callable[..., RunWriter]
Written = Metrics | KnownEvent


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_new_run_has_what_a_resume_needs(create: Create) -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7).astimezone()
    writer = create(name="Model A", config_text="format: 1\nseed: 0\n", now=moment)
    assert writer.id == writer.path.name == "20260304-050607-model-a"
    assert (writer.path / "config.yaml").read_text() == "format: 1\nseed: 0\n"
    assert json.loads((writer.path / "status.json").read_text())["id"] == writer.id
    assert (writer.path / "lock").exists()
    assert (writer.path / "control").is_dir()
    assert (writer.path / ".reserve").stat().st_blocks * 512 >= 64 * 1024


def test_a_run_is_private_whatever_the_umask(create: Create) -> None:
    before = os.umask(0o000)
    try:
        writer = create()
        writer.metrics([train_row(1)])
        writer.evaluation(1, {"a": np.zeros(1)}, None)
        writer.environment({"python": "3"})
    finally:
        os.umask(before)
    for path in [writer.path, *writer.path.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def test_runs_of_the_same_second_and_name_get_their_own_ids(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7).astimezone()

    def create(_: int) -> RunWriter:
        return RunWriter.create(
            tmp_path, name="a", config_text="", status=status(), now=moment
        )

    with ThreadPoolExecutor(8) as pool:
        writers = list(pool.map(create, range(16)))
    for writer in writers:
        writer.close()
    first = "20260304-050607-a"
    expected = {first, *(f"{first}-{number}" for number in range(2, 18))}
    assert {writer.id for writer in writers} < expected
    assert len({writer.id for writer in writers}) == 16
    assert set(os.listdir(tmp_path)) == {writer.id for writer in writers}


def test_an_id_that_somebody_is_building_is_left_to_them(
    create: Create, tmp_path: Path
) -> None:
    moment = datetime(2026, 3, 4, 5, 6, 7).astimezone()
    (tmp_path / ".new-20260304-050607-a").mkdir()
    assert create(now=moment).id == "20260304-050607-a-2"


def test_a_run_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        RunWriter.create(tmp_path, name="a", config_text="\ud800", status=status())
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_a_file_is_named_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(RunDirectoryError, match=r"runs: File exists$") as refused:
        RunWriter.create(tmp_path / "runs", name="a", config_text="", status=status())
    assert refused.value.remedy is Remedy.ANOTHER_FOLDER


def test_an_unwritable_folder_is_refused_and_left_as_it_was(
    shared_folder: Path,
) -> None:
    with another_user(), pytest.raises(RunDirectoryError, match="Permission denied"):
        RunWriter.create(shared_folder, name="a", config_text="", status=status())
    assert os.listdir(shared_folder) == []


def test_another_users_run_cannot_be_opened(shared_folder: Path) -> None:
    writer = RunWriter.create(shared_folder, name="a", config_text="", status=status())
    writer.close()
    with another_user(), pytest.raises(RunDirectoryError):
        RunWriter.open(writer.path)


def test_metrics_are_rows_in_order_with_null_for_non_finite(writer: RunWriter) -> None:
    writer.metrics([train_row(1, loss=math.nan), evaluation_row(1, loss=math.inf)])
    writer.metrics([train_row(2, lr=math.inf), Rewind(rewind_to=1)])
    first, tested, second, rewind = lines(writer.path / "metrics.jsonl")
    assert (first["step"], first["train/loss"], first["lr"]) == (1, None, 0.25)
    assert (tested["step"], tested["test/loss"]) == (1, None)
    assert (second["step"], second["train/loss"], second["lr"]) == (2, 0.5, None)
    assert rewind == {"rewind_to": 1}


def test_an_event_has_its_time_step_and_details(writer: RunWriter) -> None:
    moment = records.now()
    writer.event(HyperparameterChanged(at=moment, step=7, what="lr", after=0.1))
    [event] = lines(writer.path / "events.jsonl")
    written_at = datetime.fromisoformat(str(event.pop("at")))
    assert written_at == moment
    assert written_at.tzinfo is not None
    assert event == {
        "step": 7,
        "event": "hyperparameter_changed",
        "name": "lr",
        "to": 0.1,
    }


def test_device_rows_without_a_gpu_say_so(writer: RunWriter) -> None:
    writer.device(DeviceRow(at=records.now(), cpu_percent=12.5))
    [row] = lines(writer.path / "device.jsonl")
    assert (row["cpu_percent"], row["gpus"]) == (12.5, [])
    assert row["process_memory_bytes"] is None


def test_the_listener_hears_metrics_and_events_as_appended(create: Create) -> None:
    heard: list[Written] = []
    writer = create(listener=heard.append)
    rows: list[Metrics] = [train_row(1), evaluation_row(1), Rewind(rewind_to=0)]
    paused = Paused(at=records.now(), step=0)
    writer.metrics(rows)
    writer.event(paused)
    writer.metrics([train_row(1)])
    assert heard == [*rows, paused, train_row(1)]
    written = lines(writer.path / "metrics.jsonl"), lines(writer.path / "events.jsonl")
    assert [len(file) for file in written] == [4, 1]


def test_a_listener_that_raises_reaches_no_writer_and_is_not_called_again(
    create: Create, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Written] = []

    def listener(record: Written) -> None:
        heard.append(record)
        raise KeyError("step")

    writer = create(listener=listener)
    writer.metrics([Rewind(rewind_to=0), train_row(1)])
    writer.event(Paused(at=records.now(), step=1))
    assert heard == [Rewind(rewind_to=0)]
    assert [record.getMessage() for record in caplog.records] == ["a listener failed"]
    assert "KeyError: 'step'" in caplog.text
    assert len(lines(writer.path / "metrics.jsonl")) == 2
    assert len(lines(writer.path / "events.jsonl")) == 1
    assert writer.failing is None


def test_the_status_is_replaced_whole(writer: RunWriter) -> None:
    before = (writer.path / "status.json").stat().st_ino
    writer.set_status(status(State.FINISHED, step=3000), durable=True)
    content = json.loads((writer.path / "status.json").read_text())
    assert (content["state"], content["step"]) == ("finished", 3000)
    assert (writer.path / "status.json").stat().st_ino != before


def test_evaluations_need_no_pickle_and_the_newest_50_and_the_best_stay(
    writer: RunWriter,
) -> None:
    for step in range(1, 56):
        writer.evaluation(step, {"confusion": np.full((2, 2), step)}, best_step=2)
    kept = sorted((writer.path / "evaluations").iterdir())
    assert [path.name for path in kept] == [
        f"{step:08}.npz" for step in (2, *range(6, 56))
    ]
    with np.load(io.BytesIO(kept[0].read_bytes()), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["confusion"], [[2, 2], [2, 2]])
    with pytest.raises(ValueError, match="allow_pickle=False"):
        writer.evaluation(56, {"objects": np.array([object()])}, None)


def test_after_a_rewind_the_evaluations_written_last_are_the_newest(
    writer: RunWriter,
) -> None:
    for step in range(1000, 1050):
        writer.evaluation(step, {"a": np.zeros(1)}, None)
        name = writer.path / "evaluations" / f"{step:08}.npz"
        os.utime(name, (step, step))
    writer.evaluation(10, {"a": np.zeros(1)}, None)
    kept = {path.name for path in (writer.path / "evaluations").iterdir()}
    assert "00000010.npz" in kept
    assert "00001000.npz" not in kept


@pytest.mark.parametrize("torn", ["", '{"step":1}\n', '{"step":1}\n{"ste'])
def test_a_writer_begins_on_a_fresh_line(writer: RunWriter, torn: str) -> None:
    writer.close()
    (writer.path / "metrics.jsonl").write_text(torn)
    again = RunWriter.open(writer.path)
    again.metrics([Rewind(rewind_to=2)])
    again.close()
    text = (writer.path / "metrics.jsonl").read_text()
    fresh = "\n" if torn[-1:] not in ("", "\n") else ""
    assert text == torn + fresh + '{"rewind_to":2}\n'


def test_what_is_not_a_run_is_not_opened_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match=r"is not a run: no config\.yaml"):
        RunWriter.open(tmp_path / "none")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["metrics.jsonl", "lock", "control", ".reserve"])
def test_nothing_is_written_through_a_link(writer: RunWriter, name: str) -> None:
    writer.close()
    outside = writer.path.parent / "outside"
    outside.write_text("untouched")
    shutil.rmtree(writer.path / name, ignore_errors=True)
    (writer.path / name).unlink(missing_ok=True)
    (writer.path / name).symlink_to(outside)
    try:
        RunWriter.open(writer.path).close()
    except RunDirectoryError as error:
        assert "cannot be written" in str(error)
    assert outside.read_text() == "untouched"


def test_a_write_that_fails_is_kept_and_done_later(writer: RunWriter) -> None:
    script = """
import resource, sys
from pathlib import Path
from cnn_tui.runs.events import Paused
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import encode_line, now
from cnn_tui.runs.writer import RunWriter
from tests.runs.conftest import status, train_row

def limit(size_bytes):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))

writer = RunWriter.open(Path(sys.argv[1]))
limit(len(encode_line(train_row(1))) * 3 // 2)
writer.metrics([train_row(number) for number in range(1, 6)])
limit(45)
writer.event(Paused(at=now(), step=5))
writer.set_status(status(State.PAUSED, step=5))
assert writer.failing is not None, "nothing failed"
assert not writer.retry()
writer.metrics([train_row(6)])
limit(resource.RLIM_INFINITY)
assert writer.retry(), writer.failing
assert writer.failing is None
writer.close()
"""
    writer.close()
    result = run_python(script, writer.path)
    assert result.returncode == 0, result.stderr
    reader = RunReader(writer.path)
    reader.poll()
    assert reader.train["step"].tolist() == [1, 2, 3, 4, 5, 6]
    assert [event.name for event in reader.events] == ["paused"]
    assert json.loads((writer.path / "status.json").read_text())["state"] == "paused"


def test_a_removed_run_is_not_made_again(writer: RunWriter) -> None:
    shutil.rmtree(writer.path)
    writer.set_status(status(State.RUNNING))
    writer.evaluation(1, {"a": np.zeros(1)}, None)
    assert isinstance(writer.failing, FileNotFoundError)
    assert not writer.retry()
    assert not writer.path.exists()


def test_a_removed_folder_of_evaluations_is_made_again(writer: RunWriter) -> None:
    writer.evaluation(1, {"a": np.zeros(1)}, None)
    shutil.rmtree(writer.path / "evaluations")
    writer.evaluation(2, {"a": np.zeros(1)}, None)
    assert os.listdir(writer.path / "evaluations") == ["00000002.npz"]
    assert writer.failing is None


def test_a_sync_that_works_is_no_failure(writer: RunWriter) -> None:
    writer.metrics([train_row(1)])
    writer.sync()
    assert writer.failing is None


def test_the_reserve_makes_room_for_the_last_words(writer: RunWriter) -> None:
    writer.release_reserve()
    assert not (writer.path / ".reserve").exists()
    writer.release_reserve()
    assert writer.failing is None


def test_two_threads_write_whole_lines(writer: RunWriter) -> None:
    def write(thread: int) -> None:
        for number in range(200):
            writer.metrics([train_row(number, loss=float(thread))])
            writer.set_status(status(step=number))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert writer.failing is None
    assert len(lines(writer.path / "metrics.jsonl")) == 800


def test_rows_are_sent_to_a_server_before_the_status_that_tells_of_them(
    create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("only Linux tells which file a descriptor is of")
    writer = create()
    closed: list[str] = []
    close = os.close

    def note(descriptor: int) -> None:
        closed.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        close(descriptor)

    writer.metrics([train_row(1)])
    monkeypatch.setattr(os, "close", note)
    writer.set_status(status())
    monkeypatch.undo()
    assert closed.index("metrics.jsonl") < closed.index(".status.json.tmp")
