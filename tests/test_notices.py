"""A person who does not look hears that a run has ended or paused by itself."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnn_tui.notices import terminal_bytes
from cnn_tui.preferences import NoticePreferences
from tests.cli.commands import SMALL, preset
from tests.terminal import Terminal

PROGRAM = [sys.executable, "-m", "cnn_tui"]
_TOLD = """
import json, os, sys
known = {k: v for k, v in os.environ.items() if k.startswith("CNN_TUI_")}
with open(sys.argv[1], "a") as file:
    file.write(json.dumps({"words": sys.argv[2:], **known}) + "\\n")
"""


@pytest.fixture
def place(tmp_path: Path) -> dict[str, str]:
    """An environment whose preferences write what they are told into ./told."""
    (tmp_path / "tell.py").write_text(_TOLD)
    config = tmp_path / "config" / "cnn-tui"
    config.mkdir(parents=True)
    words = [sys.executable, "tell.py", "told", "$CNN_TUI_NAME", "a; b"]
    notices = {"on_end": words, "desktop": "osc9"}
    text = json.dumps({"notices": notices, "keys": {"quit": "x"}})
    (config / "config.yaml").write_text(text)
    preset(tmp_path, SMALL, "small")
    inherited = {k: v for k, v in os.environ.items() if k != "TMUX"}
    root = str(Path(__file__).parent.parent)
    return {
        **inherited,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": root,
    }


def train(place: dict[str, str], folder: Path, *settings: str) -> int:
    """Trains the small preset in a process of its own; returns the exit code."""
    options = [word for setting in settings for word in ("--set", setting)]
    command = [*PROGRAM, "train", "small.yaml", *options]
    return subprocess.run(
        command, env=place, cwd=folder, capture_output=True, check=False
    ).returncode


def told(folder: Path) -> list[dict[str, Any]]:
    """Returns what the command was told, once it has written."""
    path = folder / "told"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_command_hears_of_the_end_and_no_shell_sees_its_words(
    place: dict[str, str], tmp_path: Path
) -> None:
    text = SMALL.replace("iterations: 20", "iterations: 20, optimizer: {lr: 0.1}")
    preset(tmp_path, text, "small")
    with Terminal(
        [*PROGRAM, "train", "small.yaml", "--name", "$(touch evil)"],
        folder=tmp_path,
        environment=place,
    ) as terminal:
        assert terminal.wait() == 0
        terminal.until(lambda _: (tmp_path / "told").exists())
        terminal.until(lambda _: told(tmp_path))
        received = bytes(terminal.received)
    [words] = told(tmp_path)
    assert words["words"] == [words["CNN_TUI_NAME"], "a; b"]
    assert words["CNN_TUI_STATE"] == "finished"
    assert words["CNN_TUI_STEP"] == "20"
    assert Path(words["CNN_TUI_RUN"]).is_dir()
    assert not (tmp_path / "evil").exists()
    assert b"\x1b]9;" in received
    assert received.endswith(b"\x07")


def test_a_command_hears_of_a_pause_that_nobody_asked_for(
    place: dict[str, str], tmp_path: Path
) -> None:
    bad = ["train", "small.yaml", "--set", "lr=3e38", "--set", "on_non_finite=pause"]
    with Terminal([*PROGRAM, *bad], folder=tmp_path, environment=place) as terminal:
        terminal.until(lambda _: (tmp_path / "told").exists())
        terminal.until(lambda _: told(tmp_path))
        [words] = told(tmp_path)
        assert words["CNN_TUI_STATE"] == "paused"
        assert "finite" in words["CNN_TUI_REASON"]


def test_a_command_that_is_not_there_is_a_line_in_the_log(
    place: dict[str, str], tmp_path: Path
) -> None:
    config = tmp_path / "config" / "cnn-tui" / "config.yaml"
    config.write_text("notices: {on_end: no-such-command}\n")
    assert train(place, tmp_path) == 0
    [run] = (tmp_path / "runs").iterdir()
    assert "no-such-command" in (run / "train.log").read_text()


def test_the_dashboard_rings_and_has_the_keys_that_are_preferred(
    place: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "presets").mkdir()
    long = SMALL.replace("iterations: 20, batch_size: 50", "iterations: 3000")
    preset(tmp_path / "presets", long, "mine")
    with Terminal(PROGRAM, folder=tmp_path, environment=place) as terminal:
        terminal.until("x quit")
        terminal.press("/", "mine", "enter")
        terminal.until("Small")
        terminal.press("enter")
        terminal.until("finished")
        terminal.until(lambda _: b"\x1b]9;" in terminal.received)
        terminal.press("x")
        assert terminal.wait() == 0


def test_what_a_terminal_gets_has_no_sequence_of_others() -> None:
    text = "evil\x1b]0;title\x07; name"
    sent = terminal_bytes(NoticePreferences(desktop="osc777"), text, {})
    assert sent.count("\x1b") == 1
    assert sent.count("\x07") == 2
    assert sent.count(";") == 3
    quiet = NoticePreferences(bell=False)
    assert terminal_bytes(quiet, text, {}) == ""
    passed = terminal_bytes(NoticePreferences(desktop="osc9"), "done", {"TMUX": "1"})
    assert passed.startswith("\x1bPtmux;\x1b\x1b]9;done")
