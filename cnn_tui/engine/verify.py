"""Proof that a run can be repeated: replays a part and compares it with the rows."""

from dataclasses import dataclass
from pathlib import Path

from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.recorded import last_row_step, read_all
from cnn_tui.engine.rerun import begin, checkpoint_before
from cnn_tui.engine.session import Session
from cnn_tui.errors import InputError
from cnn_tui.runs.config import read_config
from cnn_tui.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a replay found, over the updates after ``first_step`` to ``last_step``."""

    first_step: int
    last_step: int
    difference: str | None
    """The first difference; None if every value is the same, bit for bit."""


def verify_run(
    run: Path, *, from_step: int | None, steps: int, data_dir: Path | None
) -> Verdict:
    """Replays ``steps`` updates and compares losses, accuracies and rates.

    It starts at the newest checkpoint up to ``from_step`` (by default the last step
    less ``steps``), or from the seed. Writes nothing and takes no lock.

    Raises:
        InputError: if there is nothing to compare.
    """
    reader = read_all(run)
    last = last_row_step(reader)
    lineage = read_config(run).lineage
    begun = lineage.step if lineage else 0
    wanted = max(begun, last - steps) if from_step is None else from_step
    checkpoint = checkpoint_before(run, reader.config_text(), wanted)
    first = checkpoint.step if checkpoint else 0
    end = min(last, max(wanted, first) + steps)
    if end <= first:
        raise InputError(
            f"{printable(run.name)} has no rows after step {wanted:,} to compare with"
        )
    do, comparison = begin(run, reader, checkpoint, data_dir)
    session = Session(do, Interrupts())
    while comparison.difference is None and do.step < end:
        session.boundary()
        session.update()
    session.boundary()
    do.report()
    return Verdict(first_step=first, last_step=end, difference=comparison.difference)
