"""The program, opened on a pseudo-terminal and steered from its keyboard."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.terminal import WIDE, Size, Terminal
from bench.workplace import PROGRAM, TITLE, Workplace, wait_for_run

END, HOME, ENTER = "\x1b[F", "\x1b[H", "\r"
DOWN, UP, ESCAPE = "\x1b[B", "\x1b[A", "\x1b"
FIRST_PRESET = b"model-a"
LAYER = b"conv2d"
"""A layer of the first preset: presets and settings have been read."""
CHART = rb"\xe2(\xa0[\x81-\xbf]|[\xa1-\xa3].)"
"""A braille glyph that is not blank: nothing but charts draws them."""
PIXEL = "▀".encode()
"""Half a cell: nothing but pictures draws it."""

_CALM_SECONDS = 0.3
_WARM_UP_SECONDS = 8.0
"""After this long torch is imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The program on its first screen, with one preset of the user's own."""

    terminal: Terminal
    folder: Path

    def choose_preset(self) -> None:
        """Goes to the preset of the user's own, the last in the list."""
        self.terminal.wait_for(LAYER)
        self.terminal.press(END)
        self.terminal.wait_for(TITLE.encode())

    def start_preset(self) -> Path:
        """Starts that preset; returns its run once it trains."""
        self.choose_preset()
        self.terminal.press(ENTER)
        run = wait_for_run(self.folder)
        self.terminal.wait_for(CHART)
        return run


@contextmanager
def open_program(
    workplace: Workplace, preset: str, *settings: str, size: Size = WIDE
) -> Iterator[Program]:
    """Opens the program in a folder with one preset."""
    folder = workplace.folder("program")
    workplace.preset(folder, preset, *settings)
    with Terminal(
        PROGRAM, folder=folder, environment=workplace.environment, size=size
    ) as terminal:
        yield Program(terminal=terminal, folder=folder)


def watch(workplace: Workplace, folder: Path, run: Path, size: Size = WIDE) -> Terminal:
    """Opens a dashboard on a run that exists."""
    command = (*PROGRAM, "attach", str(run))
    return Terminal(
        command, folder=folder, environment=workplace.environment, size=size
    )


@contextmanager
def open_among_runs(workplace: Workplace, folder: Path) -> Iterator[Terminal]:
    """Opens the program where there are runs already, and lets it import torch."""
    with Terminal(
        PROGRAM, folder=folder, environment=workplace.environment
    ) as terminal:
        terminal.wait_for(LAYER)
        time.sleep(_WARM_UP_SECONDS)
        yield terminal


def show_runs(terminal: Terminal, number: int) -> float:
    """Opens the list of runs; returns the seconds until it says how many there are."""
    before = terminal.received
    pressed_at = terminal.press("r")
    counted_at = terminal.wait_for(rf" {number:,} · [\d,]+ live".encode(), since=before)
    terminal.wait_until_silent(_CALM_SECONDS)
    return counted_at - pressed_at
