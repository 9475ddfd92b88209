"""Processes in the background: a run is handed over to one, or begun by one."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cnn_tui.datasets.facts import data_folder
from cnn_tui.errors import InputError, Remedy, RunDirectoryError
from cnn_tui.host.logout import logout_warning
from cnn_tui.host.process import absolute, environment_elsewhere, parent_of
from cnn_tui.host.ranks import python_for
from cnn_tui.io.files import open_regular, read_bounded
from cnn_tui.runs.layout import LOG
from cnn_tui.runs.status import read_status
from cnn_tui.text import printable

TAKEN_WITHIN_SECONDS = 15.0
JOINED_WITHIN_SECONDS = 60.0
RESUMED_WITHIN_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_MOST_SAID_BYTES = 2**16
_MOST_LOG_BYTES = 2**30
_SENTENCE = "cnn-tui: "
"""What a line begins with that says why a command did nothing."""


def hand_over(run: Path, data_dir: Path | None, processes: int = 1) -> bool:
    """Starts a process that goes on with ``run``, whose lock must be free, or several.

    Returns True once that process has the run; False if it has not taken it in time,
    and then it has been ended.
    """
    command = ["resume", "--handover", str(run), *_data_option(data_dir)]
    within_seconds = TAKEN_WITHIN_SECONDS if processes == 1 else JOINED_WITHIN_SECONDS
    return _spawn(run, command, within_seconds, processes)


def resume_in_background(
    run: Path,
    data_dir: Path | None,
    *,
    more_iterations: int = 0,
    lr: float | None = None,
) -> None:
    """Starts a process that resumes a run that has ended, or lost its process.

    Raises:
        InputError: if that process does not go on with the run.
    """
    command = ["resume", str(run), *_data_option(data_dir)]
    command += ["--iterations", f"+{more_iterations}"]
    command += [] if lr is None else ["--set", f"lr={lr!r}"]
    if not _spawn(run, command, RESUMED_WITHIN_SECONDS):
        raise InputError(f"{printable(run.name)} does not go on; see its {LOG}")


def start_on_devices(arguments: Sequence[str]) -> Path:
    """Starts a new run as ``cnn-tui train`` does in the background; its directory.

    Raises:
        InputError: if it cannot start, with that process's sentence.
    """
    try:
        return _made_by(_run("train", *arguments, "--background", "--json"))
    except OSError as error:
        raise InputError(
            f"no process could be started in the background: {error.strerror}"
        ) from error


def resume_on_devices(
    run: Path, options: Sequence[str], processes: int, data_dir: Path | None
) -> None:
    """Starts processes that resume a run together.

    Raises:
        InputError: if they do not go on with it.
    """
    log = absolute(run) / LOG
    before = os.path.getsize(log) if os.path.isfile(log) else 0
    command = ["resume", str(absolute(run)), *options, *_data_option(data_dir)]
    if not _spawn(run, command, RESUMED_WITHIN_SECONDS, processes):
        said = read_bounded(log, _MOST_LOG_BYTES)[before:].decode(errors="replace")
        told = [line for line in said.splitlines() if line.startswith(_SENTENCE)]
        raise InputError(
            printable(told[0].removeprefix(_SENTENCE))
            if told
            else f"{printable(run.name)} does not go on; see its {LOG}"
        )


def start_in_background(
    config_text: str,
    *,
    name: str,
    preset: str,
    runs_folder: Path,
    data_dir: Path | None,
) -> Path:
    """Starts a new run in a process of its own; returns its directory.

    Raises:
        InputError: if it cannot start, with that process's sentence.
    """
    options = ["--runs-dir", str(runs_folder), *_data_option(data_dir)]
    try:
        with tempfile.TemporaryDirectory(
            prefix="cnn-tui-", ignore_cleanup_errors=True
        ) as folder:
            file = Path(folder, f"{preset}.yaml")  # its name is the preset's
            file.write_text(config_text, "utf-8")
            command = ["train", str(file), "--background", "--json", "--name", name]
            result = _run(*command, *options)
    except OSError as error:  # no room for the file, or too many processes
        raise InputError(
            f"no process could be started in the background: {error.strerror}"
        ) from error
    return _made_by(result)


def fork_apart(
    run: Path,
    step: int,
    *,
    settings: Sequence[str],
    iterations: str | None,
    background: bool,
    data_dir: Path | None,
) -> Path:
    """Forks a run in a process of its own; returns the new one's directory.

    It goes on there in the ``background``, or stands until somebody resumes it.

    Raises:
        InputError: if it cannot be made, with that process's sentence.
    """
    command = ["fork", f"{run}@{step}", "--json", *_data_option(data_dir)]
    command += [f"--set={setting}" for setting in settings]
    command += [] if iterations is None else [f"--iterations={iterations}"]
    try:
        result = _run(*command, "--background" if background else "--no-start")
    except OSError as error:
        raise InputError(
            f"no process could be started in the background: {error.strerror}"
        ) from error
    return _made_by(result)


class RaceProcess:
    """A process that runs a race; it outlives this one."""

    def __init__(self, command: Sequence[str]) -> None:
        """Starts it. Raises OSError."""
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - until it has ended
        self._process = subprocess.Popen(
            [sys.executable, "-m", "cnn_tui", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            start_new_session=True,
        )

    def wait(self) -> str | None:
        """Waits until it has ended; returns why it failed, if it did."""
        code = self._process.wait()
        with self._said as said:
            said.seek(0)
            lines = said.read(_MOST_SAID_BYTES).decode(errors="replace").splitlines()
        told = [line.removeprefix("cnn-tui: ") for line in lines if "cnn-tui: " in line]
        sentence = told[-1] if told else f"the race ended with code {code}"
        return printable(sentence) if code in (1, 2) else None

    def stop(self) -> None:
        """Asks it to end, with a checkpoint of the run that trains."""
        self._process.terminate()


def start_race(
    run: Path,
    step: int | None,
    *,
    over: str,
    steps: int,
    group: str,
    data_dir: Path | None,
) -> RaceProcess:
    """Starts a race from a step of a run, by default the newest.

    Raises:
        InputError: if no process can be started.
    """
    place = f"{run}@{'newest' if step is None else step}"
    options = ["--over", over, "--steps", str(steps), "--group", group]
    try:
        return RaceProcess(["race", place, *options, *_data_option(data_dir)])
    except OSError as error:
        raise InputError(
            f"no process could be started in the background: {error.strerror}"
        ) from error


def start_apart(
    command: Sequence[str], log: Path, processes: int = 1
) -> subprocess.Popen[bytes]:
    """Starts a command of cnn-tui in a session of its own, which writes into ``log``.

    Of several processes it is what starts and watches them. Raises OSError.
    """
    output = open_regular(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        return subprocess.Popen(
            [*python_for(processes), "-m", "cnn_tui", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=environment_elsewhere(),
            start_new_session=True,
        )
    finally:
        os.close(output)


def farewell(run: Path) -> str:
    """Returns the line that says how to come back to a run in the background."""
    line = (
        f"{printable(run.name)} goes on in the background; come back with: "
        f"cnn-tui attach {printable(shlex.quote(str(absolute(run))))}"
    )
    warning = logout_warning()
    return f"{line}\nBut {warning}" if warning else line


def _data_option(data_dir: Path | None) -> list[str]:
    return ["--data-dir", str(absolute(data_folder(data_dir)))]


def _made_by(result: subprocess.CompletedProcess[str]) -> Path:
    """Returns the run that a command made; raises InputError with its sentence."""
    if result.returncode != 0:
        sentence = result.stderr.strip().removeprefix("cnn-tui: ")
        for remedy in Remedy:  # nobody has given options here
            sentence = sentence.removesuffix(f"; {remedy}")
        raise InputError(sentence or "the run could not be started")
    return Path(json.loads(result.stdout)["run"])


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of cnn-tui in a session of its own; what it starts outlives it."""
    return subprocess.run(
        [sys.executable, "-m", "cnn_tui", *command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )


def _spawn(
    run: Path, command: Sequence[str], within_seconds: float, processes: int = 1
) -> bool:
    """Runs a command of cnn-tui in a session of its own, until it has the run."""
    try:
        child = start_apart(command, run / LOG, processes)
    except OSError:  # too many processes, or no log to be written
        return False
    if _is_taken(run, child, within_seconds):
        return True
    child.kill() if processes == 1 else child.terminate()  # which ends them all
    child.wait()
    return False


def _is_taken(run: Path, child: subprocess.Popen[bytes], within_seconds: float) -> bool:
    """Waits until the status names the child, or one that it has started."""
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline and child.poll() is None:
        try:
            status = read_status(run)
        except RunDirectoryError:
            status = None
        if status and status.pid and child.pid in (status.pid, parent_of(status.pid)):
            return True
        time.sleep(_LOOK_SECONDS)
    return False
