"""One training of a job: a process of its own, and what its end means."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import IO

from cnn_tui.host.process import IN_BACKGROUND, environment_elsewhere
from cnn_tui.jobs.claim import (
    Claim,
    begun_at,
    count_beginning,
    finish,
    refuse,
    release,
)
from cnn_tui.jobs.devices import Device, environment_on
from cnn_tui.jobs.standing import (
    Standing,
    checkpoint_step,
    is_paused,
    standing,
    trained_on,
)
from cnn_tui.runs.failing import say_failed
from cnn_tui.text import printable

MOST_DEATHS = 3
_BAD_INPUT = 2
_KILLED = -9
_MOST_SAID_BYTES = 2**16


class Verdict(Enum):
    """What follows from the end of a training."""

    AGAIN = auto()
    DONE = auto()
    LEFT = auto()
    """Somebody else trains the run."""
    REFUSED = auto()
    FAILED = auto()


@dataclass(kw_only=True)
class Training:
    """A job at work on devices, whose locks ``locks`` hold."""

    runs_folder: Path
    claim: Claim
    devices: Sequence[Device]
    locks: Sequence[int]
    process: subprocess.Popen[bytes]
    said: IO[bytes]

    @property
    def run(self) -> Path:
        """The run directory, which may still be absent."""
        return self.runs_folder / self.claim.run_id


def begin(
    runs_folder: Path, claim: Claim, devices: Sequence[Device], locks: Sequence[int]
) -> Training:
    """Starts the training of a job, or goes on with it.

    It outlives this process, and holds the claim and the devices as long as it lives.

    Raises:
        OSError: if no process can be started.
    """
    run = runs_folder / claim.run_id
    count_beginning(claim, checkpoint_step(run))
    said = tempfile.TemporaryFile()  # noqa: SIM115 - until it has ended
    process = subprocess.Popen(
        [sys.executable, "-m", "cnn_tui", *_command(run, claim, devices)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
        cwd="/",
        env=environment_elsewhere() | environment_on(devices[0]) | {IN_BACKGROUND: "1"},
        start_new_session=True,
        pass_fds=[claim.descriptor, *locks],
    )
    return Training(
        runs_folder=runs_folder,
        claim=claim,
        devices=devices,
        locks=locks,
        process=process,
        said=said,
    )


def judge(found: Standing, code: int, deaths: int) -> Verdict:
    """Returns what follows when a training has ended with a code.

    ``deaths`` counts this one in, if the run has got no further.
    """
    if found is Standing.ENDED:
        return Verdict.DONE
    if found is Standing.TRAINED:
        return Verdict.LEFT
    if found is Standing.ABSENT and code == _BAD_INPUT:
        return Verdict.REFUSED
    if deaths >= MOST_DEATHS:
        return Verdict.REFUSED if found is Standing.ABSENT else Verdict.FAILED
    return Verdict.AGAIN


def settle(training: Training) -> tuple[Verdict, str]:
    """Does what follows from the end of a training; returns that, and a sentence.

    Raises:
        OSError, RunDirectoryError: if it cannot be written down.
    """
    claim, run, code = training.claim, training.run, training.process.wait()
    deaths = _deaths(claim, run)
    verdict, said = judge(standing(run), code, deaths), _sentence(training, code)
    training.said.close()
    _conclude(claim, run, verdict, said)
    return verdict, said


def set_aside(runs_folder: Path, claim: Claim) -> Verdict | None:
    """Ends a claim of which training after training died, with its worker, too.

    Returns None, and does nothing, where it is worth another one.

    Raises:
        OSError, RunDirectoryError: if it cannot be written down.
    """
    run = runs_folder / claim.run_id
    if _deaths(claim, run) < MOST_DEATHS:
        return None
    verdict = judge(standing(run), _KILLED, MOST_DEATHS)
    _conclude(claim, run, verdict, "its process ended with its worker")
    return verdict


def _deaths(claim: Claim, run: Path) -> int:
    """Returns how often a training has ended without getting further, if it was to."""
    return 0 if is_paused(run) else begun_at(claim, checkpoint_step(run))


def _conclude(claim: Claim, run: Path, verdict: Verdict, said: str) -> None:
    """Does what follows, unless that is another training."""
    if verdict is Verdict.DONE:
        finish(claim)
    elif verdict is Verdict.LEFT:
        release(claim)
    elif verdict is Verdict.REFUSED:
        refuse(claim, said)
    elif verdict is Verdict.FAILED:
        say_failed(run, f"{said} ({MOST_DEATHS} times, without getting any further)")
        finish(claim)


def again(training: Training) -> Training:
    """Goes on with a run whose process has ended too early. Raises OSError."""
    return begin(training.runs_folder, training.claim, training.devices, training.locks)


def _command(run: Path, claim: Claim, devices: Sequence[Device]) -> list[str]:
    job, first = claim.job, devices[0]
    where = ["--runs-dir", str(run.parent)]
    where += ["--data-dir", job.data_dir] if job.data_dir else []
    is_new = standing(run) is Standing.ABSENT
    begin, go_on = ["train", "--job", str(claim.path)], ["resume", str(run)]
    if job.devices > 1:
        where += ["--devices", _several(devices, job.devices)]
        go_on += ["--keep-session"]
    elif is_new or trained_on(run) != first.torch_name:
        where += ["--device", first.torch_name]
    return [*(begin if is_new else go_on), *where]


def _several(devices: Sequence[Device], processes: int) -> str:
    """Returns devices as ``train --devices`` takes them."""
    if devices[0].kind == "cpu":
        return f"cpu:{processes}"
    return ",".join(device.torch_name for device in devices)


def _sentence(training: Training, code: int) -> str:
    """Returns why a training has ended, from the last line that it wrote."""
    training.said.seek(0, os.SEEK_END)
    training.said.seek(max(0, training.said.tell() - _MOST_SAID_BYTES))
    lines = training.said.read().decode(errors="replace").splitlines()
    told = [line.removeprefix("cnn-tui: ") for line in lines if "cnn-tui: " in line]
    if told:
        return printable(told[-1])
    how = f"signal {-code}" if code < 0 else f"code {code}"
    return f"its process ended with {how}"
