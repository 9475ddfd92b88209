"""Handing a run over to a scheduler."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cnn_tui.errors import InputError
from cnn_tui.io.files import ensure_directory
from cnn_tui.runs.queued import CLUSTER
from cnn_tui.text import printable

Executor = Literal["slurm", "local"]

_MOST_REQUEUES = 1000
"""A run that needs more warnings than this has something wrong."""
_MINUTES = {"": 1, "m": 1, "h": 60, "d": 24 * 60}
_OPTION = re.compile(r"(?P<key>[a-z][a-z-]*)=(?P<value>[^\n\r]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What is asked of a scheduler."""

    executor: Executor
    minutes: int
    gpus: int = 0
    """On each node; there is a process for each."""
    nodes: int = 1
    slurm: Mapping[str, str] | None = None
    """Further options of sbatch, without their hyphens."""

    @property
    def local_processes(self) -> int:
        """How many there are on each node."""
        return max(1, self.gpus)

    @property
    def processes(self) -> int:
        """How many train the run together."""
        return self.nodes * self.local_processes


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """A run that a scheduler has."""

    run: Path
    job_id: str
    log: Path


def require_submitit() -> None:
    """Raises InputError where submitit is not installed."""
    if importlib.util.find_spec("submitit") is None:
        raise InputError(
            "jobs are submitted by submitit, which is not installed here: "
            "pip install 'cnn-tui[cluster]'"
        )


def minutes_of(text: str) -> int:
    """Returns the minutes that a text such as 90, 90m, 2h or 1d means.

    Raises:
        InputError: if it means none.
    """
    match = re.fullmatch(r"(?P<number>[1-9][0-9]{0,5})(?P<unit>[mhd]?)", text)
    if match is None:
        raise InputError(
            f"--time {printable(text)} is no time: write minutes, or 90m, 2h, 1d"
        )
    return int(match["number"]) * _MINUTES[match["unit"]]


def slurm_options(texts: tuple[str, ...]) -> dict[str, str]:
    """Returns options of sbatch, given as KEY=VALUE.

    Raises:
        InputError: if one is not written so.
    """
    matches = [(text, _OPTION.fullmatch(text)) for text in texts]
    for text, match in matches:
        if match is None:
            raise InputError(
                f"--slurm {printable(text)} is not KEY=VALUE, with an option of sbatch "
                "without its hyphens: --slurm reservation=mine"
            )
    return {match["key"]: match["value"] for _, match in matches if match}


def submit(
    run: Path, job_file: Path | None, data_dir: Path, wanted: Resources
) -> Submitted:
    """Submits a run, which is made from ``job_file`` where that is given.

    Raises:
        InputError: if the scheduler is not there, or refuses the job.
    """
    if wanted.executor == "slurm" and shutil.which("srun") is None:
        raise InputError(
            "there is no srun on this machine: submit from a node of the cluster, or "
            "try it here, with --executor local"
        )
    from submitit import AutoExecutor

    from cnn_tui.cluster.job import ClusterJob

    folder = run.parent / CLUSTER
    ensure_directory(folder)
    job = ClusterJob(run=run, job_file=job_file, data_dir=data_dir)
    is_local = wanted.executor == "local"
    try:
        executor = AutoExecutor(
            folder / run.name,
            cluster=wanted.executor,
            **{f"{wanted.executor}_max_num_timeout": _MOST_REQUEUES},
        )
        executor.update_parameters(
            name=run.name,
            timeout_min=wanted.minutes,
            nodes=wanted.nodes,
            gpus_per_node=wanted.gpus,
            tasks_per_node=wanted.local_processes,
            stderr_to_stdout=True,
            slurm_srun_args=["--kill-on-bad-exit=1"],  # or the others wait for it
            slurm_additional_parameters={"requeue": True, **(wanted.slurm or {})},
        )
        with _quiet() if is_local else nullcontext():
            submitted = executor.submit(job)
    except (RuntimeError, ValueError, OSError, subprocess.SubprocessError) as error:
        raise InputError(
            f"{wanted.executor} does not take the job: {_last_line(error)}"
        ) from error
    return Submitted(run=run, job_id=submitted.job_id, log=submitted.paths.stdout)


@contextmanager
def _quiet() -> Iterator[None]:
    """Gives the processes that begin meanwhile no output of this one to hold open."""
    kept = [os.dup(number) for number in (1, 2)]
    nothing = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        yield
    finally:
        for number, before in zip((1, 2), kept, strict=True):
            os.dup2(before, number)
            os.close(before)
        os.close(nothing)


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return printable(lines[-1].strip() if lines else type(error).__name__)
