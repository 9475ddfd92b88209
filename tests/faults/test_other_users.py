"""Directories that may not be written, and what other users may do: nothing."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cnn_tui.runs.layout import State
from tests.faults.nursery import Nursery, events, status, wait_until
from tests.faults.outcome import assert_same_end
from tests.faults.preparations import NOBODY, become_nobody, look_for_room_often
from tests.faults.steering import PAUSED, step_to, tell

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can act as another user"
)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter; pytest's own ones are not."""
    folder = Path(tempfile.mkdtemp(prefix="cnn-tui-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def shared(tmp_path: Path, open_folder: Path) -> Iterator[Nursery]:
    """Starts commands on runs in a folder that every user may read."""
    nursery = Nursery(tmp_path, open_folder / "runs")
    yield nursery
    nursery.close()


@contextmanager
def another_user() -> Iterator[None]:
    """Acts as a user without privileges."""
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_one_clear_sentence(
    shared: Nursery, preset: Path, open_folder: Path
) -> None:
    public = Path(shutil.copy(preset, open_folder))
    refused = shared.run("train", public, before=[become_nobody])
    assert refused.code == 2
    assert refused.lines[-1] == (
        f"cnn-tui: no run can be made in {shared.runs}: Permission denied; "
        "choose another folder with --runs-dir"
    )
    assert "Traceback" not in refused.output


@pytest.mark.parametrize("command", ["resume", "show", "verify", "send"])
def test_another_users_run_is_not_even_seen(
    shared: Nursery, undisturbed: Path, command: str
) -> None:
    run = Path(shutil.copytree(undisturbed, shared.runs / undisturbed.name))
    words = [command, run, *(["stop"] if command == "send" else [])]
    refused = shared.run(*words, before=[become_nobody])
    assert refused.code == 2
    assert len(refused.lines) == 1
    assert "config.yaml" in refused.output
    assert status(run).state is State.FINISHED


def test_another_users_run_is_listed_with_the_reason(
    shared: Nursery, undisturbed: Path
) -> None:
    shutil.copytree(undisturbed, shared.runs / undisturbed.name)
    listed = shared.run("runs", before=[become_nobody])
    assert listed.code == 0
    assert "status.json cannot be read: Permission denied" in listed.output


def test_another_users_commands_are_not_obeyed(
    shared: Nursery, preset: Path, undisturbed: Path
) -> None:
    trainer, run = shared.train(preset, *PAUSED)
    step_to(run, 20)
    run.chmod(0o711)  # as a careless owner might
    (run / "control").chmod(0o777)
    with another_user():
        (run / "control" / "stop").touch()
    wait_until(lambda: events(run, "rejected"))
    [rejected] = events(run, "rejected")
    assert rejected["reason"] == "belongs to another user"
    tell(run, "resume")
    assert trainer.wait().code == 0
    assert_same_end(run, undisturbed)


def test_a_run_whose_directory_becomes_read_only_waits(
    shared: Nursery, preset: Path, undisturbed: Path, open_folder: Path
) -> None:
    shared.runs.mkdir()
    os.chown(shared.runs, NOBODY, NOBODY)
    public = Path(shutil.copy(preset, open_folder))
    trainer, run = shared.train(
        public, *PAUSED, before=[become_nobody, look_for_room_often]
    )
    with another_user():
        step_to(run, 60)
        run.chmod(0o500)
        tell(run, "resume")
    wait_until(lambda: "reason" in events(run, "paused")[-1])
    assert events(run, "paused")[-1]["reason"] == "cannot write: Permission denied"
    run.chmod(0o700)
    assert trainer.wait().code == 0
    assert_same_end(run, undisturbed)
