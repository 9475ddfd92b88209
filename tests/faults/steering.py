"""Steering runs from the tests, as another process would."""

from pathlib import Path

from cnn_tui.runs import mailbox
from cnn_tui.runs.events import Event
from tests.faults.nursery import PATIENCE_SECONDS, events, wait_until

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


def pause_at(run: Path, step: int) -> None:
    """Brings a run to stand at ``step``, which it has not reached."""
    reached = tell(run, "pause").step
    assert reached < step, "the test was too slow"
    tell(run, "step", count=step - reached)
    wait_until(lambda: events(run, "paused")[-1]["step"] == step)


def edit(run: Path) -> None:
    """Brings a run to stand at the step of the edits, and makes them."""
    pause_at(run, EDIT_STEP)
    for name, value in EDITS.items():
        tell(run, "set", name=name, value=value)
