"""Commands of cnn-tui as processes of their own that need not import torch again.

A server that has imported it forks them; from there on they are processes as any: with
a session, a terminal, signals and limits of their own. Only what they start themselves
(the process that a run is handed over to) begins from nothing.
"""

import io
import json
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from cnn_tui.runs.layout import State
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status

PATIENCE_SECONDS = 90.0
_LOOK_SECONDS = 0.001

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["cnn_tui.cli.headless", "cnn_tui.engine.verify", "torch._dynamo"]
)

Preparation = Callable[[], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that has ended; ``code`` is -9 if it was killed."""

    code: int | None
    output: str

    @property
    def lines(self) -> list[str]:
        """What it printed, on either stream."""
        return self.output.splitlines()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command at work."""

    process: BaseProcess
    output: Path

    @property
    def pid(self) -> int:
        """Its process."""
        assert self.process.pid is not None
        return self.process.pid

    def signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        if self.process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kills it, at this instant, and returns when nothing is left of it."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> Ended:
        """Waits for its end."""
        self.process.join(PATIENCE_SECONDS)
        output = self.output.read_text("utf-8")
        assert self.process.exitcode is not None, f"it does not end: {output}"
        return Ended(code=self.process.exitcode, output=output)


class Nursery:
    """Starts commands on a folder of runs, and ends what is left of them."""

    def __init__(self, folder: Path, runs: Path | None = None) -> None:
        """Keeps what commands print in ``folder``, and by default the runs, too."""
        self.runs = runs or folder / "runs"
        self._folder = folder
        self._commands: list[Command] = []

    def start(
        self,
        *arguments: object,
        terminal: str | None = None,
        before: Sequence[Preparation] = (),
    ) -> Command:
        """Starts a command, in a session of its own.

        ``terminal`` is the path of the one to work on, a file otherwise; ``before`` is
        called by the new process first.
        """
        words = [*map(str, arguments), "--runs-dir", str(self.runs)]
        output = self._folder / f"output-{len(self._commands)}"
        output.touch()
        process = _context.Process(
            target=_work, args=(words, output, terminal, tuple(before))
        )
        process.start()
        self._commands.append(Command(process=process, output=output))
        return self._commands[-1]

    def run(self, *arguments: object, before: Sequence[Preparation] = ()) -> Ended:
        """Runs a command to its end."""
        return self.start(*arguments, before=before).wait()

    def train(
        self,
        *arguments: object,
        terminal: str | None = None,
        before: Sequence[Preparation] = (),
    ) -> tuple[Command, Path]:
        """Starts a training; returns once it has a run directory, with that."""
        known = set(self._paths())
        command = self.start("train", *arguments, terminal=terminal, before=before)
        wait_until(
            lambda: command.process.exitcode is not None or self._paths() - known
        )
        found = self._paths() - known
        assert found, command.wait().output
        return command, found.pop()

    def close(self) -> None:
        """Kills what is still there."""
        for command in self._commands:
            command.kill()
        for process in processes_on(self.runs):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def _paths(self) -> set[Path]:
        return {
            path for path in self.runs.glob("[!.]*") if (path / "config.yaml").exists()
        }


def wait_until(condition: Callable[[], object]) -> None:
    """Waits for what another process does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(_LOOK_SECONDS)


def wait_for(run: Path, *states: State) -> Status:
    """Waits until a run is in one of these states; returns its status."""
    wait_until(lambda: status(run).state in states)
    return status(run)


def status(run: Path) -> Status:
    """Returns the status of a run."""
    found = read_status(run)
    assert found is not None
    return found


def processes_on(runs: Path) -> list[psutil.Process]:
    """Returns the processes whose command line names something under ``runs``."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(runs) in word for word in process.info["cmdline"] or ())
    ]


def events(run: Path, name: str) -> list[dict[str, object]]:
    """Returns the events of a run that have a name, oldest first.

    A line that a full disk or a kill has torn counts as none, as for every reader.
    """
    found = []
    for line in (run / "events.jsonl").read_text().splitlines():
        with suppress(json.JSONDecodeError):
            found.append(json.loads(line))
    return [event for event in found if event["event"] == name]


def _work(
    words: list[str],
    output: Path,
    terminal: str | None,
    before: Sequence[Preparation],
) -> None:
    """Becomes a command: what the new process does."""
    os.setsid()
    os.environ["TERM"] = "xterm-256color"
    standard_input = os.open(terminal or os.devnull, os.O_RDWR)
    written = os.open(terminal or output, os.O_RDWR | os.O_APPEND)
    for source, target in ((standard_input, 0), (written, 1), (written, 2)):
        os.dup2(source, target)
    # A process of multiprocessing has closed it, but Textual asks for it.
    opened = io.TextIOWrapper(io.FileIO(0, closefd=False))
    vars(sys)["stdin"] = vars(sys)["__stdin__"] = opened
    for prepare in before:
        prepare()
    from cnn_tui.cli import main

    main(words)
