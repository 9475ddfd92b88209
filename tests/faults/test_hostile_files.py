"""Files that somebody prepared: nothing in them is run, nothing outside is touched."""

import asyncio
import io
import os
import pickle
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cnn_tui.ui.app import CnnTuiApp
from cnn_tui.ui.screens.dashboard import DashboardScreen
from tests.cli.commands import invoke, refusal
from tests.faults import damage
from tests.faults.nursery import Nursery, events, wait_until
from tests.faults.outcome import assert_same_end
from tests.faults.steering import PAUSED, step_to, tell

MARK = "mark"
GOLDEN = Path(__file__).parents[1] / "golden" / "finished"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make devices")


class Trap:
    """Makes a directory when it is unpickled."""

    def __init__(self, path: Path) -> None:
        """Will make ``path``."""
        self._path = path

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self._path),)


def as_torch_saves(trap: Trap) -> bytes:
    """Returns a trap in a checkpoint of today's format."""
    buffer = io.BytesIO()
    torch.save({"format": 1, "config": trap}, buffer)
    return buffer.getvalue()


def as_torch_saved_once(trap: Trap) -> bytes:
    """Returns a trap in a checkpoint of the format before."""
    buffer = io.BytesIO()
    torch.save(trap, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


def bomb(trap: Trap) -> bytes:
    """Returns a small file that unpacks to 64 MiB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(2**26))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "prepare", [pickle.dumps, as_torch_saves, as_torch_saved_once, bomb]
)
def test_nothing_in_a_checkpoint_is_run(
    cnn_tui: Nursery,
    preset: Path,
    undisturbed: Path,
    tmp_path: Path,
    prepare: Callable[[Trap], bytes],
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    trainer.kill()
    damage.overwrite(run, "checkpoints/last.pt", prepare(Trap(tmp_path / MARK)))
    resumed = cnn_tui.run("resume", run)
    assert resumed.code == 0
    [said] = events(run, "checkpoint_damaged")
    assert str(said["reason"]).endswith("last.pt: is damaged, or no checkpoint")
    assert not (tmp_path / MARK).exists()
    assert_same_end(run, undisturbed)


def test_the_traps_work(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Trap(tmp_path / MARK)))
    assert (tmp_path / MARK).exists()


@pytest.mark.parametrize("command", ["resume", "show", "verify", "send"])
@pytest.mark.parametrize("text", ["../outside", "runs/../../outside", "..", "a/../.."])
def test_an_id_leads_nowhere_else(tmp_path: Path, command: str, text: str) -> None:
    runs, outside = tmp_path / "runs", tmp_path / "outside"
    runs.mkdir()
    outside.mkdir()
    more = ["stop"] if command == "send" else []
    assert refusal(command, text, *more, "--runs-dir", runs)
    assert not list(outside.iterdir())


def test_control_characters_of_a_run_reach_no_terminal(
    cnn_tui: Nursery, undisturbed: Path
) -> None:
    evil = cnn_tui.runs / "\x1b]0;gotcha\x07\u202e"
    evil.mkdir(parents=True)
    for file in ("config.yaml", "status.json", "metrics.jsonl", "events.jsonl"):
        text = (undisturbed / file).read_text()
        (evil / file).write_text(text.replace('"net"', '"\\u001b[2J"'))
    commands: list[list[object]] = [["runs"], ["show", evil.name], ["resume", evil]]
    commands += [["verify", evil], ["send", evil, "stop", "--timeout=0"]]
    for words in commands:
        output = cnn_tui.run(*words).output
        assert output
        assert "\x1b" not in output
        assert "\u202e" not in output


def pipe(path: Path) -> None:
    """Makes a pipe without another end."""
    os.mkfifo(path)


def endless(path: Path) -> None:
    """Makes a link to a file that never ends."""
    path.symlink_to("/dev/zero")


def circle(path: Path) -> None:
    """Makes a link to itself."""
    path.symlink_to(path)


async def look(run: Path) -> str:
    """Opens a run and the list of runs in the program; returns what the run is."""
    app = CnnTuiApp(runs_folder=run.parent, open_run=run)
    async with app.run_test(size=(100, 30)) as pilot:
        while not isinstance(app.screen, DashboardScreen):
            await pilot.pause()
        app.screen.poll()
        state = app.screen.run.state
        await pilot.press("r")
        await pilot.pause(0.1)
    return state


@pytest.mark.timeout(60)
@pytest.mark.parametrize("spared", [(), ("config.yaml", "status.json")])
@pytest.mark.parametrize("make", [pipe, endless, circle, Path.mkdir])
def test_what_is_no_file_is_neither_waited_for_nor_followed(
    tmp_path: Path, make: Callable[[Path], None], spared: tuple[str, ...]
) -> None:
    run = Path(shutil.copytree(GOLDEN, tmp_path / "runs" / "a"))
    files = [path for path in run.rglob("*") if path.is_file()]
    for path in [*files, run / "device.jsonl", run / "train.log", run / "lock"]:
        if path.name not in spared:
            path.unlink(missing_ok=True)
            make(path)
    options = ["--runs-dir", run.parent]
    state = "finished" if spared else "unreadable"
    assert state in invoke("runs", *options).output
    assert invoke("show", "a", *options).exit_code == (0 if spared else 2)
    assert invoke("send", "a", "stop", "--timeout", 0.1, *options).exit_code in (1, 2)
    assert asyncio.run(look(run)) == state


@needs_root
@pytest.mark.timeout(60)
def test_a_device_in_the_place_of_a_file_is_not_read(tmp_path: Path) -> None:
    run = Path(shutil.copytree(GOLDEN, tmp_path / "runs" / "a"))
    for name in ("metrics.jsonl", "events.jsonl"):
        (run / name).unlink()
        os.mknod(run / name, 0o600 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero
    assert asyncio.run(look(run)) == "finished"
    (run / "status.json").unlink()
    os.mknod(run / "status.json", 0o600 | stat.S_IFCHR, os.makedev(1, 5))
    assert asyncio.run(look(run)) == "unreadable"


def test_a_mailbox_full_of_rubbish_does_not_disturb(
    cnn_tui: Nursery, preset: Path, undisturbed: Path, tmp_path: Path
) -> None:
    trainer, run = cnn_tui.train(preset, *PAUSED)
    step_to(run, 60)
    control, outside = run / "control", tmp_path / "outside"
    outside.write_text('{"command": "stop"}')
    (control / "1.json").symlink_to(outside)
    (control / "2.json").write_bytes(os.urandom(1000))
    (control / "3.json").write_text('{"command": "stop"}' + " " * 10_000)
    os.mkfifo(control / "4.json")
    (control / "5").mkdir()
    (control / "6\x1b[2J").touch()
    wait_until(lambda: len(events(run, "rejected")) == 6)
    assert outside.exists()
    tell(run, "resume")
    assert trainer.wait().code == 0
    assert_same_end(run, undisturbed)
