"""What a process may do to itself before it becomes a command."""

import os
import resource
import signal
import sys
import time
from pathlib import Path

import psutil

NOBODY = 65534


def ignore_hangups() -> None:
    """As ``nohup`` does."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def work_in(folder: Path, **variables: str) -> None:
    """Goes to another folder, and sets variables of the environment."""
    os.chdir(folder)
    os.environ.update(variables)


def break_children() -> None:
    """Lets Python not start in any process that begins from here."""
    os.environ["PYTHONHOME"] = "/nonexistent"


def lose_python() -> None:
    """Lets no further process be started, as a limit of processes would."""
    sys.executable = "/nonexistent"


def update_slowly() -> None:
    """Trains so slowly that a command comes in time wherever the tester waits."""
    from cnn_tui.engine.trainer import Trainer

    update = Trainer.update

    def slowly(trainer: Trainer) -> bool:
        time.sleep(0.02)
        return update(trainer)

    setattr(Trainer, "update", slowly)  # noqa: B010 - mypy would have it a method


def look_for_room_often() -> None:
    """Tries again much sooner than people need."""
    from cnn_tui.engine import books

    books.RETRY_SECONDS = 0.1


def give_up_soon() -> None:
    """Waits for room for a moment only."""
    from cnn_tui.cli import headless

    look_for_room_often()
    headless.PATIENCE_SECONDS = 1.0


def become_nobody() -> None:
    """Gives up all that root may do; only root can."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def limit_memory(more_bytes: int) -> None:
    """Lets it have only so much more than it has now."""
    used_bytes = psutil.Process().memory_info().vms
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (used_bytes + more_bytes, hard))
