"""Putting runs into the queue from a form."""

from pathlib import Path
from typing import TYPE_CHECKING

from cnn_tui.errors import InputError
from cnn_tui.text import count
from cnn_tui.ui.widgets.message_line import MessageLine

if TYPE_CHECKING:
    from textual.screen import Screen

    from cnn_tui.config import RunConfig


def add_to_queue(
    screen: "Screen[None]",
    config: "RunConfig",
    preset: str,
    *,
    seeds: int = 1,
    runs_folder: Path,
    data_dir: Path | None,
) -> None:
    """Adds runs, and says on the screen's line where the first is and that it begins.

    They have the seed of the config and the next ones.
    """
    from cnn_tui.config.seeds import seeded
    from cnn_tui.jobs import add_job, ensure_worker, job_of, position_of

    line = screen.query_one(MessageLine)
    line.say("adding it to the queue…")

    def add() -> None:
        try:
            configs = seeded(config, seeds)
            jobs = [job_of(each, preset, preset, data_dir) for each in configs]
            run_id, *others = [add_job(runs_folder, job) for job in jobs]
            place = position_of(runs_folder, run_id)
            ensure_worker(runs_folder)
        except InputError as error:
            screen.app.call_from_thread(line.complain, str(error))
        else:
            where = f"number {place} in the queue" if place else "about to begin"
            behind = f", {count(len(others))} more behind it" if others else ""
            sentence = f"{run_id} is {where}{behind}; r shows it"
            screen.app.call_from_thread(line.say, sentence)

    screen.run_worker(add, thread=True)
