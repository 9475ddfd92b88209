"""What happens to the program in the seconds in which a run is being started."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cnn_tui.engine.checkpoint import LAST
from cnn_tui.runs.layout import CHECKPOINTS, State
from tests.faults.connection import Connection
from tests.faults.nets import write_preset
from tests.faults.nursery import processes_on, status
from tests.faults.program import START, Program

LAST_PRESET = "\x1b[F"
"""Selects the last preset."""
SOON = pytest.mark.parametrize(
    "seconds",
    [
        0.0,
        pytest.param(0.1, marks=pytest.mark.torture),
        0.3,
        pytest.param(0.5, marks=pytest.mark.torture),
    ],
)
"""After Enter; to import torch takes longer than all of them."""


@pytest.fixture
def program(tmp_path: Path, connection: Connection) -> Iterator[Program]:
    """The program, ready to start a run of a thousand batches and more."""
    with closing(Program(tmp_path, connection)) as program:
        yield program


@SOON
def test_sigterm_ends_it_with_no_run_or_one_that_can_go_on(
    program: Program, connection: Connection, seconds: float
) -> None:
    program.press(START)
    program.signal(signal.SIGTERM, after_seconds=seconds)
    assert program.wait() == 128 + signal.SIGTERM
    connection.assert_is_restored()
    assert not processes_on(program.runs)
    if (run := program.run()) is not None:
        assert (status(run).state, status(run).reason) == (State.INTERRUPTED, "SIGTERM")
        assert (run / CHECKPOINTS / LAST).is_file()


@SOON
@pytest.mark.parametrize("keys", ["qd", "d"])
def test_a_person_who_detaches_leaves_a_run_and_is_told_how_to_come_back(
    program: Program, connection: Connection, keys: str, seconds: float
) -> None:
    program.press(START)
    program.press(keys, after_seconds=seconds)
    assert program.wait() == 0
    connection.assert_is_restored()
    assert f"cnn-tui attach {program.run()}".encode() in connection.received
    program.assert_goes_on_in_the_background()


@SOON
def test_a_lost_terminal_leaves_the_run_that_was_asked_for(
    program: Program, seconds: float
) -> None:
    program.press(START)
    program.see("starting model-a")
    program.hang_up(after_seconds=seconds)
    assert program.wait() == 0
    program.assert_goes_on_in_the_background()


def test_a_terminal_lost_in_the_instant_of_a_key_leaves_a_run_or_none(
    program: Program,
) -> None:
    program.press(START)
    program.hang_up()
    assert program.wait() == 0
    if program.run() is not None:
        program.assert_goes_on_in_the_background()


def test_who_quits_in_the_instant_of_a_start_is_asked(program: Program) -> None:
    program.press(START + "\x03")
    program.see("it goes on in the background")
    program.press("d")
    assert program.wait() == 0
    program.assert_goes_on_in_the_background()


def test_who_leaves_a_start_that_fails_is_told_why(
    tmp_path: Path, connection: Connection
) -> None:
    (tmp_path / "presets").mkdir()
    write_preset(tmp_path / "presets" / "nowhere.yaml", device="cuda:99")
    with closing(Program(tmp_path, connection)) as program:
        program.see("nowhere")
        program.press(LAST_PRESET + START + "d")
        program.see("Detaching")
        program.see("there is no device cuda:99")
        program.press("q")
        assert program.wait() == 0
        assert program.run() is None


def test_a_run_can_be_left_from_any_screen(
    program: Program, connection: Connection
) -> None:
    program.press(START)
    program.see("space")
    program.press("r")
    program.see("when  ")
    program.press("d")
    assert program.wait() == 0
    assert f"cnn-tui attach {program.run()}".encode() in connection.received
    program.assert_goes_on_in_the_background()
