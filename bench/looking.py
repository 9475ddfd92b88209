"""Looking inside a network: how long a picture takes, and what the training pays."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.contestants import headless, looked_at
from bench.effort import Effort
from bench.measured import Results, median, ratios
from bench.program import CHART, DOWN, ENTER, PIXEL, UP, watch
from bench.race import race, speeds
from bench.terminal import Terminal
from bench.workplace import ENDLESS, PROGRAM, Workplace, wait_for_run

_CALM_SECONDS = 0.7
_MOVES = 6
_FROM_LAST_TO_CONV = 3
"""From where these end, up to the second convolution of model A."""
_SETTINGS = ("iterations=200", "evaluate_every=100")


def measure(workplace: Workplace, effort: Effort) -> Iterator[Results]:
    """Looks into a run that has ended, then into one that trains."""
    folder = workplace.folder("looked-at")
    preset = workplace.preset(folder, "model-a", *_SETTINGS)
    workplace.read(*PROGRAM, "train", str(preset), folder=folder)
    run = wait_for_run(folder)
    looks = [_look(workplace, folder, run) for _ in range(effort.repeats)]
    yield {
        name: median(value for look in looks for value in look[name])
        for name in looks[0]
    }
    yield _while_training(workplace, effort)


def _look(workplace: Workplace, folder: Path, run: Path) -> dict[str, list[float]]:
    """Opens a run, looks inside, and moves between layers and pictures."""
    with watch(workplace, folder, run) as terminal:
        terminal.wait_for(CHART)
        terminal.wait_until_silent(_CALM_SECONDS)
        before = terminal.received
        pressed_at = terminal.press("v")
        first = terminal.wait_for(PIXEL, since=before) - pressed_at
        terminal.wait_until_silent(_CALM_SECONDS)
        layer = [1000 * _moved(terminal, DOWN) for _ in range(_MOVES)]
        picture = [1000 * _moved(terminal, ".") for _ in range(_MOVES)]
        redraw = terminal.largest_frame(before) / 1000
        for _ in range(_FROM_LAST_TO_CONV):
            _moved(terminal, UP)
        _moved(terminal, ENTER)
        return {
            "first": [first],
            "layer": layer,
            "picture": picture,
            "redraw": [redraw],
            "explorer": [_redrawn(terminal, ENTER)],
            "what if": [_redrawn(terminal, "w")],
        }


def _redrawn(terminal: Terminal, key: str) -> float:
    """Returns the kilobytes of the largest frame that a key brings."""
    before = terminal.received
    _moved(terminal, key)
    return terminal.largest_frame(before) / 1000


def _moved(terminal: Terminal, key: str) -> float:
    """Returns the seconds from a key to the last byte of what it brings."""
    pressed_at = terminal.press(key)
    terminal.wait_for(b"\x1b", since=terminal.received)
    return terminal.wait_until_silent(_CALM_SECONDS) - pressed_at


def _while_training(workplace: Workplace, effort: Effort) -> Results:
    with ExitStack() as stack:
        contestants = []
        for way in (headless, looked_at):
            contestant = stack.enter_context(way(workplace, "model-a", *ENDLESS))
            contestant.freeze()
            contestants.append(contestant)
        turns = race(contestants, effort)
    return {"training": ratios(speeds(turns["looked at"]), speeds(turns["headless"]))}
