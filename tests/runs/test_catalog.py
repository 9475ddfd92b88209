"""The list of runs."""

import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status, encode_line

START = datetime.fromisoformat("2026-01-01T12:00:00+01:00")


def make_run(folder: Path, name: str, hours: float = 0) -> Path:
    moment = START + timedelta(hours=hours)
    path = folder / name
    path.mkdir()
    (path / "status.json").write_bytes(
        encode_line(Status(id=name, state=State.FINISHED, started_at=moment))
    )
    return path


def test_no_folder_has_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "none") == []


def test_the_newest_start_comes_first_whatever_the_ids_say(tmp_path: Path) -> None:
    make_run(tmp_path, "b", hours=1)
    make_run(tmp_path, "a", hours=3)
    make_run(tmp_path, "c", hours=2)
    assert [run.id for run in list_runs(tmp_path)] == ["a", "c", "b"]


def test_a_damaged_run_is_listed_last_with_the_reason(tmp_path: Path) -> None:
    (make_run(tmp_path, "torn") / "status.json").write_text('{"format": 1, "sta')
    (make_run(tmp_path, "newer") / "status.json").write_text('{"format": 2}')
    (tmp_path / "empty").mkdir()
    good = make_run(tmp_path, "good")
    runs = {run.id: run for run in list_runs(tmp_path)}
    assert next(iter(runs)) == "good"
    assert (runs["good"].path, runs["good"].state) == (good, "finished")
    assert runs["good"].problem is None
    assert runs["empty"].problem == "it has no status.json"
    assert "is damaged" in str(runs["torn"].problem)
    assert "format 2" in str(runs["newer"].problem)
    assert {runs[name].state for name in ("empty", "torn", "newer")} == {"damaged"}


def test_the_directory_names_the_run_not_its_status(tmp_path: Path) -> None:
    make_run(tmp_path, "copied").rename(tmp_path / "renamed")
    assert [run.id for run in list_runs(tmp_path)] == ["renamed"]


def test_hidden_names_files_and_links_are_no_runs(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    outside = make_run(tmp_path, "outside")
    make_run(tmp_path / "runs", ".new-a")
    (tmp_path / "runs" / "link").symlink_to(outside)
    (tmp_path / "runs" / "file").touch()
    assert list_runs(tmp_path / "runs") == []


def test_a_linked_or_piped_status_is_damage(tmp_path: Path) -> None:
    outside = make_run(tmp_path, "outside") / "status.json"
    folder = tmp_path / "runs"
    for name in ("link", "pipe"):
        (folder / name).mkdir(parents=True)
    (folder / "link" / "status.json").symlink_to(outside)
    os.mkfifo(folder / "pipe" / "status.json")
    assert {run.state for run in list_runs(folder)} == {"damaged"}


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=300))
def test_rubbish_hides_no_other_run(
    tmp_path_factory: pytest.TempPathFactory, rubbish: bytes
) -> None:
    folder = tmp_path_factory.mktemp("runs")
    (make_run(folder, "bad") / "status.json").write_bytes(rubbish)
    make_run(folder, "good")
    runs = list_runs(folder)
    assert [run.id for run in runs] == ["good", "bad"]
    assert str(runs[1].problem).isprintable()
