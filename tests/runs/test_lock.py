"""The lock: one process trains a run, and the refused one says which."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from cnn_tui.errors import LockedError
from cnn_tui.io.files import replace_file
from cnn_tui.runs import lock
from cnn_tui.runs.liveness import SILENT_AFTER_SECONDS
from cnn_tui.runs.records import encode_line, now
from cnn_tui.runs.writer import RunWriter

from .conftest import run_python, status, train_row

Create = Callable[..., RunWriter]


def test_a_second_writer_is_told_who_trains_and_changes_nothing(create: Create) -> None:
    writer = create(status=status(pid=4242, host="gpu-7"))
    writer.metrics([train_row(1)])
    before = {path: path.stat() for path in writer.path.rglob("*")}
    with pytest.raises(LockedError, match=r"process 4242 on gpu-7 since 20\d\d-"):
        RunWriter.open(writer.path)
    assert {path: path.stat().st_mtime_ns for path in writer.path.rglob("*")} == {
        path: found.st_mtime_ns for path, found in before.items()
    }


@pytest.mark.parametrize("content", ["{", json.dumps({"format": 1})])
def test_a_lock_whose_holder_is_unknown_is_a_lock(
    writer: RunWriter, content: str
) -> None:
    (writer.path / "status.json").write_text(content)
    with pytest.raises(LockedError, match="trained by another process since"):
        RunWriter.open(writer.path)


def test_another_process_is_refused_until_the_lock_is_given_back(
    writer: RunWriter,
) -> None:
    script = """
import sys
from pathlib import Path
from cnn_tui.runs.writer import RunWriter
RunWriter.open(Path(sys.argv[1])).close()
"""
    refused = run_python(script, writer.path)
    assert refused.returncode == 1
    assert "LockedError" in refused.stderr
    writer.close()
    allowed = run_python(script, writer.path)
    assert allowed.returncode == 0, allowed.stderr


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from cnn_tui.runs.writer import RunWriter
from tests.runs.conftest import status
writer = RunWriter.create(
    Path(sys.argv[1]), name="a", config_text="", status=status()
)
print(writer.path, flush=True)
os.kill(os.getpid(), 9)
"""
    killed = run_python(script, tmp_path)
    assert killed.returncode == -9, killed.stderr
    RunWriter.open(Path(killed.stdout.strip())).close()


def test_the_lock_can_be_given_back_by_another_thread(writer: RunWriter) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(writer.close).result()
    RunWriter.open(writer.path).close()


def test_where_a_lock_ends_at_the_host_a_heartbeat_refuses(
    create: Create, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = status(pid=4242, host="gpu-7", boot_id="another")
    writer = create(status=elsewhere)
    writer.close()
    looks = []

    def look_at_the_clock(seconds: float) -> None:
        looks.append(seconds)
        if is_beating:
            beaten = msgspec.structs.replace(elsewhere, heartbeat=now())
            replace_file(writer.path / "status.json", encode_line(beaten))

    clock = SimpleNamespace(sleep=look_at_the_clock, monotonic=lambda: len(looks))
    monkeypatch.setattr(lock, "time", clock)
    is_beating = True
    with pytest.raises(LockedError, match="process 4242 on gpu-7"):
        RunWriter.open(writer.path)
    assert len(looks) == 1
    is_beating = False
    RunWriter.open(writer.path).close()
    assert len(looks) > SILENT_AFTER_SECONDS
