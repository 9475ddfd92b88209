"""The queue on the command line."""

import json
from pathlib import Path

import pytest

from cnn_tui.jobs import is_at_work, read_queue
from tests.cli.commands import SMALL, invoke, preset, refusal
from tests.faults.nursery import wait_until
from tests.jobs.workers import Workers, assert_all_went_well


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A preset that trains in no time."""
    return preset(tmp_path_factory.mktemp("presets"), SMALL, "small")


def queue(runs: Path, *words: object) -> str:
    """Runs a command of the queue; returns what it says."""
    command, *rest = words
    result = invoke("queue", command, *rest, "--runs-dir", runs)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_runs_are_added_moved_and_cancelled(tmp_path: Path, small: Path) -> None:
    queue(tmp_path, "add", small, "--no-start", "--name", "a", "--set", "seed=5")
    said = queue(tmp_path, "add", small, "--no-start", "--name", "b")
    [first, second] = read_queue(tmp_path)
    assert first.job
    assert first.job.config["training"]["seed"] == 5
    assert said == f"{second.run_id} is number 2 in the queue\n"
    said = queue(tmp_path, "move", second.run_id, "up")
    assert said == f"{second.run_id} is number 1 in the queue\n"
    queue(tmp_path, "add", small, "--no-start", "--name", "c", "--front")
    queue(tmp_path, "cancel", second.run_id)
    assert [job.job.name for job in read_queue(tmp_path) if job.job] == ["c", "a"]
    assert "does not wait in the queue" in refusal(
        *("queue", "cancel", second.run_id, "--runs-dir", tmp_path)
    )


def test_the_queue_is_listed(tmp_path: Path, small: Path) -> None:
    assert "nothing waits" in invoke("queue", "--runs-dir", tmp_path).stdout
    queue(tmp_path, "add", small, "--no-start")
    (tmp_path / ".queue" / "0000001-damaged.yaml").write_text("\x1b[31m")
    listed = invoke("queue", "--runs-dir", tmp_path).stdout
    damaged, whole, hint = listed.splitlines()
    assert "damaged" in damaged
    assert "\x1b" not in listed
    assert whole.split()[1:] == ["2", "waiting"]
    assert hint == "no worker is there; start one with: cnn-tui work"
    queue(tmp_path, "pause")
    found = json.loads(invoke("queue", "--json", "--runs-dir", tmp_path).stdout)
    assert (found["paused"], found["worker"]) == (True, False)
    assert [job["position"] for job in found["jobs"]] == [1, 2]


def test_a_preset_that_is_wrong_is_not_added(tmp_path: Path, small: Path) -> None:
    refusal("queue", "add", small, "--set", "lr=-1", "--runs-dir", tmp_path)
    assert read_queue(tmp_path) == []


def test_what_is_added_is_begun_in_the_background(
    workers: Workers, small: Path
) -> None:
    queue(workers.runs, "pause")
    queue(workers.runs, "add", small, "--no-start")
    [job] = read_queue(workers.runs)
    assert "goes on" in queue(workers.runs, "resume")
    assert is_at_work(workers.runs)
    run = workers.runs / job.run_id
    wait_until(lambda: "finished" in invoke("runs", "--runs-dir", workers.runs).stdout)
    wait_until(lambda: not list((workers.runs / ".queue" / "claimed").iterdir()))
    assert_all_went_well(workers.runs, [run.name], steps=20)
