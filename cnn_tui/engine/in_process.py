"""Training in this process until the run ends or another process has it."""

from collections.abc import Callable
from pathlib import Path

from cnn_tui.engine.device import release_memory
from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.outcome import Outcome
from cnn_tui.engine.resume import take_over
from cnn_tui.handover import hand_over
from cnn_tui.runs.writer import Listener, RunWriter

OnRun = Callable[[Path], None]
Training = Callable[[OnRun], Outcome]
"""Trains a run, and calls its argument once the run has a directory."""


def train_in_process(
    training: Training,
    interrupts: Interrupts,
    *,
    data_dir: Path | None,
    on_run: OnRun,
    listener: Listener | None = None,
    can_hand_over: bool = True,
) -> Outcome:
    """Trains; hands the run over when asked; goes on here if nobody takes it.

    ``on_run`` is called before the training begins here, and again if it has to go on
    here. The outcome is ``handed_over`` if another process goes on.
    """
    runs: list[Path] = []

    def begun(run: Path) -> None:
        runs.append(run)
        on_run(run)

    interrupts.can_hand_over = can_hand_over
    outcome = training(begun)
    release_memory()  # another process needs it now, or the next run here
    while outcome.handed_over and not hand_over(runs[0], data_dir):
        interrupts.handing_over = False
        on_run(runs[0])
        writer = RunWriter.open(runs[0], listener=listener)
        outcome = take_over(writer, interrupts, data_dir)
        release_memory()
    return outcome
