"""A disk that is really full, and files that may not grow."""

import resource
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from cnn_tui.runs.layout import State
from tests.faults.nets import write_preset
from tests.faults.nursery import (
    Command,
    Nursery,
    Preparation,
    events,
    status,
    wait_until,
)
from tests.faults.outcome import assert_same_end
from tests.faults.preparations import give_up_soon, look_for_room_often
from tests.faults.steering import PAUSED, step_to, tell

DISK = "2m"
CLASSES = {"out_features": "classes"}
NO_ROOM = "cannot write: No space left on device"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MiB."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can mount: try `unshare -Urm make test`")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)


@pytest.fixture
def on_disk(tmp_path: Path, disk: Path) -> Iterator[Nursery]:
    """Starts commands whose runs are on the small disk."""
    nursery = Nursery(tmp_path, disk / "runs")
    yield nursery
    nursery.close()


def fill(disk: Path) -> Path:
    """Takes all the room that is left; returns the file to remove for it."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))
    return ballast


def train_to_a_full_disk(
    nursery: Nursery, preset: Path, before: Preparation
) -> tuple[Command, Path, Path]:
    """Fills the disk while a run stands still, and lets it go on.

    Returns the trainer, the run, and the file to remove.
    """
    trainer, run = nursery.train(preset, *PAUSED, before=[before])
    step_to(run, 60)
    ballast = fill(nursery.runs.parent)
    (run / "control" / "resume").touch()
    return trainer, run, ballast


def test_a_run_waits_for_room_and_goes_on_by_itself(
    on_disk: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run, ballast = train_to_a_full_disk(on_disk, preset, look_for_room_often)
    wait_until(lambda: status(run).reason == NO_ROOM)
    assert status(run).state is State.PAUSED
    heartbeat = status(run).heartbeat
    wait_until(lambda: status(run).heartbeat != heartbeat)
    ballast.unlink()
    assert trainer.wait().code == 0
    assert events(run, "paused")[-1]["reason"] == NO_ROOM
    assert_same_end(run, undisturbed)


def test_a_checkpoint_that_alone_does_not_fit_is_waited_for_at_rest(
    on_disk: Nursery, tmp_path: Path
) -> None:
    wide = ["flatten", {"linear": {"out_features": 256}}, {"linear": CLASSES}]
    preset = write_preset(tmp_path / "wide.yaml", layers=wide, iterations=20)
    trainer, run = on_disk.train(preset, before=[look_for_room_often])
    wait_until(lambda: status(run).reason == NO_ROOM)
    pauses = len(events(run, "paused"))
    heartbeat = status(run).heartbeat
    wait_until(lambda: status(run).heartbeat != heartbeat)
    assert len(events(run, "paused")) == pauses
    trainer.signal(signal.SIGINT)
    assert trainer.wait().code == 1
    assert (status(run).state, status(run).reason) == (State.FAILED, NO_ROOM)


def test_a_headless_run_gives_up_at_last_and_can_be_resumed(
    on_disk: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run, ballast = train_to_a_full_disk(on_disk, preset, give_up_soon)
    ended = trainer.wait()
    assert ended.code == 1
    assert "Traceback" not in ended.output
    assert (status(run).state, status(run).reason) == (State.FAILED, NO_ROOM)
    assert events(run, "failed")[-1]["reason"] == NO_ROOM
    assert [event.get("reason") for event in events(run, "paused")].count(NO_ROOM) == 1
    ballast.unlink()
    assert on_disk.run("resume", run).code == 0
    assert_same_end(run, undisturbed)


def test_a_disk_too_full_to_begin_on_is_one_clear_sentence(
    on_disk: Nursery, preset: Path
) -> None:
    fill(on_disk.runs.parent)
    refused = on_disk.run("train", preset)
    assert refused.code == 2
    assert refused.lines == [
        f"cnn-tui: no run can be made in {on_disk.runs}: No space left on device; "
        "choose another folder with --runs-dir"
    ]
    assert not list(on_disk.runs.iterdir())


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="needs prlimit(2)")
def test_a_limit_of_file_sizes_is_as_a_full_disk(
    cnn_tui: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED, before=[look_for_room_often])
    step_to(run, 60)
    process, limit = psutil.Process(trainer.pid), resource.RLIMIT_FSIZE
    unlimited = process.rlimit(limit)
    size_bytes = (run / "metrics.jsonl").stat().st_size
    process.rlimit(limit, (size_bytes + 1000, unlimited[1]))
    tell(run, "resume")
    wait_until(lambda: status(run).reason == "cannot write: File too large")
    process.rlimit(limit, unlimited)
    assert trainer.wait().code == 0
    assert_same_end(run, undisturbed)


def test_a_removed_run_fails_and_is_not_made_again(
    cnn_tui: Nursery, preset: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED, before=[look_for_room_often])
    step_to(run, 20)
    shutil.rmtree(run)
    ended = trainer.wait()
    assert ended.code == 1
    assert ended.lines[-1] == "failed: the run directory was removed"
    assert not run.exists()
    assert not list(cnn_tui.runs.iterdir())


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="needs prlimit(2)")
def test_the_truth_is_told_where_not_even_the_log_can_grow(
    cnn_tui: Nursery, preset: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED, before=[give_up_soon])
    step_to(run, 60)
    (run / "train.log").write_bytes(b"." * 10_000)
    process, limit = psutil.Process(trainer.pid), resource.RLIMIT_FSIZE
    process.rlimit(limit, (5000, process.rlimit(limit)[1]))
    tell(run, "resume")
    ended = trainer.wait()
    assert ended.code == 1
    assert "Traceback" not in ended.output
    assert status(run).state is State.FAILED
    assert status(run).reason == "cannot write: File too large"
