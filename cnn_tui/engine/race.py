"""A race: forks of one state that differ in one value, for some updates each."""

from collections.abc import Callable, Iterator
from pathlib import Path

from cnn_tui.datasets.telling import Tell, nobody
from cnn_tui.engine.fork import Fork, Past, make_fork
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.resume import Changes, resume_run
from cnn_tui.runs import mailbox
from cnn_tui.runs.config import read_config
from cnn_tui.runs.events import Paused, RolledBack, Value
from cnn_tui.runs.race import Over, Times
from cnn_tui.runs.writer import RunWriter


def make_lanes(
    past: Past,
    over: Over,
    steps: int,
    group: str,
    data_dir: Path | None,
    tell: Tell = nobody,
) -> Iterator[Path]:
    """Makes the runs of a race, one for each value; they have a ``group`` in common.

    Where less than ``steps`` is left of what was planned, they are as much longer.

    Raises:
        InputError: if a value cannot hold.
    """
    checkpoint = past.checkpoint
    lacking = checkpoint.step + steps - checkpoint.total_steps
    for wanted in over.values:
        value = _resolved(wanted, past)
        fork = Fork(
            settings=[] if value is None else [(over.key, value)],
            more_iterations=max(0, lacking),
            group=group,
        )
        yield make_fork(past, fork, data_dir, tell)


def run_lane(
    run: Path,
    steps: int,
    interrupts: Interrupts,
    data_dir: Path | None,
    *,
    on_begun: Callable[[Path], None] = lambda run: None,
) -> Outcome:
    """Makes ``steps`` updates, evaluates, and stops the run, which can go on later.

    One that diverges is stopped where its guard pauses it or takes it back.
    """

    def watch(record: object) -> None:
        if isinstance(record, Paused | RolledBack):
            mailbox.send(run, "evaluate")
            mailbox.send(run, "stop")

    lineage = read_config(run).lineage
    until = steps + (lineage.step if lineage else 0)
    return resume_run(
        RunWriter.open(run, listener=watch),
        interrupts,
        changes=Changes(pause_at=until),
        data_dir=data_dir,
        on_resumed=on_begun,
    )


def _resolved(wanted: Value | Times, past: Past) -> Value | None:
    """Returns a value; None where it would change nothing."""
    if isinstance(wanted, Times):
        return None if wanted.factor == 1 else past.lr * wanted.factor
    return wanted
