"""``cnn-tui train`` as a process: signals, a terminal, a reader that leaves."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from cnn_tui.cli.headless import interrupts_by_signals
from cnn_tui.engine.checkpoint import load_checkpoint
from tests.cli.commands import SMALL, preset

COMMAND = [sys.executable, "-m", "cnn_tui", "train", "endless.yaml"]
PATIENCE_SECONDS = 60
Process = subprocess.Popen[str]


@pytest.fixture
def endless() -> Path:
    """A preset that trains for minutes, in ./endless.yaml."""
    return preset(
        Path(), SMALL.replace("iterations: 20", "iterations: 100000"), "endless"
    )


@pytest.fixture
def process(endless: Path) -> Iterator[Process]:
    """That training, with ``--json``."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [*COMMAND, "--json"], stdout=pipe, stderr=pipe, text=True
    ) as started:
        yield started
        started.kill()


def read_until(process: Process, key: str) -> Any:
    """Returns the first line printed that has a key."""
    assert process.stdout is not None
    for line in process.stdout:
        if key in (row := json.loads(line)):
            return row
    raise AssertionError(process.communicate()[1])


def ended_status(run: Path) -> Any:
    """Returns the status of a run."""
    return json.loads((run / "status.json").read_text())


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_ends_it_with_a_checkpoint(
    number: signal.Signals, code: int, process: Process
) -> None:
    run = Path(read_until(process, "run")["run"])
    read_until(process, "train/loss")
    process.send_signal(number)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code
    assert "Traceback" not in errors
    last = json.loads(output.splitlines()[-1])
    assert (last["state"], last["reason"]) == ("interrupted", number.name)
    assert ended_status(run) == last
    assert load_checkpoint(run / "checkpoints" / "last.pt").step == last["step"]


def test_the_first_interrupt_asks_and_the_second_ends_at_once() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts_by_signals() as control:
        signal.raise_signal(signal.SIGINT)
        assert control.interrupted_by == "SIGINT"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_who_reads_the_lines_may_leave(process: Process) -> None:
    run = Path(read_until(process, "run")["run"])
    read_until(process, "train/loss")
    assert process.stdout is not None
    process.stdout.close()
    (run / "control" / "stop").touch()
    assert process.wait(PATIENCE_SECONDS) == 0
    assert ended_status(run)["state"] == "stopped"


def test_a_terminal_gets_a_progress_bar(endless: Path) -> None:
    child = pexpect.spawn(
        COMMAND[0],
        COMMAND[1:],
        timeout=PATIENCE_SECONDS,
        encoding="utf-8",
        dimensions=(24, 120),
    )
    child.expect(r"run \S+-endless\r\n")
    child.expect(r"endless.* \d+/100000.* loss \d\.\d+  test .* img/s")
    child.sendintr()
    child.expect(r"interrupted at step [\d,]+ of 100,000, in 0:\d\d.*, SIGINT\r\n")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130
    [run] = Path("runs").iterdir()
    assert ended_status(run)["state"] == "interrupted"
