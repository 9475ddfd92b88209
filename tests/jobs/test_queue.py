"""The queue as people and programs change it."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cnn_tui.errors import RunDirectoryError
from cnn_tui.jobs import (
    Place,
    add_job,
    cancel_job,
    move_job,
    pause_queue,
    read_job,
    read_queue,
    restore_job,
    resume_queue,
)
from cnn_tui.runs.queued import is_paused
from tests.jobs.making import make_job


def names(runs: Path) -> list[str]:
    """Returns the names of the jobs that wait."""
    return [waiting.job.name if waiting.job else "?" for waiting in read_queue(runs)]


def add(runs: Path, *names: str) -> dict[str, str]:
    """Adds jobs; returns their ids by name."""
    return {name: add_job(runs, make_job(name)) for name in names}


def test_jobs_wait_in_order_and_those_at_the_front_come_first(tmp_path: Path) -> None:
    add(tmp_path, "a", "b")
    add_job(tmp_path, make_job("c"), at_front=True)
    assert names(tmp_path) == ["c", "a", "b"]
    assert [waiting.position for waiting in read_queue(tmp_path)] == [1, 2, 3]


def test_a_job_is_read_as_it_was_added(tmp_path: Path) -> None:
    job = make_job(seed=7)
    add_job(tmp_path, job)
    [waiting] = read_queue(tmp_path)
    assert waiting.job == job
    assert stat.S_IMODE(waiting.path.stat().st_mode) == 0o600


def test_many_add_at_once_and_no_id_is_given_twice(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: add_job(tmp_path, make_job()), range(16)))
    assert len(set(ids)) == 16
    assert {waiting.run_id for waiting in read_queue(tmp_path)} == set(ids)


def test_the_id_of_a_run_is_not_given_to_a_job(tmp_path: Path) -> None:
    first = add_job(tmp_path, make_job())
    cancel_job(tmp_path, first)
    (tmp_path / first).mkdir()
    assert add_job(tmp_path, make_job()) != first


@pytest.mark.parametrize(
    ("moved", "to", "order"),
    [
        ("b", "up", "bac"),
        ("b", "down", "acb"),
        ("c", "front", "cab"),
        ("a", "back", "bca"),
        ("a", "up", "abc"),
        ("c", "down", "abc"),
    ],
)
def test_a_job_moves(tmp_path: Path, moved: str, to: Place, order: str) -> None:
    ids = add(tmp_path, "a", "b", "c")
    position = move_job(tmp_path, ids[moved], to)
    assert "".join(names(tmp_path)) == order
    assert position == order.index(moved) + 1


@pytest.mark.parametrize("to", ["front", "back"])
def test_only_the_job_that_moves_to_an_end_is_renamed(
    tmp_path: Path, to: Place
) -> None:
    moved = add(tmp_path, "a", "b", "c", "d")["b"]
    before = {waiting.path for waiting in read_queue(tmp_path)}
    move_job(tmp_path, moved, to)
    [renamed] = {waiting.path for waiting in read_queue(tmp_path)} - before
    assert renamed.stem.endswith(moved)


def test_where_no_number_is_left_at_an_end_all_get_new_ones(tmp_path: Path) -> None:
    ids = add(tmp_path, "a", "b", "c")
    for number, waiting in enumerate(read_queue(tmp_path)):
        waiting.path.rename(
            waiting.path.with_name(f"{number:07}-{waiting.run_id}.yaml")
        )
    move_job(tmp_path, ids["c"], "front")
    assert names(tmp_path) == ["c", "a", "b"]


@pytest.mark.parametrize("number", ["0000000", "0000007", "9999999"])
def test_jobs_that_a_person_gave_one_number_move_too(
    tmp_path: Path, number: str
) -> None:
    ids = add(tmp_path, "a", "b", "c")
    for waiting in read_queue(tmp_path):
        waiting.path.rename(waiting.path.with_name(f"{number}-{waiting.run_id}.yaml"))
    move_job(tmp_path, ids["c"], "up")
    assert names(tmp_path) == ["a", "c", "b"]


def test_a_cancelled_job_is_gone_and_told(tmp_path: Path) -> None:
    ids = add(tmp_path, "a", "b")
    cancelled = cancel_job(tmp_path, ids["a"])
    assert names(tmp_path) == ["b"]
    restore_job(tmp_path, cancelled)
    assert names(tmp_path) == ["a", "b"]
    damaged = tmp_path / ".queue" / "0000001-mine.yaml"
    damaged.write_text("# mine\nformat: [")
    cancelled = cancel_job(tmp_path, "mine")
    assert not damaged.exists()
    restore_job(tmp_path, cancelled)
    assert damaged.read_text() == "# mine\nformat: ["
    cancel_job(tmp_path, "mine")
    cancel_job(tmp_path, ids["a"])
    with pytest.raises(RunDirectoryError, match="does not wait in the queue"):
        cancel_job(tmp_path, ids["a"])


def test_the_queue_is_paused_by_a_file(tmp_path: Path) -> None:
    pause_queue(tmp_path)
    assert is_paused(tmp_path)
    resume_queue(tmp_path)
    resume_queue(tmp_path)
    assert not is_paused(tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rubbish", "must be a mapping"),
        ("a: &a [*a]", "aliases"),
        ("name: x\nconfig: {}\ndevice: 2", "line 3: device: unknown key"),
        ("name: x\nconfig: []", "line 2: config: must be a mapping"),
        ("config: {}", "name: is missing"),
        ("name: x\nconfig: {}\ndevices: 0", "line 3: devices: must be greater"),
        ("format: 9\nname: x\nconfig: {}", "line 1: format: must be 1"),
    ],
)
def test_a_damaged_job_is_shown_with_its_sentence(
    tmp_path: Path, text: str, sentence: str
) -> None:
    add(tmp_path, "a")
    (tmp_path / ".queue" / "0000001-damaged.yaml").write_text(text)
    damaged, whole = read_queue(tmp_path)
    assert damaged.job is None
    assert damaged.problem is not None
    assert sentence in damaged.problem
    assert whole.job is not None


def test_what_is_no_file_of_ours_is_no_job(tmp_path: Path) -> None:
    add(tmp_path, "a")
    queue = tmp_path / ".queue"
    [waiting] = read_queue(tmp_path)
    (queue / "0000001-link.yaml").symlink_to(waiting.path)
    os.mkfifo(queue / "0000002-pipe.yaml")
    (queue / "mine.yaml").write_bytes(waiting.path.read_bytes())
    link, pipe, _, unnamed = read_queue(tmp_path)
    assert "a link" in str(link.problem)
    assert "not a regular file" in str(pipe.problem)
    assert "not named as a job" in str(unnamed.problem)


def test_a_person_edits_a_job(tmp_path: Path) -> None:
    add(tmp_path, "a")
    [waiting] = read_queue(tmp_path)
    edited = waiting.path.read_text().replace("seed: 0", "seed: 11")
    waiting.path.write_text(edited)
    assert read_job(waiting.path).config["training"]["seed"] == 11
