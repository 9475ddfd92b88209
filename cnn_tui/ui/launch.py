"""The program in a terminal: how it begins, and every way that it ends."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_tui.host import terminal
from cnn_tui.host.memory import collect_seldom
from cnn_tui.ui.app import CnnTuiApp, Terminated
from cnn_tui.ui.backend import Backend

if TYPE_CHECKING:
    from cnn_tui.ui.charts import MarkerChoice

STUCK_SECONDS = 5.0


def run_app(
    *,
    runs_folder: Path,
    data_dir: Path | None,
    marker: "MarkerChoice",
    open_run: Path | None = None,
) -> int:
    """Runs the application in this terminal; returns the exit code."""
    collect_seldom()
    descriptor = terminal.keep_for_screen()
    app = CnnTuiApp(
        runs_folder=runs_folder,
        data_dir=data_dir,
        marker=marker,
        open_run=open_run,
        keep_output=terminal.send_output_to,
    )
    terminal.TerminalWatch(
        descriptor,
        on_lost=lambda: _outlive_terminal(app.backend),
        on_terminate=lambda: _end(app),
    ).start()
    code = app.run() or 0
    if app.farewell:
        print(app.farewell, file=sys.__stdout__, flush=True)
    return code


def _outlive_terminal(backend: Backend) -> None:
    """Ends this process once another has the run, or the run has ended here."""
    backend.hand_over()
    backend.wait()
    os._exit(0)


def _end(app: CnnTuiApp) -> None:
    """Ends the training with a checkpoint, then the program."""
    app.backend.interrupt("SIGTERM")
    app.backend.wait()
    app.post_message(Terminated())
    time.sleep(STUCK_SECONDS)  # a stalled link: nobody takes the message
    os._exit(128 + signal.SIGTERM)
