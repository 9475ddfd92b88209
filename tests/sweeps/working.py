"""A worker that takes no time: a job becomes a copy of a run trained before."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cnn_tui.engine.interrupts import Interrupts
from cnn_tui.engine.start import NewRun, start_run
from cnn_tui.jobs import read_job
from cnn_tui.runs import queued
from cnn_tui.runs.layout import CONFIG, STATUS
from cnn_tui.sweeps.advance import Advancing
from cnn_tui.sweeps.files import ENDED, SweepFolder
from cnn_tui.sweeps.plan import Plan


def train_seeds(plan: Plan, folder: Path) -> list[Path]:
    """Trains the base of a plan, once for each seed."""
    made: list[Path] = []
    for place in range(plan.seeds):
        wanted = NewRun(
            config=plan.trial_config([], None, place),
            name=f"seed-{place}",
            preset="mine",
            runs_folder=folder,
        )
        start_run(wanted, Interrupts(), on_created=made.append)
    return made


def claim_next(folder: Path) -> str | None:
    """Claims the next job as a worker does; returns the id of its run."""
    for file in queued.waiting(folder):
        file.path.rename(folder / queued.QUEUE / queued.CLAIMED / f"{file.run_id}.yaml")
        return file.run_id
    return None


def finish(folder: Path, run: str, trained: Sequence[Path]) -> None:
    """Lets a claimed run be through: as the trained run with its seed was."""
    claim = folder / queued.QUEUE / queued.CLAIMED / f"{run}.yaml"
    config = read_job(claim).config
    shutil.copytree(trained[config["training"]["seed"]], folder / run)
    (folder / run / CONFIG).write_text(json.dumps(config))
    claim.unlink()


def work_all(sweep: SweepFolder, trained: Sequence[Path]) -> None:
    """Works the queue, one job at a time, until the sweep has ended."""
    advancing = Advancing(sweep.runs_folder)
    while not sweep.has(ENDED):
        assert advancing.advance() == []
        if run := claim_next(sweep.runs_folder):
            finish(sweep.runs_folder, run, trained)


def set_state(run: Path, **fields: Any) -> None:
    """Changes the status of a run."""
    status = json.loads((run / STATUS).read_text())
    (run / STATUS).write_text(json.dumps(status | fields))


def last_accuracy(run: Path) -> float:
    """Returns the accuracy of the last evaluation of a run."""
    rows = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    *_, last = (row["test/accuracy"] for row in rows if "test/accuracy" in row)
    return float(last)
