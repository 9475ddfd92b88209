"""Steering runs from the tests, as another process would."""

from pathlib import Path

from cnn_tui.runs import mailbox
from cnn_tui.runs.events import Event
from tests.faults.nursery import PATIENCE_SECONDS, events, wait_until

PAUSED = ("--pause-at=0",)
"""Starts a run that waits before its first update, however slow its tester is."""
EDIT_STEP = 150
"""An evaluation is due there, whether the run is planned to end there or not."""
EDITS = {"lr": 0.03, "momentum": 0.5}


def tell(run: Path, command: str, **arguments: object) -> Event:
    """Sends a command; returns the answer once it is done."""
    command_id = mailbox.send(run, command, **arguments)
    answer = mailbox.await_answer(run, command_id, PATIENCE_SECONDS)
    assert answer is not None, f"no answer to {command}"
    assert answer.outcome == "done", answer
    return answer


def wait_until_paused(run: Path, at: int | None = None) -> int:
    """Waits until a run stands, at a step if one is given; returns the step."""
    wait_until(lambda: (steps := paused_at(run)) and at in (None, steps[-1]))
    return paused_at(run)[-1]


def paused_at(run: Path) -> list[int]:
    """Returns the steps that a run has paused at."""
    return [int(str(event["step"])) for event in events(run, "paused")]


def step_to(run: Path, step: int) -> None:
    """Brings a run that has paused, or is about to, to stand at a later step."""
    if (reached := wait_until_paused(run)) < step:
        tell(run, "step", count=step - reached)
    wait_until_paused(run, at=step)


def edit(run: Path) -> None:
    """Brings a run that pauses to stand at the step of the edits, and makes them."""
    step_to(run, EDIT_STEP)
    for name, value in EDITS.items():
        tell(run, "set", name=name, value=value)
