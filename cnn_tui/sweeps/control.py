"""What people do with a sweep: begin, extend and stop it, take its best."""

import re
from dataclasses import replace
from pathlib import Path

from cnn_tui.config import to_mapping
from cnn_tui.errors import InputError, RunDirectoryError
from cnn_tui.io.files import replace_file
from cnn_tui.io.safe_yaml import dump
from cnn_tui.sweeps.advance import locked
from cnn_tui.sweeps.files import (
    ENDED,
    FILE,
    STOPPED,
    SweepFolder,
    make_sweep,
    read_plan,
    write_plan,
)
from cnn_tui.sweeps.overview import Overview
from cnn_tui.sweeps.plan import Plan
from cnn_tui.sweeps.search import Search
from cnn_tui.sweeps.space import combinations
from cnn_tui.sweeps.study import reading, require_optuna
from cnn_tui.text import count, printable

_MAX_TRIALS = 10**6
_PATIENCE_SECONDS = 20.0


def begin(plan: Plan, name: str, runs_folder: Path) -> SweepFolder:
    """Makes a sweep and queues its first trial, for whoever works the queue.

    Raises:
        InputError: It cannot be written, or Optuna is not installed.
    """
    require_optuna()
    sweep = make_sweep(plan, name, runs_folder)
    with locked(sweep, _PATIENCE_SECONDS), reading(sweep):
        Search(sweep, plan).advance()
    return sweep


def extend(sweep: SweepFolder, trials: str) -> Plan:
    """Lets a sweep try ``+N`` more values, or ``N`` in all, stopped or ended or not.

    Raises:
        InputError: They are fewer than before, or a grid has no more.
    """
    with locked(sweep, _PATIENCE_SECONDS), reading(sweep):
        plan = read_plan(sweep.path / FILE)
        new = replace(plan, trials=_total(sweep, plan, trials))
        write_plan(sweep, new)
        sweep.unmark(STOPPED)
        sweep.unmark(ENDED)
        Search(sweep, new).advance()
    return new


def stop(sweep: SweepFolder) -> None:
    """Lets a sweep try nothing new: what waits is cancelled, what trains goes on.

    Raises:
        InputError: It has ended, or cannot be written.
    """
    if sweep.has(ENDED):
        raise InputError(f"{sweep.name} has ended: there is nothing to stop")
    sweep.mark(STOPPED)
    with locked(sweep, _PATIENCE_SECONDS), reading(sweep):
        search = Search(sweep, read_plan(sweep.path / FILE))
        search.advance()  # cancels
        search.advance()  # and says so


def write_best(found: Overview) -> Path:
    """Writes the config of the best trial as a preset beside the study.

    Raises:
        InputError: No trial is finished, or it cannot be written.
    """
    best = found.best
    if best is None:
        raise InputError(f"no trial of {found.sweep.name} is finished yet")
    config = found.plan.trial_config(list(best.values.items()), None)
    path = found.sweep.path / f"{found.sweep.name}-best.yaml"
    try:
        replace_file(path, dump(to_mapping(config)).encode(), shared=True)
    except OSError as error:
        raise RunDirectoryError(
            f"{printable(path)} cannot be written: {error.strerror}"
        ) from error
    return path


def _total(sweep: SweepFolder, plan: Plan, trials: str) -> int:
    if not re.fullmatch(r"\+?\d{1,7}", trials):
        raise InputError(f"--trials {printable(trials)}: must be N, or +N for N more")
    total = int(trials) + (plan.trials if trials[0] == "+" else 0)
    whole = len(combinations(plan.space)) if plan.sampler == "grid" else _MAX_TRIALS
    if not plan.trials <= total <= whole:
        raise InputError(
            f"{sweep.name} is to try {count(plan.trials)} values now: --trials must be "
            f"from there to {count(whole)}, or +N for N more"
        )
    return total
