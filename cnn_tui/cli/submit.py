"""``cnn-tui submit``: hands a run over to the scheduler of a cluster."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from cnn_tui.cli import completing
from cnn_tui.cli.meant import run_meant
from cnn_tui.cli.options import (
    OTHER_IMAGES,
    data_dir_option,
    dataset_option,
    device_option,
    echo,
    echo_json,
    json_option,
    runs_dir_option,
    settings_option,
)
from cnn_tui.errors import InputError

if TYPE_CHECKING:
    from cnn_tui.cluster.submitting import Resources, Submitted
    from cnn_tui.jobs import Job


@click.command(short_help="Train on a cluster, by SLURM.")
@click.argument("what", metavar="PRESET_OR_RUN", shell_complete=completing.presets)
@settings_option("Change a value: --set lr=0.05 --set training.batch_size=64.")
@dataset_option(OTHER_IMAGES)
@device_option
@click.option("--name", help="The name of the run.  [default: that of the preset]")
@click.option(
    "--time", default="1h", show_default=True, help="Of each start: 90 (minutes), 2h."
)
@click.option("--gpus", type=click.IntRange(0, 64), default=0, help="On each node.")
@click.option("--nodes", type=click.IntRange(1, 1024), default=1, show_default=True)
@click.option("--partition", help="As sbatch has it; so are the next ones.")
@click.option("--account")
@click.option("--qos")
@click.option("--constraint")
@click.option("--cpus", "cpus_per_task", help="Of each process.")
@click.option("--mem", help="Of each node, such as 32G.")
@click.option(
    "--slurm", metavar="KEY=VALUE", multiple=True, help="Any other option of sbatch."
)
@click.option(
    "--executor",
    type=click.Choice(["slurm", "local"]),
    default="slurm",
    show_default=True,
    help="local: the same on this machine.",
)
@runs_dir_option
@data_dir_option
@json_option
def submit(
    what: str,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
    name: str | None,
    time: str,
    gpus: int,
    nodes: int,
    slurm: tuple[str, ...],
    executor: Literal["slurm", "local"],
    runs_dir: Path,
    data_dir: Path | None,
    as_json: bool,
    **sbatch: str | None,
) -> None:
    """Train a preset on a cluster, or go on with a run there.

    Before its time is over a job is warned, saves a checkpoint, is requeued, and goes
    on by itself, until the run has ended. `cnn-tui send RUN stop` ends it for good.
    """
    from cnn_tui.cluster import submitting
    from cnn_tui.config.processes import check_shared
    from cnn_tui.datasets.facts import data_folder
    from cnn_tui.host.process import absolute
    from cnn_tui.runs.config import read_config

    submitting.require_submitit()
    named = tuple(f"{k.replace('_', '-')}={v}" for k, v in sbatch.items() if v)
    wanted = submitting.Resources(
        executor=executor,
        minutes=submitting.minutes_of(time),
        gpus=gpus,
        nodes=nodes,
        slurm=submitting.slurm_options((*named, *slurm)),
    )
    data = absolute(data_folder(data_dir))
    _check_data_dir(data_dir)
    run = run_meant(what, runs_dir)
    if run is None:
        job = _job(what, settings, dataset, device, name, wanted)
        submitted = _submit_new(job, absolute(runs_dir), data, wanted)
    else:
        if settings or dataset or device or name:
            raise InputError(
                "--set, --dataset, --device and --name are for presets: a run goes on "
                "as it is"
            )
        _check_unended(run)
        check_shared(read_config(run), wanted.processes)
        submitted = submitting.submit(absolute(run), None, data, wanted)
    _tell(submitted, as_json=as_json)


def _job(
    what: str,
    settings: tuple[str, ...],
    dataset: str | None,
    device: str | None,
    name: str | None,
    wanted: "Resources",
) -> "Job":
    from cnn_tui.cli.train import configured
    from cnn_tui.config import to_mapping
    from cnn_tui.config.processes import for_processes
    from cnn_tui.jobs import Job

    preset, config = configured(what, settings, dataset, device)
    for_processes(config, wanted.processes, wanted.local_processes)  # if they can
    return Job(name=name or preset.name, preset=preset.name, config=to_mapping(config))


def _submit_new(
    job: "Job", runs_dir: Path, data_dir: Path, wanted: "Resources"
) -> "Submitted":
    """Submits a run under an id that is its alone from now on."""
    from cnn_tui.cluster.submitting import submit as hand_over
    from cnn_tui.jobs import reserve_for_cluster

    file = reserve_for_cluster(runs_dir, job)
    try:
        return hand_over(runs_dir / file.stem, file, data_dir, wanted)
    except InputError:
        file.unlink(missing_ok=True)
        raise


def _check_data_dir(data_dir: Path | None) -> None:
    from cnn_tui.text import printable

    if data_dir is not None and not data_dir.expanduser().is_dir():
        raise InputError(
            f"--data-dir {printable(data_dir)} is no folder: name one that the nodes "
            "of the cluster share"
        )


def _check_unended(run: Path) -> None:
    """Raises InputError where there is nothing to go on with, or somebody trains it."""
    from cnn_tui.runs.layout import LIVE, State
    from cnn_tui.runs.liveness import is_lost
    from cnn_tui.runs.status import read_status
    from cnn_tui.text import printable

    status = read_status(run)
    if status is None or status.state in (State.FINISHED, State.IMPORTED):
        word = "has no status" if status is None else f"is {status.state}"
        raise InputError(
            f"{printable(run.name)} {word}: there is nothing to go on with"
        )
    if status.state in LIVE and not is_lost(status):
        raise InputError(
            f"{printable(run.name)} is {status.state} on {printable(status.host)}: "
            "stop it first, with cnn-tui send RUN stop"
        )


def _tell(submitted: "Submitted", *, as_json: bool) -> None:
    from cnn_tui.text import printable

    run, log = str(submitted.run), str(submitted.log)
    if as_json:
        echo_json({"run": run, "job": submitted.job_id, "log": log})
        return
    echo(f"{printable(submitted.run.name)} is job {printable(submitted.job_id)}")
    echo(f"what it prints: {printable(log)}")
    echo(f"once it trains: cnn-tui attach {printable(shlex.quote(run))}")
