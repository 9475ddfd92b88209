"""The list of runs."""

import dataclasses
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_tui.host.process import this_process
from cnn_tui.io.files import replace_file
from cnn_tui.runs import catalog
from cnn_tui.runs.catalog import Catalog, list_runs
from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status, encode_line

START = datetime.fromisoformat("2026-01-01T12:00:00+01:00")

SLEEPER = [sys.executable, "-c", "input()"]


def make_run(folder: Path, name: str, hours: float = 0) -> Path:
    path = folder / name
    path.mkdir()
    set_status(path, started_at=START + timedelta(hours=hours))
    return path


def set_status(run: Path, **fields: Any) -> None:
    """Replaces the status of a run, as its trainer does."""
    fields = {"state": State.FINISHED, "started_at": START, **fields}
    replace_file(run / "status.json", encode_line(Status(id=run.name, **fields)))


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
    assert {runs[name].state for name in ("empty", "torn", "newer")} == {"unreadable"}


def test_an_ended_run_that_is_resumed_elsewhere_is_live_again(tmp_path: Path) -> None:
    resumed, other = make_run(tmp_path, "resumed"), make_run(tmp_path, "other")
    listed = Catalog(tmp_path)
    before = {run.path: run for run in listed.refresh()}
    set_status(resumed, state=State.RUNNING, step=7)
    after = {run.path: run for run in listed.refresh()}
    assert (before[resumed].state, after[resumed].state) == ("finished", "running")
    assert after[other] is before[other]


def test_of_many_ended_runs_each_is_looked_at_in_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "LOOKS_PER_REFRESH", 2)
    runs = [make_run(tmp_path, f"run-{number}") for number in range(5)]
    listed = Catalog(tmp_path)
    listed.refresh()
    for run in runs:
        set_status(run, state=State.RUNNING)
    live = [sum(run.state == "running" for run in listed.refresh()) for _ in range(3)]
    assert live[0] <= 2
    assert live[-1] == 5


def test_a_run_whose_process_is_killed_is_lost_at_the_next_look(tmp_path: Path) -> None:
    run = make_run(tmp_path, "killed")
    with subprocess.Popen(SLEEPER, stdin=subprocess.PIPE) as process:
        identity = dataclasses.replace(
            this_process(), pid=process.pid, pid_started=None
        )
        set_status(run, state=State.RUNNING, **dataclasses.asdict(identity))
        listed = Catalog(tmp_path)
        before = listed.refresh()
        process.kill()
    assert [run.state for run in before] == ["running"]
    assert [run.state for run in listed.refresh()] == ["lost"]
    assert listed.refresh() != before


def test_the_status_of_a_live_run_is_opened_once_a_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, _ended = make_run(tmp_path, "live"), make_run(tmp_path, "ended")
    set_status(live, state=State.RUNNING)
    listed, opened, really_open = Catalog(tmp_path), list[str](), os.open
    listed.refresh()

    def noting_open(path: str, *arguments: Any, **more: Any) -> int:
        opened.append(path)
        return really_open(path, *arguments, **more)

    monkeypatch.setattr(os, "open", noting_open)
    for step in (1, 2):
        set_status(live, state=State.RUNNING, step=step)
        opened.clear()
        listed.refresh()
        assert opened == [str(live / "status.json")]


def test_a_state_added_later_is_listed_by_its_word(tmp_path: Path) -> None:
    run = make_run(tmp_path, "later")
    text = (run / "status.json").read_text()
    (run / "status.json").write_text(text.replace("finished", "queued"))
    [found] = list_runs(tmp_path)
    assert (found.state, found.problem) == ("queued", None)


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
    assert {run.state for run in list_runs(folder)} == {"unreadable"}


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
