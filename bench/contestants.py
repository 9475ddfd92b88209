"""The ways to train that are compared, started and ready to race."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path

import psutil

from bench.program import CHART, PIXEL, open_program, watch
from bench.progress import last_row, progress_of_run
from bench.race import Contestant
from bench.terminal import WIDE, Terminal
from bench.workplace import PROGRAM, Workplace, wait_for_run, wait_until
from cnn_tui.runs.status import read_status

PACKAGES = {
    "lesson": "torchvision",
    "lightning": "lightning",
    "keras": "keras",
    "aiforge": "aiforge",
}
"""What must be installed for each of the other ways."""

_START_SECONDS = 120.0
_PROGRESS = "progress"


def is_installed(name: str) -> bool:
    """Tells whether what a way to train needs is here."""
    return importlib.util.find_spec(PACKAGES[name]) is not None


@contextmanager
def loop(workplace: Workplace, name: str, preset: Path) -> Iterator[Contestant]:
    """Starts one of ``bench.loops``."""
    folder = workplace.folder(name)
    command = _loop_command(name, preset, folder)
    process = workplace.start(*command, folder=folder)
    try:
        yield _loop_contestant(name, process.pid, folder)
    finally:
        process.kill()
        process.wait()


def other(
    workplace: Workplace, name: str, preset: Path
) -> AbstractContextManager[Contestant]:
    """Starts one of PACKAGES; what has a screen gets a terminal."""
    if name == "aiforge":
        return _aiforge(workplace, preset)
    return loop(workplace, name, preset)


@contextmanager
def _aiforge(workplace: Workplace, preset: Path) -> Iterator[Contestant]:
    folder = workplace.folder("aiforge")
    command = _loop_command("aiforge", preset, folder)
    with Terminal(
        command, folder=folder, environment=workplace.environment, size=WIDE
    ) as terminal:
        yield _loop_contestant("aiforge", terminal.pid, folder)


@contextmanager
def headless(workplace: Workplace, name: str, *settings: str) -> Iterator[Contestant]:
    """Starts ``cnn-tui train``."""
    folder = workplace.folder("headless")
    preset = workplace.preset(folder, name, *settings)
    process = workplace.start(*PROGRAM, "train", str(preset), folder=folder)
    try:
        run = wait_for_run(folder)
        yield Contestant(
            name="headless", pids=(process.pid,), progress=progress_of_run(run)
        )
    finally:
        process.kill()
        process.wait()


@contextmanager
def dashboard(workplace: Workplace, name: str, *settings: str) -> Iterator[Contestant]:
    """Starts a preset from the keyboard and leaves its dashboard open."""
    with open_program(workplace, name, *settings) as program:
        run = program.start_preset()
        yield Contestant(
            name="dashboard",
            pids=(program.terminal.pid,),
            progress=progress_of_run(run),
        )


@contextmanager
def attached(workplace: Workplace, name: str, *settings: str) -> Iterator[Contestant]:
    """Starts a run in the background and opens a dashboard on it."""
    with _watched(workplace, name, *settings) as (run, trainer, terminal):
        yield Contestant(
            name="attached",
            pids=(terminal.pid, trainer),
            progress=progress_of_run(run),
        )


@contextmanager
def looked_at(workplace: Workplace, name: str, *settings: str) -> Iterator[Contestant]:
    """Starts a run in the background and looks inside its network."""
    with ExitStack() as stack:
        watched = _watched(workplace, name, *settings)
        run, trainer, terminal = stack.enter_context(watched)
        terminal.wait_for(CHART)
        terminal.press("v")
        terminal.wait_for(PIXEL)
        looks = [child.pid for child in psutil.Process(terminal.pid).children()]
        for look in looks:  # frozen, it would not notice that nobody asks any more
            stack.callback(_kill, look)
        yield Contestant(
            name="looked at",
            pids=(trainer, terminal.pid, *looks),
            progress=progress_of_run(run),
        )


@contextmanager
def _watched(
    workplace: Workplace, name: str, *settings: str
) -> Iterator[tuple[Path, int, Terminal]]:
    """Yields a run in the background, its process, and a dashboard on it."""
    folder = workplace.folder("attached")
    preset = workplace.preset(folder, name, *settings)
    workplace.read(*PROGRAM, "train", str(preset), "--background", folder=folder)
    with ExitStack() as stack:
        run = wait_for_run(folder)
        status = read_status(run)
        assert status is not None
        assert status.pid is not None
        stack.callback(_kill, status.pid)
        yield run, status.pid, stack.enter_context(watch(workplace, folder, run))


def _kill(pid: int) -> None:
    """Ends a process that is not a child of this one."""
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).kill()


def _loop_command(name: str, preset: Path, folder: Path) -> tuple[str, ...]:
    module = f"bench.loops.{name}"
    return (sys.executable, "-m", module, str(preset), str(folder / _PROGRESS))


def _loop_contestant(name: str, pid: int, folder: Path) -> Contestant:
    path = folder / _PROGRESS
    wait_until(lambda: _is_written(path), f"the first step of {name}", _START_SECONDS)
    return Contestant(name=name, pids=(pid,), progress=lambda: last_row(path))


def _is_written(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
