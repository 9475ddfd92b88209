"""How long a person waits: for the screen, for help, for the first step."""

import json
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.effort import Effort
from bench.measured import Measured, Results, median
from bench.processes import libraries
from bench.program import DOWN, ENTER, FIRST_PRESET, LAYER, UP, Program, open_program
from bench.terminal import Terminal
from bench.workplace import PROGRAM, Workplace, wait_for_run
from cnn_tui.runs.layout import EVENTS, METRICS

_OPEN_SECONDS = 5.0
_ECHO_SECONDS = 5.0
_GAP_SECONDS = 0.03
_SETTINGS = ("iterations=50", "evaluate_every=50")


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Starts the program again and again."""
    repeats = range(effort.repeats)
    paints = [_paint(workplace) for _ in repeats]
    loaded = paints[-1][1]
    yield {
        "paint": median(seconds for seconds, _ in paints),
        "modules": Measured(value=len(loaded), note=", ".join(loaded) or "none"),
    }
    yield {"help": median(_help(workplace) for _ in range(2 * effort.repeats))}
    yield {"cold": median(_first_step(workplace, 0.0) for _ in repeats)}
    yield {"warm": median(_first_step(workplace, _OPEN_SECONDS) for _ in repeats)}
    yield {"stall": median(_longest_stall(workplace) for _ in repeats)}


def _paint(workplace: Workplace) -> tuple[float, list[str]]:
    """Returns the seconds to the first paint, and the libraries loaded then."""
    with open_program(workplace, "model-a") as program:
        terminal = program.terminal
        painted_at = terminal.wait_for(FIRST_PRESET)
        return painted_at - terminal.started_at, libraries(terminal.pid)


def _help(workplace: Workplace) -> float:
    began = time.monotonic()
    subprocess.run(
        [*PROGRAM, "--help"],
        env=workplace.environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - began


def _first_step(workplace: Workplace, open_seconds: float) -> float:
    """Returns the seconds from Enter to the end of the first step."""
    with open_program(workplace, "model-a", *_SETTINGS) as program:
        program.choose_preset()
        opened_for = time.monotonic() - program.terminal.started_at
        time.sleep(max(0.0, open_seconds - opened_for))
        pressed_at = datetime.now().astimezone()
        program.terminal.press(ENTER)
        run = wait_for_run(program.folder)
        return (_first_step_at(run) - pressed_at).total_seconds()


def _first_step_at(run: Path) -> datetime:
    """Returns when the first step was done: its row counts from the start's event."""
    event = _first_line(run / EVENTS)
    row = _first_line(run / METRICS)
    return datetime.fromisoformat(event["at"]) + timedelta(seconds=row["time"])


def _first_line(path: Path) -> dict[str, Any]:
    with open(path, encoding="utf-8") as file:
        line: dict[str, Any] = json.loads(file.readline())
    return line


def _longest_stall(workplace: Workplace) -> float:
    """Returns the longest wait for the echo of an arrow key while torch is imported."""
    with open_program(workplace, "model-a") as program:
        program.terminal.wait_for(LAYER)
        deadline = time.monotonic() + _ECHO_SECONDS
        longest = 0.0
        while time.monotonic() < deadline:
            longest = max(longest, _echo(program, DOWN), _echo(program, UP))
        return longest


def _echo(program: Program, key: str) -> float:
    """Presses a key; returns the seconds until something is drawn."""
    terminal: Terminal = program.terminal
    before = terminal.received
    pressed_at = terminal.press(key)
    drawn_at = terminal.wait_for(b".", since=before)
    terminal.wait_until_silent(_GAP_SECONDS)
    return drawn_at - pressed_at
