"""A real program on a real pseudo-terminal, counted byte by byte."""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.terminal import SMALL, Terminal

ECHO = r"""
import os, sys, tty
tty.setraw(0)
os.write(1, b"\x1b[2J\x1b[Hready %dx%d" % os.get_terminal_size())
while key := os.read(0, 100):
    os.write(1, b"\x1b[1m[" + key + b"]\x1b[m")
"""
ASKS = r"""
import os, tty
tty.setraw(0)
os.write(1, b"\x1b[?2026$p")
os.write(1, repr(os.read(0, 100)).encode())
"""
Open = Callable[[str], Terminal]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens a program of Python's, which is ended after the test."""
    with ExitStack() as stack:

        def open_terminal(program: str) -> Terminal:
            command = (sys.executable, "-c", program)
            return stack.enter_context(
                Terminal(
                    command, folder=tmp_path, environment=dict(os.environ), size=SMALL
                )
            )

        yield open_terminal


def test_keys_go_in_and_what_is_drawn_comes_out(opened: Open) -> None:
    terminal = opened(ECHO)
    came_at = terminal.wait_for(b"ready 80x24")
    assert terminal.started_at < came_at <= time.monotonic()
    before = terminal.received
    pressed_at = terminal.press("xy")
    echoed_at = terminal.wait_for(re.escape(b"[xy]"), since=before)
    assert pressed_at <= echoed_at
    assert terminal.received - before == len(b"\x1b[1m[xy]\x1b[m")
    assert terminal.latest(b"[x") == b"[xy]"
    assert terminal.screen().startswith("ready 80x24[xy]")


def test_what_came_before_does_not_count(opened: Open) -> None:
    terminal = opened(ECHO)
    terminal.wait_for(b"ready")
    with pytest.raises(TimeoutError, match="no b'ready' in:\nready 80x24"):
        terminal.wait_for(b"ready", since=terminal.received, seconds=0.1)


def test_silence_begins_with_the_last_byte(opened: Open) -> None:
    terminal = opened(ECHO)
    terminal.wait_for(b"ready")
    assert terminal.wait_until_silent(0.2) == terminal.last_arrival
    assert time.monotonic() - terminal.last_arrival >= 0.2


def test_it_answers_as_a_current_terminal_does(opened: Open) -> None:
    terminal = opened(ASKS)
    terminal.wait_for(re.escape(rb"b'\x1b[?2026;2$y'"))
