"""The whole program on a real terminal, used from the keyboard alone."""

import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from cnn_tui.runs.layout import CHECKPOINTS, LOG, State
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.status import read_status
from tests.terminal import Terminal

CNN_TUI = (sys.executable, "-m", "cnn_tui")
BRAILLE = re.compile("[\u2801-\u28ff]")
COLOUR = re.compile(rb"\x1b\[[\d;]*[34][0-8][;m]")

SMALL_PRESET = """\
title: Small
dataset: {name: mnist, train_images: 500}
model: {layers: [flatten, {linear: {out_features: classes}}]}
training: {iterations: 2000, batch_size: 100, evaluate_every: 1000, threads: 1}
"""

NOISY = """
import os, sys, warnings
from cnn_tui.cli import main
from cnn_tui.engine.trainer import Trainer
update = Trainer.update
def noisy_update(trainer):
    if trainer.step == 3:
        print("a print")
        print("50%|#####     |", end="\\r", file=sys.stderr)
        warnings.warn("a warning")
        os.write(1, b"bytes to 1\\n")
        os.write(2, b"bytes to 2\\n")
    return update(trainer)
Trainer.update = noisy_update
main()
"""


def step(text: str) -> int:
    """Returns how many updates the status line shows."""
    found = re.search(r"([\d,]+)/(3,000|900,500)", text)
    return int(found[1].replace(",", "")) if found else -1


def loss(text: str) -> float:
    """Returns the loss that the status line shows."""
    found = re.search(r"loss ([\d.]+)", text)
    return float(found[1]) if found else float("inf")


def the_run(folder: Path) -> Path:
    """Returns the only run in ``folder``."""
    [run] = (folder / "runs").iterdir()
    return run


def test_a_run_from_its_start_to_its_end_and_back(tmp_path: Path) -> None:
    with Terminal(CNN_TUI, folder=tmp_path) as terminal:
        terminal.until("multiply-adds")
        terminal.press("down", "down")
        terminal.until("Model C: max pooling")
        terminal.press("enter")
        first = loss(terminal.until(lambda text: step(text) > 0))
        terminal.until(lambda text: loss(text) < first / 2)
        assert BRAILLE.search(terminal.text)
        terminal.press("space")
        here = step(terminal.until("‖ paused"))
        terminal.press(".")
        terminal.until(lambda text: step(text) == here + 1)
        terminal.press("u")
        terminal.until("Change from the next update on")
        terminal.press(*"0.02", "enter")
        terminal.until("lr 0.05 → 0.02")
        terminal.press("k")
        terminal.until("checkpoint saved as step-")
        terminal.press("space")
        terminal.until(lambda text: "● running" in text and step(text) > here + 1)
        terminal.press("x")
        terminal.until("stop and save")
        terminal.press("x")
        ended = terminal.until("stopped at step")
        terminal.press("r")
        terminal.until("sorted by started")
        terminal.until("■ stopped")
        terminal.press("escape")
        terminal.until("stopped at step")
        terminal.press("n")
        terminal.until("multiply-adds")
        terminal.press("r")
        terminal.until("sorted by started")
        terminal.press("enter")
        reopened = terminal.until("stopped at step")
        terminal.press("q")
        assert terminal.wait() == 0
    assert step(reopened) == step(ended)
    run = the_run(tmp_path)
    status = read_status(run)
    assert status
    assert status.state is State.STOPPED
    assert status.step == step(ended)
    assert status.overrides == {"lr": 0.02}
    assert (run / CHECKPOINTS / f"step-{here + 1:08}.pt").is_file()
    reader = RunReader(run)
    while not reader.complete or not len(reader.train):
        reader.poll()
    steered = ("paused", "resumed", "stepped", "hyperparameter_changed", "stopped")
    happened = [event.name for event in reader.events if event.name in steered]
    assert happened == [
        "paused",
        "resumed",
        "stepped",
        "paused",
        "hyperparameter_changed",
        "resumed",
        "stopped",
    ]
    assert reader.train["lr"][here] == pytest.approx(0.05)
    assert reader.train["lr"][here + 1] == pytest.approx(0.02)


def test_stray_output_goes_to_the_log_and_not_to_the_screen(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "small.yaml").write_text(SMALL_PRESET)
    with Terminal((sys.executable, "-c", NOISY), folder=tmp_path) as terminal:
        terminal.until("multiply-adds")
        terminal.press("end")
        terminal.until("2 Small")
        terminal.press("enter")
        text = terminal.until("finished at step 2,000")
        assert "a print" not in text
        assert "bytes to" not in text
        assert text.splitlines()[0].startswith(" ✓ finished")
        terminal.press("q")
        assert terminal.wait() == 0
    log = (the_run(tmp_path) / LOG).read_text()
    for stray in ("a print", "a warning", "bytes to 1", "bytes to 2", "50%|#"):
        assert stray.encode() not in terminal.received
        assert log.count(stray) == 1, stray


def test_an_idle_screen_sends_nothing(finished_run: Path) -> None:
    command = (*CNN_TUI, "attach", str(finished_run))
    with Terminal(command, folder=finished_run.parent) as terminal:
        terminal.until("finished at step 60")
        terminal.until("? help")
        terminal.until_silent(2)


@pytest.mark.parametrize(
    ("environment", "options"),
    [
        ({"TERM": "linux", "COLORTERM": ""}, ()),
        ({"TERM": "vt100", "COLORTERM": ""}, ()),
        ({}, ("--marker", "ascii")),
    ],
)
def test_terminals_without_braille(
    finished_run: Path, environment: dict[str, str], options: tuple[str, ...]
) -> None:
    command = (*CNN_TUI, "attach", str(finished_run), *options)
    with Terminal(
        command, folder=finished_run.parent, environment=environment
    ) as terminal:
        text = terminal.until("finished at step 60")
        text = terminal.until("? help")
        assert not BRAILLE.search(text)
        assert "test" in text


def test_no_color_means_none(finished_run: Path) -> None:
    command = (*CNN_TUI, "attach", str(finished_run))
    with Terminal(
        command, folder=finished_run.parent, environment={"NO_COLOR": "1"}
    ) as terminal:
        terminal.until("finished at step 60")
        grey = re.compile(rb"[34]8;2;(\d+);(\d+);(\d+)")
        shades = {match.groups() for match in grey.finditer(terminal.received)}
        assert all(red == green == blue for red, green, blue in shades)


def test_a_storm_of_sizes(finished_run: Path) -> None:
    command = (*CNN_TUI, "attach", str(finished_run))
    for _ in range(3):  # while the program starts, it is busiest
        with Terminal(command, folder=finished_run.parent) as terminal:
            terminal.until("finished at step 60")
            for columns, rows in ((20, 5), (200, 60), (80, 24), (2, 2), (101, 31)) * 3:
                terminal.resize(columns, rows)
            terminal.resize(80, 24)
            text = terminal.until("[Loss]")
            terminal.until("? help")
            assert all(len(line) <= 80 for line in text.splitlines())


def test_bursts_of_keys_reach_what_they_are_meant_for(tmp_path: Path) -> None:
    (tmp_path / "presets").mkdir()
    (tmp_path / "presets" / "mine.yaml").write_text(SMALL_PRESET)
    with ExitStack() as stack:
        for _ in range(2):  # the machine has other things to do
            burner = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            stack.callback(burner.wait)
            stack.callback(burner.kill)
        terminal = stack.enter_context(Terminal(CNN_TUI, folder=tmp_path))
        terminal.until("? help")
        terminal.press("/mine\r3900000\t\t64\t50\r\x13")  # ctrl+s starts it
        terminal.until("/900,000")
        terminal.press("m500\r")
        terminal.until("/900,500")
        terminal.press("u\x150.02\t\x150.5\r")  # ctrl+u empties the field
        # Not in the log: evaluations push it out soon.
        terminal.until(lambda text: bool(re.search(r"lr\s+0\.02 ", text)))
        terminal.until(lambda text: bool(re.search(r"momentum\s+0\.5 ", text)))
        terminal.press(" ")
        paused_at = step(terminal.until("‖ paused"))
        terminal.press("b25\r")
        terminal.until(lambda text: step(text) == paused_at + 25)
        terminal.press("xx")
        terminal.until("stopped at step")
        terminal.press("r/nothing\r")
        terminal.until("0 of 1 ·")
        terminal.press("q")
        assert terminal.wait() == 0
    training = RunReader(the_run(tmp_path)).config_text()
    assert "batch_size: 64" in training
    assert "evaluate_every: 50\n" in training
