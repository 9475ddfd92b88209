"""Handing a run over to a process in the background."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from cnn_tui.errors import RunDirectoryError
from cnn_tui.logout import logout_warning
from cnn_tui.runs.files import open_regular
from cnn_tui.runs.layout import LOG
from cnn_tui.runs.status import read_status

TAKEN_WITHIN_SECONDS = 15.0
_LOOK_SECONDS = 0.05


def hand_over(run: Path, data_dir: Path | None) -> bool:
    """Starts a process that goes on with ``run``, whose lock must be free.

    Returns True once that process has the run; False if it has not taken it in time,
    and then it has been ended.
    """
    command = [sys.executable, "-m", "cnn_tui", "resume", "--handover", str(run)]
    if data_dir is not None:
        command += ["--data-dir", str(data_dir.absolute())]
    log = open_regular(run / LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )
    finally:
        os.close(log)
    if _is_taken(run, child):
        return True
    child.kill()
    child.wait()
    return False


def farewell(run: Path) -> str:
    """Returns the line that says how to come back to a run in the background."""
    line = (
        f"{run.name} goes on in the background; come back with: "
        f"cnn-tui attach {shlex.quote(str(run.absolute()))}"
    )
    warning = logout_warning()
    return f"{line}\nBut {warning}" if warning else line


def _is_taken(run: Path, child: subprocess.Popen[bytes]) -> bool:
    """Waits until the status names the child."""
    deadline = time.monotonic() + TAKEN_WITHIN_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        try:
            status = read_status(run)
        except RunDirectoryError:
            status = None
        if status is not None and status.pid == child.pid:
            return True
        time.sleep(_LOOK_SECONDS)
    return False
