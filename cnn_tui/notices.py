"""Telling a person who does not look: bells, notifications, a command of their own."""

import logging
import os
import shlex
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from cnn_tui.errors import RunDirectoryError
from cnn_tui.preferences import NoticePreferences
from cnn_tui.runs import events
from cnn_tui.runs.layout import LIVE, LOG, State
from cnn_tui.runs.liveness import shown_state
from cnn_tui.runs.records import Status
from cnn_tui.runs.status import read_status
from cnn_tui.text import percent, printable

logger = logging.getLogger(__name__)

COMMAND_SECONDS = 30.0
"""After that a command of the user's is ended: nothing waits for it longer."""


def sentence(status: Status) -> str:
    """Returns what became of a run: "model-a: finished, best 98.90 %"."""
    best = f", best {percent(status.best.accuracy)}" if status.best else ""
    reason = f" ({status.reason})" if status.reason else ""
    return printable(f"{status.name}: {status.state}{reason}{best}")


def terminal_bytes(
    wanted: NoticePreferences, text: str, environment: Mapping[str, str] = os.environ
) -> str:
    """Returns what makes a terminal ring, or show a notification.

    OSC 9 is iTerm2's and ConEmu's, OSC 777 urxvt's; tmux passes them on only where its
    ``allow-passthrough`` is on.
    """
    shown = printable(text).replace(";", ",")
    sequence = {
        "off": "",
        "osc9": f"\x1b]9;{shown}\x07",
        "osc777": f"\x1b]777;notify;cnn-tui;{shown}\x07",
    }[wanted.desktop]
    if sequence and "TMUX" in environment:
        doubled = sequence.replace("\x1b", "\x1b\x1b")
        sequence = f"\x1bPtmux;{doubled}\x1b\\"
    return sequence + "\x07" * wanted.bell


class Watched:
    """What is known of a run that somebody has opened."""

    def __init__(self, run: Path) -> None:
        """Looks for the first time."""
        self.run = run
        self._was_quiet = True
        self.look()

    def look(self) -> Status | None:
        """Returns the status if the run has just ended, or paused, by itself."""
        try:
            status = read_status(self.run)
        except RunDirectoryError:
            return None
        is_quiet = status is not None and _is_quiet(status)
        is_news = is_quiet and not self._was_quiet
        self._was_quiet = is_quiet
        return status if is_news and status and _is_own_doing(status) else None


def _is_quiet(status: Status) -> bool:
    state = shown_state(status, 0.0)
    return state not in LIVE or state == State.PAUSED


def _is_own_doing(status: Status) -> bool:
    """Whether nobody asked for it: a stop is asked for, and so is a plain pause."""
    is_asked = status.state is State.PAUSED and not status.reason
    return status.state is not State.STOPPED and not is_asked


class Command:
    """The command of the user's, for the runs of this process."""

    def __init__(self, wanted: NoticePreferences) -> None:
        """Runs nothing yet."""
        command = wanted.on_end
        self._words = shlex.split(command) if isinstance(command, str) else command
        self._run: Path | None = None

    def begin(self, run: Path) -> None:
        """Takes the run that is trained from now on."""
        self._run = run

    def record(self, record: object) -> None:
        """Hears what is written; a pause that nobody asked for is told."""
        if isinstance(record, events.Paused) and record.reason:
            self._tell({"CNN_TUI_STATE": "paused", "CNN_TUI_REASON": record.reason})

    def end(self) -> None:
        """Tells that the run has ended."""
        self._tell({})

    def _tell(self, known: dict[str, str]) -> None:
        if not self._words or self._run is None:
            return
        try:
            with open(self._run / LOG, "ab") as log:
                _start(self._words, _values(self._run) | known, log)
        except (OSError, RunDirectoryError):
            logger.exception("notices.on_end")


def _values(run: Path) -> dict[str, str]:
    status = read_status(run)
    facts: dict[str, Any] = {"RUN": run}
    if status is not None:
        best = status.best.accuracy if status.best else ""
        facts |= {"NAME": status.name, "STATE": status.state, "STEP": status.step}
        facts |= {"REASON": status.reason or "", "BEST_ACCURACY": best}
    return {f"CNN_TUI_{name}": str(value) for name, value in facts.items()}


def _start(words: Sequence[str], values: Mapping[str, str], log: IO[bytes]) -> None:
    """Starts a command in a session of its own, and ends it after a while.

    A word of the command may be ``$CNN_TUI_NAME``: it is replaced as a whole, and no
    shell sees it.
    """
    command = [values.get(word.removeprefix("$"), word) for word in words]
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, **values},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        log.write(f"notices.on_end: {printable(error)}\n".encode())
        return
    threading.Thread(target=_reap, args=(process,), daemon=True).start()


def _reap(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(COMMAND_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
