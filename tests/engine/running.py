"""Real runs: to their end, or in a thread of their own, to be steered."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import Any

from msgspec import Struct

from cnn_tui.config import RunConfig
from cnn_tui.engine.checkpoint import LAST, Checkpoint, load_checkpoint
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.start import NewRun, start_run
from cnn_tui.runs import mailbox
from cnn_tui.runs.records import encode_line

PATIENCE_SECONDS = 60
STEPS = 100_000
ENDLESS: dict[str, Any] = {
    "iterations": STEPS,
    "evaluate_every": STEPS,
    "optimizer": {"lr": 0.01, "momentum": 0.5},
}
"""The training of a run that goes on until it is told otherwise."""
Row = dict[str, Any]


def request(config: RunConfig, folder: Path) -> NewRun:
    """Returns the request for a run named "test" in ``folder``."""
    return NewRun(config=config, name="test", preset="none", runs_folder=folder)


def run(config: RunConfig, folder: Path) -> tuple[Path, Outcome]:
    """Trains to the end in this thread; returns the run's path and its outcome."""
    created: list[Path] = []
    asked = request(config, folder)
    outcome = start_run(asked, Interrupts(), on_created=created.append)
    return created[0], outcome


def rows(path: Path, kind: str = "train/loss") -> list[Row]:
    """Returns the rows of ``metrics.jsonl`` that have the column ``kind``."""
    return [row for row in _lines(path / "metrics.jsonl") if kind in row]


def events(path: Path, *names: str) -> list[Row]:
    """Returns the events of these names, or all."""
    found = _lines(path / "events.jsonl")
    return [event for event in found if not names or event["event"] in names]


def status(path: Path) -> Row:
    """Returns ``status.json``."""
    found: Row = json.loads((path / "status.json").read_text())
    return found


def without_clock(row: Row) -> Row:
    """Returns a row without the columns that depend on the clock."""
    return {k: v for k, v in row.items() if k not in ("time", "images_per_second")}


def _as_written(record: Struct) -> Row:
    """Returns a row or an event by its keys in the file."""
    row: Row = json.loads(encode_line(record))
    return row


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]


class Training:
    """A run that trains in another thread."""

    def __init__(
        self,
        path: Path,
        control: Interrupts,
        lines: Queue[Row],
        outcome: Future[Outcome],
    ) -> None:
        self.path = path
        self.control = control
        self._lines = lines
        self._outcome = outcome

    def tell(self, command: str, **arguments: object) -> Row:
        """Sends a command through the mailbox and returns the answering event."""
        return self.answer_to(mailbox.send(self.path, command, **arguments))

    def answer_to(self, command_id: str) -> Row:
        """Returns the event that answers a command."""
        event = mailbox.await_answer(self.path, command_id, PATIENCE_SECONDS)
        assert event is not None
        return _as_written(event)

    def wait_for(self, event: str) -> Row:
        """Returns the next event of that name that was not waited for before."""
        while (row := self._next_line()).get("event") != event:
            pass
        return row

    def wait_for_steps(self) -> int:
        """Waits for the pause after a step or an epoch; returns where it stands."""
        step: int = self.wait_for("stepped")["step"]
        assert self.wait_for("paused")["step"] == step
        return step

    def wait_for_row(self) -> Row:
        """Returns the next train row."""
        while "train/loss" not in (row := self._next_line()):
            pass
        return row

    def outcome(self) -> Outcome:
        """Waits for the end."""
        return self._outcome.result(PATIENCE_SECONDS)

    def _next_line(self) -> Row:
        return self._lines.get(timeout=PATIENCE_SECONDS)


@contextmanager
def training(config: RunConfig, folder: Path) -> Iterator[Training]:
    """Starts a run; it is interrupted at the end unless it has ended by itself."""
    control, lines, created = Interrupts(), Queue[Row](), Queue[Path]()

    def train() -> Outcome:
        return start_run(
            request(config, folder),
            control,
            listener=lambda record: lines.put(_as_written(record)),
            on_created=created.put,
        )

    with ThreadPoolExecutor(1) as pool:
        outcome = pool.submit(train)
        try:
            path = created.get(timeout=PATIENCE_SECONDS)
            yield Training(path, control, lines, outcome)
        finally:
            control.interrupt("the test is over")


def last_checkpoint(trained: Training) -> Checkpoint:
    """Returns ``last.pt``."""
    return load_checkpoint(trained.path / "checkpoints" / LAST)
