"""An error in the program itself ends its screen, and nothing else."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from platformdirs import user_state_path

from cnn_tui.runs.layout import LOG
from tests.faults.connection import Connection
from tests.faults.program import START, Program

FAULTY = """
from cnn_tui.cli import main
from cnn_tui.ui.screens.help import HelpScreen
from cnn_tui.ui.screens.runs import RunsScreen

def fail(self, *_):
    raise ZeroDivisionError("a planted error")

HelpScreen.compose = fail
RunsScreen.on_mount = fail
main()
"""


@pytest.fixture
def program(
    tmp_path: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Program]:
    """The program, whose help and list of runs fail."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with closing(Program(tmp_path, connection, "-c", FAULTY)) as program:
        yield program


def assert_ends_with_a_sentence(
    program: Program, connection: Connection, log: Path
) -> None:
    assert program.wait() == 1
    connection.assert_is_restored()
    *_, screen, words = connection.received.decode().split("\x1b[?1049l")
    assert "planted error" not in words
    assert "Traceback" not in screen + words
    assert f"an error in the program has ended its screen; see {log}" in words
    assert log.read_text().count("ZeroDivisionError: a planted error") == 1


@pytest.mark.parametrize("key", ["?", "r"])
def test_a_run_of_its_own_goes_on_in_the_background(
    program: Program, connection: Connection, key: str
) -> None:
    program.press(START)
    program.see("space")
    run = program.run()
    assert run is not None
    program.press(key)
    assert_ends_with_a_sentence(program, connection, run / LOG)
    assert f"come back with: cnn-tui attach {run}".encode() in connection.received
    program.assert_goes_on_in_the_background()


def test_a_run_that_is_being_started_goes_on_in_the_background(
    program: Program, connection: Connection
) -> None:
    program.press(START + "?")
    assert_ends_with_a_sentence(program, connection, user_log())
    assert f"cnn-tui attach {program.run()}".encode() in connection.received
    program.assert_goes_on_in_the_background()


def test_where_nothing_trains_a_sentence_is_all(
    program: Program, connection: Connection
) -> None:
    program.press("?")
    assert_ends_with_a_sentence(program, connection, user_log())
    assert program.run() is None


def user_log() -> Path:
    return user_state_path("cnn-tui") / "cnn-tui.log"
