"""Runs that are deleted, and come back."""

from pathlib import Path

import pytest

from cnn_tui.errors import LockedError, RunDirectoryError
from cnn_tui.host.process import this_process
from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.layout import State
from cnn_tui.runs.lock import acquire
from cnn_tui.runs.trash import empty, restore, throw_away, thrown_away
from tests.runs.test_query import make_run


def test_a_deleted_run_is_listed_no_more_and_can_come_back(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    place = throw_away(run)
    assert list_runs(tmp_path) == []
    assert (thrown_away(tmp_path), place.parent.name) == (["a"], ".trash")
    make_run(tmp_path, "a")
    assert throw_away(run).name == "a-2"
    assert restore(tmp_path, "a") == run
    assert [found.id for found in list_runs(tmp_path)] == ["a"]
    with pytest.raises(
        RunDirectoryError, match='no run "a" in the trash: there are a-2'
    ):
        restore(tmp_path, "a")
    empty(tmp_path)
    assert thrown_away(tmp_path) == []
    assert run.is_dir()


def test_what_has_the_name_of_a_deleted_run_stays(tmp_path: Path) -> None:
    throw_away(make_run(tmp_path, "a"))
    make_run(tmp_path, "a")
    with pytest.raises(RunDirectoryError, match="is there already: rename it"):
        restore(tmp_path, "a")


def test_a_live_run_is_never_deleted(tmp_path: Path) -> None:
    here = this_process()
    fields = {
        "pid": here.pid,
        "pid_started": here.pid_started,
        "pid_namespace": here.pid_namespace,
        "boot_id": here.boot_id,
        "host": here.host,
    }
    for name, more in (("here", fields), ("elsewhere", {"host": "other"})):
        run = make_run(tmp_path, name, state=State.PAUSED, **more)
        with pytest.raises(RunDirectoryError, match="is paused: stop it first"):
            throw_away(run)
    locked = make_run(tmp_path, "locked")
    lock = acquire(locked)
    with pytest.raises(LockedError, match="is being trained by another process"):
        throw_away(locked)
    lock.release()
    throw_away(locked)
    assert {run.id for run in list_runs(tmp_path)} == {"here", "elsewhere"}
