"""The program in a terminal: how it begins, and every way that it ends."""

import io
import os
import signal
import sys
import time
from contextlib import redirect_stderr, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_tui.host import terminal
from cnn_tui.host.memory import collect_seldom
from cnn_tui.text import printable
from cnn_tui.ui.app import CnnTuiApp, Terminated

if TYPE_CHECKING:
    from cnn_tui.ui.charts import MarkerChoice

STUCK_SECONDS = 5.0
KEYS_SECONDS = 1.0
"""How long keys may take to have their effect when the terminal is lost."""


def run_app(
    *,
    runs_folder: Path,
    data_dir: Path | None,
    marker: "MarkerChoice",
    pictures: str,
    open_run: Path | None = None,
    open_sweep: str | None = None,
) -> int:
    """Runs the application in this terminal; returns the exit code."""
    collect_seldom()
    descriptor = terminal.keep_for_screen()
    app = CnnTuiApp(
        runs_folder=runs_folder,
        data_dir=data_dir,
        marker=marker,
        pictures=pictures,
        open_run=open_run,
        open_sweep=open_sweep,
        keep_output=_keep_output,
    )
    terminal.TerminalWatch(
        descriptor,
        on_lost=lambda: _outlive_terminal(app),
        on_terminate=lambda number: _end(app, number),
    ).start()
    with redirect_stderr(io.StringIO()) as said:  # Textual prints tracebacks there
        app.run()
    if app.return_code:
        _explain(said.getvalue(), app.backend.training)
    _leave_training(app)
    return app.return_code or app.return_value or 0


def _keep_output(run: Path) -> None:
    """Sends what else is written to the log of a run."""
    with suppress(OSError):
        terminal.send_output_to(_log(run))


def _explain(said: str, run: Path | None) -> None:
    """Keeps what is known of an error of the screen, and says where."""
    log, where = _log(run), ""
    with suppress(OSError):
        log.parent.mkdir(parents=True, exist_ok=True)
        terminal.send_output_to(log)
        os.write(2, said.encode(errors="replace"))
        where = f"; see {printable(log)}"
    _say(f"cnn-tui: an error in the program has ended its screen{where}")


def _log(run: Path | None) -> Path:
    """Returns where stray output goes: the log of a run, or the user's."""
    if run is None:
        from platformdirs import user_state_path

        return user_state_path("cnn-tui") / "cnn-tui.log"
    from cnn_tui.runs.layout import LOG

    return run / LOG


def _leave_training(app: CnnTuiApp) -> None:
    """Leaves what still trains here to the background, and says how to come back."""
    app.backend.close()
    app.backend.hand_over()
    if (run := app.backend.wait()) is not None:
        from cnn_tui.handover import farewell

        _say(farewell(run))


def _say(text: str) -> None:
    with suppress(OSError):  # the terminal may be lost by now
        print(text, file=sys.__stdout__, flush=True)


def _outlive_terminal(app: CnnTuiApp) -> None:
    """Ends this process once another has the run, or the run has ended here."""
    app.typed.wait(KEYS_SECONDS)
    app.backend.close()
    app.backend.hand_over()
    app.backend.wait()
    os._exit(0)


def _end(app: CnnTuiApp, signal_number: int) -> None:
    """Ends the training with a checkpoint, then the program."""
    app.backend.close()
    app.backend.interrupt(signal.Signals(signal_number).name)
    app.backend.wait()
    app.post_message(Terminated(signal_number))
    time.sleep(STUCK_SECONDS)  # a stalled link: nobody takes the message
    os._exit(128 + signal_number)
