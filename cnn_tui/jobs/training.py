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

from cnn_tui.host.process import environment_elsewhere
from cnn_tui.jobs.claim import Claim, finish, refuse, release
from cnn_tui.jobs.devices import Device, environment_on
from cnn_tui.jobs.standing import (
    Standing,
    checkpoint_step,
    standing,
    trained_on,
)
from cnn_tui.runs.failing import say_failed
from cnn_tui.text import printable

MOST_DEATHS = 3
_BAD_INPUT = 2
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
    deaths: int = 0
    """How often it has ended without getting any further."""
    began_at: int | None = None

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
    said = tempfile.TemporaryFile()  # noqa: SIM115 - until it has ended
    process = subprocess.Popen(
        [sys.executable, "-m", "cnn_tui", *_command(run, claim, devices)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
        cwd="/",
        env=environment_elsewhere() | environment_on(devices[0]),
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
        began_at=checkpoint_step(run),
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
    found = standing(run)
    got_further = checkpoint_step(run) != training.began_at
    training.deaths = 1 if got_further else training.deaths + 1
    verdict, said = judge(found, code, training.deaths), _sentence(training, code)
    if verdict is Verdict.DONE:
        finish(claim)
    elif verdict is Verdict.LEFT:
        release(claim)
    elif verdict is Verdict.REFUSED:
        refuse(claim, said)
    elif verdict is Verdict.FAILED:
        say_failed(run, f"{said} ({MOST_DEATHS} times, without getting any further)")
        finish(claim)
    training.said.close()
    return verdict, said


def again(training: Training) -> Training:
    """Goes on with a run whose process has ended too early. Raises OSError."""
    begun = begin(
        training.runs_folder, training.claim, training.devices, training.locks
    )
    begun.deaths = training.deaths
    return begun


def _command(run: Path, claim: Claim, devices: Sequence[Device]) -> list[str]:
    job, first = claim.job, devices[0]
    where = ["--runs-dir", str(run.parent)]
    where += ["--data-dir", job.data_dir] if job.data_dir else []
    is_new = standing(run) is Standing.ABSENT
    begin, go_on = ["train", "--job", str(claim.path)], ["resume", str(run)]
    if job.devices > 1:
        where += ["--devices", _several(devices)]
        go_on += ["--keep-session"]
    elif is_new or trained_on(run) != first.torch_name:
        where += ["--device", first.torch_name]
    return [*(begin if is_new else go_on), *where]


def _several(devices: Sequence[Device]) -> str:
    """Returns devices as ``train --devices`` takes them."""
    if devices[0].kind == "cpu":
        return f"cpu:{len(devices)}"
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
