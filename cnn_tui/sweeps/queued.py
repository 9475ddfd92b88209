"""The runs of a sweep, from the queue to their end."""

import re
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from cnn_tui.errors import RunDirectoryError
from cnn_tui.jobs import Job, add_job, cancel_job, read_refused
from cnn_tui.runs import queued
from cnn_tui.runs.layout import ENDED, LIVE, State, is_run, run_names
from cnn_tui.runs.liveness import is_lost
from cnn_tui.runs.reader import RunReader
from cnn_tui.runs.records import Status

_HEARING = frozenset({State.RUNNING, State.PAUSED})
"""A run that starts rejects what was sent before."""


class Stage(StrEnum):
    """How far a run of a trial is."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class Following:
    """One run: where it stands at the last look, and its rows so far.

    Attributes:
        stage: How far it is.
        reason: Why it failed.
        hears: Whether there is somebody who obeys its mailbox, not yet stopping.
    """

    def __init__(self, runs_folder: Path, run: str) -> None:
        """Has not looked yet."""
        self.run, self.path = run, runs_folder / run
        self.stage, self.reason, self.hears = Stage.WAITING, "", False
        self._folder = runs_folder
        self._reader = RunReader(self.path)

    def look(self, waiting: Collection[str]) -> None:
        """Looks where it stands; ``waiting`` was read before this.

        A job only ever moves from the queue to a claim, and from there to its end, so
        looking in this order it is found.
        """
        self.hears = False
        if self.run in waiting:
            self.stage = Stage.WAITING
            return
        has_worker = self.run in _ids(queued.claimed(self._folder))
        status, problem = self._status()
        self.stage = _stage(status, has_worker)
        if self.stage is Stage.RUNNING and status is not None:
            self.hears = status.state in _HEARING and not is_lost(status)
        elif self.stage is Stage.FAILED:
            self._explain(status, problem)
            if self.run in waiting_runs(self._folder):  # it was moved at that moment
                self.stage = Stage.WAITING

    def values(self, metric: str) -> Mapping[int, float]:
        """Returns the finite values of a metric by step, as far as there are rows."""
        while self._reader.poll() or not self._reader.complete:
            pass
        tests = self._reader.tests
        column = tests[metric.removeprefix("test/").replace("/", "_")]
        known = np.isfinite(column)
        steps, values = tests["step"][known], column[known]
        return dict(zip(map(int, steps), map(float, values), strict=True))

    def _status(self) -> tuple[Status | None, str]:
        try:
            return self._reader.status(), ""
        except RunDirectoryError as error:
            return None, str(error)

    def _explain(self, status: Status | None, problem: str) -> None:
        if status is not None:
            self.reason = status.reason or f"its run was {status.state}"
        elif is_run(self.path):
            self.reason = problem or "its run has no status"
        else:
            refused = {it.run_id: it.problem for it in read_refused(self._folder)}
            taken_out = "its run was removed, or taken out of the queue"
            self.reason = refused.get(self.run) or taken_out


def _stage(status: Status | None, has_worker: bool) -> Stage:
    """Returns how far a run is that does not wait: without a worker it stays so."""
    if status is not None and status.state is State.FINISHED:
        return Stage.FINISHED
    if status is not None and status.state is State.STOPPED:
        return Stage.STOPPED
    is_live = status is not None and status.state in LIVE and not is_lost(status)
    is_unknown = status is not None and status.state not in LIVE | ENDED
    return Stage.RUNNING if has_worker or is_live or is_unknown else Stage.FAILED


def waiting_runs(runs_folder: Path) -> frozenset[str]:
    """Returns the ids of the runs that wait in the queue."""
    return _ids(queued.waiting(runs_folder))


def add_run(
    runs_folder: Path,
    *,
    preset: str,
    name: str,
    config: Mapping[str, Any],
    data_dir: str | None,
) -> str:
    """Puts a run at the end of the queue; returns its id."""
    job = Job(preset=preset, name=name, config=dict(config), data_dir=data_dir)
    return add_job(runs_folder, job)


def cancel_run(runs_folder: Path, run: str) -> None:
    """Takes a run out of the queue, unless a worker has taken it meanwhile."""
    try:
        cancel_job(runs_folder, run)
    except RunDirectoryError:
        return


def find_named(runs_folder: Path, name: str) -> str | None:
    """Returns the id of the run with this name, in the queue or in its directory."""
    wanted = re.compile(rf"\d{{8}}-\d{{6}}-{re.escape(name)}(-\d+)?")
    ids = [*queued.queued_ids(runs_folder), *run_names(runs_folder)]
    return next((run for run in ids if wanted.fullmatch(run)), None)


def _ids(files: Iterable[queued.QueueFile]) -> frozenset[str]:
    return frozenset(file.run_id for file in files)
