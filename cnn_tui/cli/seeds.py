"""``cnn-tui train --seeds N``: one config with several seeds."""

from dataclasses import replace
from pathlib import Path

from cnn_tui.cli.headless import train_headless
from cnn_tui.cli.options import echo
from cnn_tui.cli.printing import json_line
from cnn_tui.config.seeds import seeded
from cnn_tui.engine.start import NewRun
from cnn_tui.errors import InputError
from cnn_tui.jobs import add_job, ensure_worker, job_of
from cnn_tui.runs.comparison import read_facts
from cnn_tui.runs.seeds import MEASURE, groups_of


def train_seeds(wanted: NewRun, seeds: int, *, as_json: bool) -> int:
    """Trains one after another, and says what came of them; returns the exit code.

    A signal ends all of it; where a run fails, the others are trained nevertheless.

    Raises:
        InputError: if they cannot start.
    """
    made: list[Path] = []
    worst = 0
    for config in seeded(wanted.config, seeds):
        run = replace(wanted, config=config, run_id=None)
        code = train_headless(run, as_json=as_json, on_made=made.append)
        worst = max(worst, code)
        if code > 1:
            return code
    [group] = groups_of([read_facts(made[-1])])
    told = json_line({"seeds": group.accuracies})
    echo(told if as_json else f"{MEASURE}: {group.in_words}")
    return worst


def queue_seeds(wanted: NewRun, seeds: int, *, as_json: bool, devices: int = 1) -> int:
    """Puts the runs into the queue, and sees to it that a worker is there.

    Each of them needs so many ``devices`` at once.

    Raises:
        InputError: if there cannot be such runs.
        RunDirectoryError: if the queue cannot be written, or no worker begins.
    """
    if wanted.pause_at is not None:
        raise InputError("--pause-at: the queue pauses no run; leave out --background")
    ids = [
        add_job(
            wanted.runs_folder,
            job_of(config, wanted.preset, wanted.name, wanted.data_dir, devices),
        )
        for config in seeded(wanted.config, seeds)
    ]
    ensure_worker(wanted.runs_folder)
    queued = "\n".join(f"queued {run_id}" for run_id in ids)
    echo(json_line({"queued": ids}) if as_json else queued)
    return 0
