"""Runs on a cluster: submitit's local executor in place of SLURM, all else real."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from cnn_tui.cluster.submitting import minutes_of
from cnn_tui.runs import mailbox
from cnn_tui.runs.layout import State
from tests.cli.commands import SMALL, invoke, preset, refusal
from tests.faults import steering
from tests.faults.nursery import events, status, wait_for, wait_until
from tests.faults.outcome import assert_same_results, rows

ENDLESS = SMALL.replace("iterations: 20", "iterations: 100000")
LONG = SMALL.replace("iterations: 20", "iterations: 10000").replace(
    "evaluate_every: 10", "evaluate_every: 5000"
)
SBATCH = """\
#!/bin/sh
cp "$1" "$SBATCH_COPY"
echo Submitted batch job 4711
"""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job that the local executor has, and its run."""

    run: Path
    log: Path
    controller: psutil.Process

    def warn(self) -> None:
        """Sends the warning to whatever belongs to the job, as a scheduler may do."""
        for process in self.controller.children(recursive=True):
            process.send_signal(signal.SIGUSR2)

    def wait(self) -> str:
        """Waits for its end; returns what it printed."""
        wait_until(lambda: not is_at_work(self.controller))
        return self.log.read_text()


def is_at_work(process: psutil.Process) -> bool:
    """Whether a process is there, and not only its end to be asked for."""
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


Submit = Callable[..., Job]


@pytest.fixture
def submit(tmp_path: Path) -> Iterator[Submit]:
    """Submits to this machine; nothing of it is left after the test."""
    started: list[psutil.Process] = []

    def submit(*words: object) -> Job:
        options = ("--executor", "local", "--json", "--runs-dir", tmp_path / "runs")
        command = (sys.executable, "-m", "cnn_tui", "submit", *words, *options)
        told = json.loads(subprocess.check_output(tuple(map(str, command))))
        controller = psutil.Process(int(told["job"]))
        started.append(controller)
        return Job(run=Path(told["run"]), log=Path(told["log"]), controller=controller)

    yield submit
    for controller in started:
        if is_at_work(controller):
            for process in [controller, *controller.children(recursive=True)]:
                process.kill()


def wait_until_trained(run: Path) -> None:
    """Waits for the first rows of the process that trains now."""
    began = wait_for(run, State.RUNNING).step
    wait_until(lambda: status(run).step > began)


def test_a_warned_job_saves_is_requeued_and_goes_on_until_it_is_stopped(
    submit: Submit, tmp_path: Path
) -> None:
    job = submit(preset(tmp_path, ENDLESS))
    wait_until((job.run / "status.json").exists)
    wait_until_trained(job.run)
    mailbox.send(job.run, "detach")  # it would end with the job
    wait_until(lambda: events(job.run, "rejected"))
    job.warn()
    wait_until(lambda: events(job.run, "resumed"))
    [interrupted] = events(job.run, "interrupted")
    assert interrupted["reason"] == "SIGTERM"
    wait_until_trained(job.run)
    steering.tell(job.run, "stop")
    said = job.wait()
    assert said.count("Requeued job") == 1
    assert "Job completed successfully" in said
    assert status(job.run).state == State.STOPPED
    found = [row["step"] for row in rows(job.run) if "train/loss" in row]
    assert found == list(range(1, found[-1] + 1))
    assert found[-1] > int(str(interrupted["step"]))
    assert not list(job.run.parent.glob(".cluster/*.yaml"))


def test_what_is_refused_is_said_before_anything_is_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    small, options = preset(tmp_path, SMALL), ("--runs-dir", tmp_path / "runs")
    local = (*options, "--executor", "local")
    assert refusal("submit", "nothing-such", *local).startswith(
        "no preset nothing-such"
    )
    assert "training.lrr" in refusal("submit", small, "--set", "training.lrr=1", *local)
    gone = refusal("submit", small, "--data-dir", tmp_path / "gone", *local)
    assert gone.startswith(f"--data-dir {tmp_path / 'gone'} is no folder")
    assert refusal("submit", small, "--time", "soon", *local) == (
        "--time soon is no time: write minutes, or 90m, 2h, 1d"
    )
    several = ("--gpus", 2, "--set", "training.shards=3", *local)
    assert "2 processes cannot share 3" in refusal("submit", small, *several)
    assert refusal("submit", small, "--slurm", "reservation", *local).startswith(
        "--slurm reservation is not KEY=VALUE"
    )
    assert "there is no srun" in refusal("submit", small, *options)
    assert not list((tmp_path / "runs").glob(".cluster/*"))
    assert not list((tmp_path / "runs").glob("[!.]*"))


def test_slurm_gets_what_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("srun", "sbatch"):
        (commands / name).write_text(SBATCH)
        (commands / name).chmod(0o700)
    copy = tmp_path / "script"
    monkeypatch.setenv("PATH", f"{commands}:{os.environ['PATH']}")
    monkeypatch.setenv("SBATCH_COPY", str(copy))
    asked = "--partition gpu --time 2h --gpus 4 --nodes 2 --mem 32G --slurm comment=a;b"
    runs = ("--runs-dir", tmp_path / "runs")
    result = invoke("submit", preset(tmp_path, SMALL), *asked.split(), *runs, "--json")
    told = json.loads(result.stdout)
    assert told["job"] == "4711"
    lines = copy.read_text().splitlines()
    for option in (
        "partition=gpu",
        "time=120",
        "gpus-per-node=4",
        "ntasks-per-node=4",
        "nodes=2",
        "mem=32G",
        "comment='a;b'",
        "requeue",
        "signal=USR2@90",
    ):
        assert f"#SBATCH --{option}" in lines
    assert any(line.startswith("srun ") for line in lines)
    assert all(
        "--kill-on-bad-exit=1" in line for line in lines if line.startswith("srun ")
    )
    run_id = Path(told["run"]).name
    assert (tmp_path / "runs" / ".cluster" / f"{run_id}.yaml").exists()
    again = json.loads(
        invoke("submit", preset(tmp_path, SMALL), *runs, "--json").stdout
    )
    assert again["run"] != told["run"]


@pytest.mark.parametrize(
    ("text", "minutes"), [("90", 90), ("90m", 90), ("2h", 120), ("1d", 1440)]
)
def test_a_time_is_minutes_or_has_a_unit(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes


@pytest.mark.torture
def test_a_requeued_run_ends_as_one_that_nothing_happened_to(
    submit: Submit, tmp_path: Path
) -> None:
    long = preset(tmp_path, LONG)
    undisturbed, warned = submit(long), submit(long)
    wait_until((warned.run / "status.json").exists)
    wait_until_trained(warned.run)
    warned.warn()
    assert warned.wait().count("Requeued job") == 1
    undisturbed.wait()
    assert_same_results(warned.run, undisturbed.run)


@pytest.mark.torture
def test_a_run_whose_job_was_killed_goes_on_in_the_next_one(
    submit: Submit, tmp_path: Path
) -> None:
    job = submit(preset(tmp_path, ENDLESS))
    wait_until((job.run / "status.json").exists)
    wait_until_trained(job.run)
    for process in [job.controller, *job.controller.children(recursive=True)]:
        process.kill()
    wait_until(lambda: not is_at_work(job.controller))
    again = submit(job.run)
    wait_until(lambda: events(job.run, "resumed"))
    wait_until_trained(job.run)
    steering.tell(job.run, "stop")
    assert "Job completed successfully" in again.wait()
    assert status(job.run).state == State.STOPPED


@pytest.mark.torture
def test_a_run_that_fails_ends_its_job_with_its_code(
    submit: Submit, tmp_path: Path
) -> None:
    job = submit(preset(tmp_path, SMALL), "--set", "lr=1e38")
    said = job.wait()
    assert status(job.run).state == State.FAILED
    assert "completed successfully" not in said
    assert "Requeued" not in said
    finished = submit(preset(tmp_path, SMALL, "fine"))
    finished.wait()
    assert "there is nothing to go on with" in refusal(
        "submit", finished.run, "--executor", "local"
    )


@pytest.mark.torture
def test_the_tasks_of_a_job_train_one_run_and_are_requeued_together(
    submit: Submit, tmp_path: Path
) -> None:
    long = preset(tmp_path, LONG)
    alone = submit(long, "--set", "shards=2")
    several = submit(long, "--gpus", 2, "--device", "cpu")
    wait_until((several.run / "status.json").exists)
    wait_until_trained(several.run)
    assert status(several.run).processes == 2
    several.warn()
    assert several.wait().count("Requeued job") == 1
    alone.wait()
    assert status(several.run).processes == 2
    assert_same_results(several.run, alone.run)


@pytest.mark.torture
def test_a_job_ends_when_one_of_its_tasks_does(submit: Submit, tmp_path: Path) -> None:
    job = submit(preset(tmp_path, ENDLESS), "--gpus", 2, "--device", "cpu")
    wait_until((job.run / "status.json").exists)
    wait_until_trained(job.run)
    leader = status(job.run).pid
    [follower] = [
        process
        for task in job.controller.children()
        for process in task.children()
        if process.pid != leader
    ]
    follower.kill()
    assert "completed successfully" not in job.wait()
    assert status(job.run).state == State.INTERRUPTED
    assert (status(job.run).reason or "").startswith("process 1 of 2")
    assert not list(job.run.parent.glob(".cluster/*.yaml"))
