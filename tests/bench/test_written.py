"""Runs that nobody trained are runs to every reader."""

from pathlib import Path

from bench import written
from cnn_tui.runs.catalog import list_runs
from cnn_tui.runs.layout import State
from cnn_tui.runs.reader import RunReader


def read(run: Path) -> RunReader:
    reader = RunReader(run)
    while not reader.complete:
        reader.poll()
    return reader


def test_a_run_has_its_rows_and_has_ended(tmp_path: Path) -> None:
    run = written.write_run(tmp_path, "long", 1200)
    reader = read(run)
    assert list(reader.train["step"]) == list(range(1, 1201))
    assert list(reader.tests["step"]) == [500, 1000]
    assert reader.skipped == 0
    status = reader.status()
    assert status is not None
    assert (status.state, status.step) == (State.FINISHED, 1200)


def test_a_run_that_seems_to_be_trained_grows(tmp_path: Path) -> None:
    writer = written.open_run(tmp_path, "live", total_steps=100)
    written.append(writer, 1, 30)
    written.append(writer, 31, 20)
    reader = read(writer.path)
    writer.close()
    assert len(reader.train) == 50
    [run] = list_runs(tmp_path)
    assert run.state == State.RUNNING


def test_copies_are_listed_beside_the_run(tmp_path: Path) -> None:
    run = written.write_run(tmp_path, "first", 10)
    written.copy_run(run, 5)
    runs = list_runs(tmp_path)
    assert len({run.id for run in runs}) == 6
    assert all(run.status and run.status.step == 10 for run in runs)
