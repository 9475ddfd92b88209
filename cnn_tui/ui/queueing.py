"""Putting a run into the queue from a form."""

from pathlib import Path
from typing import TYPE_CHECKING

from cnn_tui.errors import InputError
from cnn_tui.ui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from textual.screen import Screen

    from cnn_tui.config import RunConfig


def add_to_queue(
    screen: "Screen[None]",
    config: "RunConfig",
    preset: str,
    *,
    runs_folder: Path,
    data_dir: Path | None,
) -> None:
    """Adds a run, and says on the screen's line where it is and that it will begin."""
    from cnn_tui.jobs import add_job, ensure_worker, job_of, position_of

    line = screen.query_one(MessageLine)
    line.say("adding it to the queue…")

    def add() -> None:
        try:
            job = job_of(config, preset, preset, data_dir)
            run_id = add_job(runs_folder, job)
            place = position_of(runs_folder, run_id)
            ensure_worker(runs_folder)
        except InputError as error:
            screen.app.call_from_thread(line.complain, str(error))
        else:
            where = f"number {place} in the queue" if place else "about to begin"
            sentence = f"{run_id} is {where}; r shows it"
            screen.app.call_from_thread(line.say, sentence)

    screen.run_worker(add, thread=True)
